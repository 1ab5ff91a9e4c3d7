import type { JsonValue } from './profile.js';

/**
 * What one pass over a table says of its past: figures by when the rows were inserted, in closed buckets of the source's
 * time zone. The open bucket and times in the future are in none; what a retention cut left incomplete is before `complete`.
 */
export interface EventHistory {
  /** The insert-time column. */
  readonly column: string;
  /** True where sentinel.yaml names it; else it was found. */
  readonly declared: boolean;
  /** IANA name. */
  readonly timeZone: string;
  /** Closed days, oldest first, without gaps: a day without rows is there, with 0. */
  readonly days: EventBuckets;
  /** Closed hours of the last 14 days; absent where the column is a date. */
  readonly hours?: EventBuckets;
}

/** What the last closed days were at an earlier run, the first one after they closed; `seenAt` is its clock, epoch milliseconds. */
export interface DaysBefore {
  readonly days: EventBuckets;
  readonly seenAt: number;
}

/** Parallel arrays, one entry a bucket. */
export interface EventBuckets {
  /** Epoch milliseconds of each bucket's start, ascending. */
  readonly starts: readonly number[];
  /** Epoch milliseconds at which the last bucket closed: the start of the open one. */
  readonly end: number;
  /** Index of the first bucket that is known to be complete. */
  readonly complete: number;
  readonly rows: readonly number[];
  /** By column name, on an object without prototype; columns that could not be read are left out. */
  readonly columns: Readonly<Record<string, EventColumn>>;
}

/** One column's figures in each bucket. */
export interface EventColumn {
  readonly nonNull: readonly number[];
  /** Numbers only: null where the bucket has no finite value. */
  readonly mean?: readonly (number | null)[];
  /** Sample variance (n − 1); null where the bucket has fewer than two finite values. */
  readonly variance?: readonly (number | null)[];
  /** Columns of at most 50 values over all rows: each value with its count in every bucket. */
  readonly values?: readonly EventValue[];
}

export interface EventValue {
  readonly value: JsonValue;
  readonly counts: readonly number[];
}
