import { FRESHNESS_METRIC } from '../metrics/freshness-seconds.js';
import type { EventBuckets } from '../model/event-history.js';
import type { Point, TableHistory } from '../model/history.js';
import { lastSeen, tablePoints } from './past.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** How far back runs say how late rows come: a week, so that its slowest day is among it. */
const LOOKBACK_MS = 8 * DAY;
/** Rows may be this much later than they ever were. */
const LATER = 1.5;
const SLACK_MS = HOUR;
/** Hours are only judged where runs come this often and have for a day. */
const FREQUENT_MS = 6 * HOUR;
const FREQUENT_RUNS = 4;

/**
 * How many closed buckets at the end, empty so far, may still get their rows: a bucket counts as empty only when it has been
 * closed for longer than rows of this table were ever late, as earlier runs saw it (a bucket that was empty then and has
 * rows now). Where no earlier run is known, what has just closed is awaited.
 */
export function awaitedBuckets(history: TableHistory, buckets: EventBuckets): number {
  const { starts, rows, end } = buckets;
  const patience = patienceMs(history, buckets);
  let awaited = 0;
  for (let i = rows.length - 1; i >= 0 && rows[i] === 0; i--) {
    if (history.now - (starts[i + 1] ?? end) >= patience) break;
    awaited++;
  }
  return awaited;
}

function patienceMs(history: TableHistory, buckets: EventBuckets): number {
  const past = recentPoints(history);
  if (past.length === 0) return buckets.end - buckets.starts.at(-1)!;
  const latest = Math.max(...past.map((point) => latenessAt(point, buckets)));
  return latest === 0 ? 0 : latest * LATER + SLACK_MS;
}

/** True where runs come so often that they know how late an hour's rows are. */
export function knowsHours(history: TableHistory): boolean {
  const { now } = history;
  const past = recentPoints(history);
  const today = past.filter(({ time }) => time >= now - DAY);
  const judgedAt = lastSeen(history);
  return (
    judgedAt !== undefined &&
    now - judgedAt <= FREQUENT_MS &&
    today.length >= FREQUENT_RUNS &&
    past[0]!.time <= now - DAY + FREQUENT_MS
  );
}

function recentPoints(history: TableHistory): readonly Point[] {
  return tablePoints(history, FRESHNESS_METRIC).filter(({ time }) => time >= history.now - LOOKBACK_MS);
}

/** How long the first bucket that was empty at a run, and got its rows later, had been closed then; 0 where there was none. */
function latenessAt({ time, value }: Point, { starts, rows, end }: EventBuckets): number {
  const newest = time - value * 1000;
  const late = starts.findIndex((start, i) => start > newest && (starts[i + 1] ?? end) <= time && rows[i]! > 0);
  return late < 0 ? 0 : time - (starts[late + 1] ?? end);
}
