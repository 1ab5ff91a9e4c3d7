import type { Severity } from '#src/core/model/finding.js';
import type { TableProfile } from '#src/core/model/profile.js';
import type { RelationKind } from '#src/core/model/relation.js';
import type { Query } from './reader-pool.js';
import type { DatasetName, TaskSummary } from './records.js';
import { selectSeriesNames, selectTable, selectTables, type TABLE_ORDERS } from './sql/table.js';

/** Which page of which tables; what is absent is not filtered by. */
export interface TableFilter {
  readonly sources?: readonly string[];
  /** Part of `source.schema.table`, in any case. */
  readonly search?: string;
  readonly states?: readonly TaskSummary['state'][];
  /** Those that are gone, too. */
  readonly gone?: boolean;
  readonly order?: keyof typeof TABLE_ORDERS;
  readonly descending?: boolean;
  readonly limit: number;
  readonly offset?: number;
}

/** A table as it was last seen. */
export interface TableOverview extends DatasetName {
  readonly kind: RelationKind | null;
  readonly gone: boolean;
  /** Of the last run that looked at it; null where none has. */
  readonly state: TaskSummary['state'] | null;
  /** Why it could not be read then. */
  readonly failure: string | null;
  /** Label of that run, and when that was, epoch milliseconds. */
  readonly run: string | null;
  readonly seenAt: number | null;
  /** When it was last read. */
  readonly rows: number | null;
  /** Age of its newest row then. */
  readonly freshnessSeconds: number | null;
  /** Open and acknowledged incidents that name it, and the worst severity among them. */
  readonly incidents: number;
  readonly severity: Severity | null;
}

export interface TablePage {
  /** Of all pages. */
  readonly total: number;
  readonly tables: readonly TableOverview[];
}

/** One table with its newest profile, unmasked, and the names of its series. */
export interface TableDetail extends TableOverview {
  readonly profile: { readonly run: string; readonly time: number; readonly figures: TableProfile } | null;
  readonly series: readonly { readonly column: string | null; readonly metric: string }[];
}

interface Row {
  readonly source: string;
  readonly schema_name: string;
  readonly table_name: string;
  readonly kind: RelationKind | null;
  readonly gone: boolean;
  readonly state: TaskSummary['state'] | null;
  readonly failure: string | null;
  readonly run: string | null;
  readonly seen_at: Date | null;
  readonly rows: number | null;
  readonly freshness: number | null;
  readonly incidents: number;
  readonly severity: Severity | null;
}

export async function listTables(query: Query, s: string, filter: TableFilter): Promise<TablePage> {
  const { sources, search, states, gone = false, order = 'name', descending = false, limit, offset = 0 } = filter;
  const values = [sources ?? null, search ?? null, states ?? null, gone];
  const sql = selectTables(s, { order, descending, anyState: states === undefined });
  const rows = await query<Row & { total: string }>(sql, [...values, limit, offset]);
  // Behind the last page nobody has counted.
  const counted = rows[0] ?? (offset > 0 ? (await query<{ total: string }>(sql, [...values, 1, 0]))[0] : undefined);
  return { total: Number(counted?.total ?? 0), tables: rows.map(overviewOf) };
}

export async function tableDetail(query: Query, s: string, name: DatasetName): Promise<TableDetail | null> {
  const values = [name.source, name.schema, name.table];
  type Found = Row & { summary: TableProfile | null; profile_run: string | null; as_of: Date | null };
  const [row] = await query<Found>(selectTable(s), values);
  if (!row) return null;
  const series = await query<{ column_name: string | null; metric: string }>(selectSeriesNames(s), values);
  const { summary, profile_run: run, as_of: time } = row;
  return {
    ...overviewOf(row),
    profile: summary && run !== null && time ? { run, time: time.getTime(), figures: summary } : null,
    series: series.map(({ column_name: column, metric }) => ({ column, metric })),
  };
}

function overviewOf(row: Row): TableOverview {
  const { source, schema_name: schema, table_name: table, kind, gone, state, failure, run, rows } = row;
  return {
    ...{ source, schema, table, kind, gone, state, failure, run, rows },
    seenAt: row.seen_at?.getTime() ?? null,
    freshnessSeconds: row.freshness,
    incidents: row.incidents,
    severity: row.severity,
  };
}
