import type { ColumnProfile, TableProfile } from '../model/profile.js';
import type { SeriesKind } from '../model/series.js';

export type { SeriesKind } from '../model/series.js';

/** A figure of a whole table. `measure` gives undefined where it is unknown or does not apply, never a stand-in. */
export interface TableMetric {
  readonly name: string;
  readonly kind: SeriesKind;
  measure(profile: TableProfile): number | undefined;
}

/** A figure of one column of a table of `rowCount` rows; undefined where it is unknown or does not apply. */
export interface ColumnMetric {
  readonly name: string;
  readonly kind: SeriesKind;
  measure(column: ColumnProfile, rowCount: number): number | undefined;
}
