import type { Point, TableHistory } from '../model/history.js';
import type { TableProfile } from '../model/profile.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Runs are never exactly a day or an hour apart. */
const JITTER = 0.95;

/** The profile under judgement; null where the table was not measured, which is unknown and never a value. */
export function measured(history: TableHistory): TableProfile | null {
  return history.profile?.status === 'ok' ? history.profile : null;
}

/** The same where the figures come from the rows; the planner's statistics prove neither an empty table nor a first null. */
export function measuredFromRows(history: TableHistory): TableProfile | null {
  const profile = measured(history);
  return profile === null || profile.mode === 'stats' ? null : profile;
}

/** Judged points of a table-level series, oldest first; none where the store has none. */
export function tablePoints(history: TableHistory, metric: string): readonly Point[] {
  return history.tableSeries[metric] ?? [];
}

/** Judged points of a column's series, oldest first. */
export function columnPoints(history: TableHistory, column: string, metric: string): readonly Point[] {
  return history.columnSeries[column]?.[metric] ?? [];
}

/** Splits a series where its last stretch of points of one state begins. */
export function splitTrailing(
  points: readonly Point[],
  inState: (value: number) => boolean,
): { readonly before: readonly Point[]; readonly trailing: readonly Point[] } {
  let start = points.length;
  while (start > 0 && inState(points[start - 1]!.value)) start--;
  return { before: points.slice(0, start), trailing: points.slice(start) };
}

/** True where a state has lasted long enough to be the new normal: four daily points in a row, or ten hourly ones. */
export function isNewNormal(trailing: readonly Point[]): boolean {
  const span = spanMs(trailing);
  return (trailing.length >= 4 && span >= 3 * DAY * JITTER) || (trailing.length >= 10 && span >= 9 * HOUR * JITTER);
}

/** True where the points reach over a week of daily runs: weekends have been seen. */
export function coversWeek(points: readonly Point[]): boolean {
  return spanMs(points) >= 6 * DAY * JITTER;
}

/** Clock of the last judged run that is known to have seen the table, epoch ms; undefined where there was none. */
export function lastSeen(history: TableHistory): number | undefined {
  const times = [history.previousShape?.time, tablePoints(history, 'row_count').at(-1)?.time];
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

function spanMs(points: readonly Point[]): number {
  return points.length === 0 ? 0 : points.at(-1)!.time - points[0]!.time;
}
