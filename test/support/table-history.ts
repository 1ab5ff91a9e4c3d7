import type { KnownColumn, Point, SchemaVersion, SourceHistory, TableHistory } from '#src/core/model/history.js';
import type { ColumnProfile, TableProfile } from '#src/core/model/profile.js';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
/** Clock of the run under judgement in tests. */
export const NOW = Date.UTC(2026, 10, 24, 2);

/** Judged points of daily runs (or another interval), the last one interval before `NOW`; null is a run without a figure. */
export function points(values: readonly (number | null)[], intervalMs = DAY): Point[] {
  return values.flatMap((value, i) =>
    value === null ? [] : [{ run: i + 1, time: NOW - (values.length - i) * intervalMs, value }],
  );
}

export function profileOf(rowCount: number, columns: readonly ColumnProfile[] = []): TableProfile {
  return {
    source: 'batch',
    schema: 'sales',
    table: 'orders',
    status: 'ok',
    mode: 'full',
    consistent: true,
    rowCount,
    durationMs: 1,
    columns,
  };
}

export function knownColumn(name: string, position: number, type = 'integer', notNull = false): KnownColumn {
  return { name, position, type, notNull };
}

export function shapeOf(columns: readonly KnownColumn[], primaryKey: readonly string[] = [], oid = 1): SchemaVersion {
  return { run: 1, time: NOW - DAY, oid, columns, primaryKey };
}

/** A table of ten rows that was ten rows in ten daily runs, but for what `different` says. */
export function tableHistory(different: Partial<TableHistory> = {}): TableHistory {
  const shape = shapeOf([knownColumn('id', 1), knownColumn('amount', 2)]);
  return {
    source: 'batch',
    schema: 'sales',
    table: 'orders',
    run: 100,
    now: NOW,
    profile: profileOf(10),
    shape,
    previousShape: shape,
    sourceJudgedAt: NOW - DAY,
    tableSeries: { row_count: points([10, 10, 10]) },
    columnSeries: {},
    insertTime: null,
    ...different,
  };
}

/** Row counts of the past (daily by default) and the one under judgement. */
export function rowHistory(past: readonly number[], rows: number, intervalMs = DAY): TableHistory {
  return tableHistory({ profile: profileOf(rows), tableSeries: { row_count: points(past, intervalMs) } });
}

/** One column's null rates of the past in a table of `rows` rows, and its nulls now. */
export function nullHistory(past: readonly number[], nulls: number, rows = 100, intervalMs = DAY): TableHistory {
  return tableHistory({
    profile: profileOf(rows, [{ name: 'amount', type: 'integer', nullCount: nulls }]),
    tableSeries: {
      row_count: points(
        past.map(() => rows),
        intervalMs,
      ),
    },
    columnSeries: { amount: { null_rate: points(past, intervalMs) } },
  });
}

/** Newest insert times of the past runs and of now, all epoch ms; the series holds their lags. */
export function freshnessHistory(
  past: readonly { readonly time: number; readonly newest: number }[],
  newest: number | null,
  different: Partial<TableHistory> = {},
): TableHistory {
  return tableHistory({
    insertTime: { column: 'created_at', newest },
    tableSeries: {
      freshness_seconds: past.map((each, i) => ({
        run: i + 1,
        time: each.time,
        value: (each.time - each.newest) / 1000,
      })),
    },
    ...different,
  });
}

export function sourceHistory(different: Partial<SourceHistory> = {}): SourceHistory {
  const inventory = { databases: ['analytics'], schemas: ['public', 'sales'], slots: [] };
  return {
    source: 'batch',
    run: 100,
    now: NOW,
    inventory,
    previousInventory: { ...inventory, time: NOW - DAY },
    failure: null,
    databaseGone: false,
    database: 'analytics',
    ...different,
  };
}
