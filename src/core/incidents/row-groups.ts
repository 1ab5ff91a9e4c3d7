import type { EventBuckets } from '../model/event-history.js';
import type { JsonValue } from '../model/profile.js';
import { looksPersonal } from '../privacy/personal.js';
import { median } from '../statistics.js';

/** The rows that have one value in a column; null stands for those without one. */
export interface RowGroup {
  readonly column: string;
  readonly value: JsonValue | null;
  /** In each bucket. */
  readonly counts: readonly number[];
  /** Median share of all rows in the comparable buckets. */
  readonly usual: number;
}

/** What is usual of a column's values makes up at least this share of its rows, or the values are new ones every time. */
const MIN_STEADY_SHARE = 0.5;

/** The groups that each column divides the rows into; of columns with too many, changing or personal values only null. */
export function rowGroups(days: EventBuckets, comparable: readonly number[]): RowGroup[][] {
  const { rows, columns } = days;
  return Object.entries(columns).map(([column, { nonNull, values = [] }]) => {
    const group = (value: JsonValue | null, counts: readonly number[]): RowGroup => {
      return { column, value, counts, usual: median(sharesOf(days, counts, comparable)) };
    };
    const missing = group(
      null,
      rows.map((count, bucket) => count - nonNull[bucket]!),
    );
    const groups = [...values.map(({ value, counts }) => group(value, counts)), missing];
    const steady = groups.reduce((sum, { usual }) => sum + usual, 0) >= MIN_STEADY_SHARE;
    const names = values.map(({ value }) => value);
    return steady && looksPersonal(column, names) === null ? groups : [missing];
  });
}

/** The share of the rows that a group has in each of `buckets`. */
export function sharesOf({ rows }: EventBuckets, counts: readonly number[], buckets: readonly number[]): number[] {
  return buckets.map((bucket) => counts[bucket]! / rows[bucket]!);
}
