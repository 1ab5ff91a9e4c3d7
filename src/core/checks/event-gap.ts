import type { EventBuckets } from '../model/event-history.js';

/** Complete days that must lie before a gap. */
const MIN_DAYS = 21;
const MIN_DAYS_WITH_ROWS = 4;
/** Rows that must be missing before chance is out of the question. */
const MIN_MISSING_ROWS = 8;
/** A table that pauses now and then may pause this much longer than ever before. */
const PAUSE_MARGIN = 1.5;

/** Closed days without rows at the end of a table's history, where it never paused for so long. */
export interface EventGap {
  /** Closed days without rows. */
  readonly days: number;
  /** Its longest pause before, in days. */
  readonly longest: number;
  /** Days of history before the gap. */
  readonly known: number;
}

/** The gap at the end of a table's days, the last `awaited` of them left out; null where there is none, or where its past allows one. */
export function eventGap({ rows, complete }: EventBuckets, awaited: number): EventGap | null {
  const known = rows.slice(complete, rows.length - awaited);
  const last = known.findLastIndex((count) => count > 0);
  const days = known.length - 1 - last;
  if (days < 1 || last + 1 < MIN_DAYS) return null;
  let [pause, longest, withRows, total] = [0, 0, 0, 0];
  for (const count of known.slice(0, last + 1)) {
    pause = count > 0 ? 0 : pause + 1;
    longest = Math.max(longest, pause);
    total += count;
    if (count > 0) withRows++;
  }
  if (withRows < MIN_DAYS_WITH_ROWS || (days * total) / (last + 1) < MIN_MISSING_ROWS) return null;
  return days > longest * PAUSE_MARGIN ? { days, longest, known: last + 1 } : null;
}
