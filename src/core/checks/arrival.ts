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
 * How many closed buckets at the end, empty so far, may still get their rows. A bucket counts as empty when it has been closed
 * for longer than rows of this table ever were late (a bucket that was empty at an earlier run and has rows now), and when an
 * earlier run, as soon after a closing, did see rows; or else when it has been closed for its own length.
 */
export function awaitedBuckets(history: TableHistory, buckets: EventBuckets): number {
  const { starts, rows, end } = buckets;
  if (rows.at(-1) !== 0) return 0;
  const past = recentPoints(history);
  const latest = past.reduce((most, point) => Math.max(most, latenessAt(point, buckets)), 0);
  let awaited = 0;
  for (let i = rows.length - 1; i >= 0 && rows[i] === 0; i--) {
    const closed = starts[i + 1] ?? end;
    const age = history.now - closed;
    const overdue = latest === 0 || age > withSlack(latest);
    const telling = age >= closed - starts[i]! || past.some((point) => sawRowsWithin(withSlack(age), point, buckets));
    if (overdue && telling) break;
    awaited++;
  }
  return awaited;
}

/** True where a run found rows in the newest bucket that was closed then, no later than `age` after its closing. */
function sawRowsWithin(age: number, { time, value }: Point, { starts, rows, end }: EventBuckets): boolean {
  const newest = time - value * 1000;
  const last = starts.findLastIndex((_, i) => (starts[i + 1] ?? end) <= time);
  return last >= 0 && rows[last]! > 0 && newest >= starts[last]! && time - (starts[last + 1] ?? end) <= age;
}

/** How much later than after some time rows may well come. */
export function withSlack(duration: number): number {
  return duration * LATER + SLACK_MS;
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
