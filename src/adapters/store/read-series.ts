import type { Query } from './reader-pool.js';
import type { DatasetName } from './records.js';
import { selectRolledUp } from './sql/table.js';

/** One series; `column` is null for one of the table itself. */
export interface SeriesName extends DatasetName {
  readonly metric: string;
  readonly column: string | null;
}

export interface SeriesRange {
  readonly from?: Date;
  readonly to?: Date;
  /** The most buckets. */
  readonly buckets: number;
}

/** The points of one stretch of time; `from` and `to` are those of its first and last point, epoch milliseconds. */
export interface SeriesBucket {
  readonly from: number;
  readonly to: number;
  readonly points: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly last: number;
}

/** A series in stretches of equal length, oldest first; those without a point are left out. */
export function rolledUpSeries(query: Query, s: string, name: SeriesName, range: SeriesRange): Promise<SeriesBucket[]> {
  return query<SeriesBucket>(selectRolledUp(s), [
    ...[name.source, name.schema, name.table, name.metric, name.column],
    ...[range.from?.toISOString() ?? null, range.to?.toISOString() ?? null, range.buckets],
  ]);
}
