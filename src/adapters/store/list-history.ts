import type { Point } from '#src/core/model/history.js';
import type { Query } from './reader-pool.js';
import type { DatasetName } from './records.js';
import { selectHistory } from './sql/history.js';

/** Which figures to list; what is absent is not filtered by. */
export interface HistoryFilter {
  readonly source?: string;
  readonly schema?: string;
  readonly table: string;
  readonly metric?: string;
  /** Null for the table's own figures alone. */
  readonly column?: string | null;
  /** The most points of each series, the newest ones. */
  readonly limit: number;
}

/** One series with its newest points, oldest first. */
export interface HistorySeries extends DatasetName {
  readonly column: string | null;
  readonly metric: string;
  readonly points: readonly (Point & { readonly label: string; readonly judged: boolean })[];
}

interface Row {
  readonly source: string;
  readonly schema_name: string;
  readonly table_name: string;
  readonly column_name: string | null;
  readonly metric: string;
  readonly runs: readonly string[];
  readonly labels: readonly (string | null)[];
  readonly times: readonly number[];
  readonly values: readonly number[];
  readonly errors: readonly (number | null)[];
  readonly judged: readonly boolean[];
}

/** Stored figures of one table (of every table of that name, where source or schema is absent). */
export async function listHistory(query: Query, s: string, filter: HistoryFilter): Promise<HistorySeries[]> {
  const column = filter.column === undefined ? [false, null] : [true, filter.column];
  const rows = await query<Row>(selectHistory(s), [
    filter.source ?? null,
    filter.schema ?? null,
    filter.table,
    filter.metric ?? null,
    ...column,
    filter.limit,
  ]);
  return rows.map((row) => ({
    source: row.source,
    schema: row.schema_name,
    table: row.table_name,
    column: row.column_name,
    metric: row.metric,
    points: row.runs.map((run, i) => {
      const stdError = row.errors[i] ?? null;
      return {
        run: Number(run),
        label: row.labels[i] ?? run,
        time: row.times[i]!,
        value: row.values[i]!,
        ...(stdError !== null && { stdError }),
        judged: row.judged[i]!,
      };
    }),
  }));
}
