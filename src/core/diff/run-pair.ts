import type { SchemaVersion } from '../model/history.js';

/** A table as one of two runs saw it; null where the run did not look at it. */
export interface TableSeen {
  readonly state: 'ok' | 'failed' | 'skipped' | 'gone';
  readonly rowCount: number | null;
  /** Why it could not be read. */
  readonly failure: string | null;
}

export interface TableInBoth {
  readonly source: string;
  readonly schema: string;
  readonly table: string;
  readonly before: TableSeen | null;
  readonly after: TableSeen | null;
  /** No run up to the first of the two knew it. */
  readonly isNew: boolean;
  /** It was gone by the second. */
  readonly isGone: boolean;
  /** Its two shapes, where they differ. */
  readonly shapes: { readonly before: SchemaVersion; readonly after: SchemaVersion } | null;
}

/** A figure that two runs measured differently. */
export interface ChangedFigure {
  readonly source: string;
  readonly schema: string;
  readonly table: string;
  readonly column: string | null;
  readonly metric: string;
  readonly before: number;
  readonly after: number;
}

/** What two runs saw, before anything is made of it. */
export interface SeenInBoth {
  readonly tables: readonly TableInBoth[];
  readonly figures: readonly ChangedFigure[];
}
