import type { StoreOptions } from '#src/adapters/store/options.js';
import type { NewPoint, TableRecord } from '#src/adapters/store/records.js';
import { openStore, type Store } from '#src/adapters/store/store.js';
import type { TableSpec } from '#src/core/model/relation.js';
import type { TestDatabase } from './postgres.js';

/** Opening a store in a test database; retries are quick. */
export function storeOptions(database: TestDatabase, changes: Partial<StoreOptions> = {}): StoreOptions {
  return {
    connection: { ...database.connection, name: 'metadata', envPrefix: 'METADATA_DB' },
    schema: 'sentinel',
    guards: {
      connectTimeoutMs: 10_000,
      statementTimeoutMs: 60_000,
      lockTimeoutMs: 5_000,
      maxTransactionAgeMs: 60_000,
    },
    batchSize: 1000,
    applicationName: 'sentinel/test',
    retry: { maxAttempts: 5, backoffFactor: 2, initialDelayMs: 50, maxDelayMs: 500 },
    ...changes,
  };
}

export function openTestStore(database: TestDatabase, changes: Partial<StoreOptions> = {}): Promise<Store> {
  return openStore(storeOptions(database, changes));
}

export interface RecordChanges {
  readonly source?: string;
  readonly schema?: string;
  readonly oid?: number;
  /** Column names; `id` and `amount` when absent. */
  readonly columns?: readonly string[];
  readonly status?: 'ok' | 'failed' | 'skipped';
  readonly rows?: number;
  readonly points?: readonly NewPoint[];
  readonly state?: Uint8Array;
  readonly mode?: 'full' | 'unchanged';
}

/** What a run may have learned of a table: `row_count` and, per column, `null_rate`, unless `points` says otherwise. */
export function tableRecord(name: string, changes: RecordChanges = {}): TableRecord {
  const { source = 'batch', schema = 'public', columns = ['id', 'amount'], status = 'ok', rows = 100 } = changes;
  const spec: TableSpec = {
    source,
    schema,
    name,
    oid: changes.oid ?? 16_384,
    kind: 'table',
    bytes: 8192,
    estimatedRows: rows,
    columns: columns.map((column, i) => ({
      name: column,
      position: i + 1,
      type: 'integer',
      kind: 'int4',
      notNull: i === 0,
      readable: true,
    })),
    parts: [],
    lockable: true,
    primaryKey: columns.slice(0, 1),
  };
  return {
    spec,
    profile: {
      source,
      schema,
      table: name,
      status,
      mode: changes.mode ?? 'full',
      consistent: true,
      ...(status === 'ok' && { rowCount: rows }),
      durationMs: 1,
      columns: status === 'ok' ? columns.map((column) => ({ name: column, type: 'integer', nullCount: 0 })) : [],
      ...(status !== 'ok' && { failure: { code: '42501', message: 'permission denied', retryable: false } }),
    },
    ...(changes.state && { state: changes.state }),
    points: changes.points ?? [
      { column: null, metric: 'row_count', value: rows },
      ...columns.map((column) => ({ column, metric: 'null_rate', value: 0.5, stdError: 0.01 })),
    ],
    attempts: 1,
    cost: { rows, bytes: 800, longestTransactionMs: 1 },
  };
}

/** A day per run, from 2026-01-01. */
export function day(n: number): Date {
  return new Date(Date.UTC(2026, 0, 1 + n));
}
