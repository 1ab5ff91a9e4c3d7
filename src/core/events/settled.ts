import type { EventBuckets, EventColumn } from '../model/event-history.js';

/** Changes below these are no change of what a day was: shares of rows, of values, and parts of a mean. */
const ROWS_CHANGE = 0.03;
const SHARE_CHANGE = 0.01;
const MEAN_CHANGE = 0.01;
/** A day that grew by more than this was not late, it was wrong and has been mended. */
const MENDED = 0.3;

/**
 * How many days at the end of a history are still changing: what is true of them today need not be tomorrow. Infinite where
 * every day that could be compared has changed.
 */
export interface Unsettled {
  readonly rows: number;
  /** By column name, on an object without prototype; a column that is not there has settled days only. */
  readonly columns: Readonly<Record<string, number>>;
}

/**
 * Compares days with what they were when they had just closed: rows that come late, a status that moves on for days. As many
 * days as changed then, counted from the last, are unsettled now.
 */
export function unsettledDays(now: EventBuckets, before: EventBuckets): Unsettled {
  const shift = now.starts.indexOf(before.starts[0] ?? Number.NaN);
  if (shift < 0) return { rows: 0, columns: {} };
  const count = (changed: (was: number, is: number) => boolean) => {
    let days = 0;
    for (let was = before.starts.length - 1; was >= before.complete && changed(was, was + shift); was--) days++;
    return days > 1 && days === before.starts.length - before.complete ? Number.POSITIVE_INFINITY : days;
  };
  const columns: Record<string, number> = Object.create(null);
  for (const [name, was] of Object.entries(before.columns)) {
    const is = now.columns[name];
    const days = is === undefined ? 0 : count((i, j) => columnChanged(before.rows[i]!, was, i, now.rows[j]!, is, j));
    if (days > 0) columns[name] = days;
  }
  return { rows: count((i, j) => rowsChanged(before.rows[i]!, now.rows[j]!)), columns };
}

function rowsChanged(was: number, is: number): boolean {
  const change = Math.abs(is - was) / Math.max(1, was);
  return change > ROWS_CHANGE && change <= MENDED;
}

function columnChanged(
  rowsWere: number,
  was: EventColumn,
  i: number,
  rowsAre: number,
  is: EventColumn,
  j: number,
): boolean {
  const [filledWere, filledAre] = [was.nonNull[i]!, is.nonNull[j]!];
  if (rowsWere === 0 || rowsAre === 0) return false;
  if (Math.abs(filledAre / rowsAre - filledWere / rowsWere) > SHARE_CHANGE) return true;
  const [meanWas, meanIs] = [was.mean?.[i] ?? null, is.mean?.[j] ?? null];
  if (meanWas !== null && meanIs !== null && Math.abs(meanIs - meanWas) > MEAN_CHANGE * Math.abs(meanWas)) return true;
  if (filledWere === 0 || filledAre === 0) return false;
  const before = new Map(was.values?.map(({ value, counts }) => [value, counts[i]! / filledWere]));
  return (is.values ?? []).some(
    ({ value, counts }) => Math.abs(counts[j]! / filledAre - (before.get(value) ?? 0)) > SHARE_CHANGE,
  );
}
