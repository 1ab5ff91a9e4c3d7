import type pg from 'pg';
import type { Guards } from '#src/contract/connection.js';
import type { ColumnFields } from '#src/core/decode/column-fields.js';
import type { CopyConsumer } from '#src/core/decode/copy-stream-decoder.js';
import type { ColumnSpec, TableSpec } from '#src/core/model/relation.js';
import type { CopyRequest, ReadTransaction, TableReader } from '#src/engine/profile/ports.js';
import type { DiscoveryOptions } from './catalog.js';
import { discoverTables } from './catalog.js';
import { runCopies } from './copy.js';
import { lockTables } from './lock-tables.js';
import type { Meter, Pace } from './pace.js';
import { copyStatement, type SelectList, selectList, splitColumns } from './select-list.js';
import { isSourceLoss } from './source-loss.js';
import type { SourcePool } from './source-pool.js';
import { readOnly } from './transaction.js';
import { verifyShapes } from './verify-shape.js';

export interface TableReaderOptions {
  readonly guards: Guards;
  readonly maxValueBytes: number;
  /** This thread's pool for a source. */
  readonly pool: (source: string) => SourcePool;
  readonly discovery: Omit<DiscoveryOptions, 'source'>;
  /** Absent: as fast as the server gives. */
  readonly pace?: Pace;
}

/**
 * Who reads under a snapshot whose owner holds the lock waits only behind a session that waits for that owner: for nothing, and
 * meanwhile keeps that session and all behind it waiting. So the table is let go at once, and read again after the change.
 */
const BEHIND_QUEUE_MS = 100;

/** Reads tables over this thread's connections: what the engine asks of a database. */
export function createTableReader(options: TableReaderOptions): TableReader {
  const { guards, maxValueBytes, pool, pace } = options;
  const lists = new WeakMap<readonly ColumnSpec[], SelectList>();
  const listOf = (columns: readonly ColumnSpec[], guarded: boolean): SelectList => {
    let list = lists.get(columns);
    if (!list) {
      list = selectList(columns, guarded, maxValueBytes);
      lists.set(columns, list);
    }
    return list;
  };
  const statement = (request: CopyRequest) =>
    copyStatement(request.part, listOf(request.columns, request.guarded), request.range);

  const withClient = <T>(source: string, work: (client: pg.Client, meter?: Meter) => Promise<T>): Promise<T> => {
    const lent = (meter?: Meter) => pool(source).withClient((client) => work(client, meter));
    return pace ? pace.run(lent) : lent();
  };

  return {
    columnGroups: splitColumns,
    fields: (columns, guarded): readonly ColumnFields[] => listOf(columns, guarded).fields,

    readTables: (source, tables, body) =>
      withClient(source, (client, meter) => {
        // Locks come before the transaction's snapshot; where LOCK TABLE is refused, each statement takes a snapshot of its own.
        const isolation = tables.every((table) => table.lockable) ? 'repeatable read' : 'read committed';
        return readOnly(client, { ...guards, isolation }, async () => {
          await lockTables(client, tables);
          await verifyShapes(client, tables, options.discovery);
          return body(readTransaction(client, statement, meter));
        });
      }),

    readSnapshot: (source, snapshot, body) =>
      withClient(source, (client, meter) => {
        const statementTimeoutMs = Math.min(guards.statementTimeoutMs || snapshot.timeoutMs, snapshot.timeoutMs);
        const transaction = {
          ...guards,
          statementTimeoutMs,
          lockTimeoutMs: BEHIND_QUEUE_MS,
          isolation: 'repeatable read',
          snapshot: snapshot.id,
        } as const;
        return readOnly(client, transaction, () => body(readTransaction(client, statement, meter)));
      }),

    rediscover: (source, table) =>
      withClient(source, (client) =>
        readOnly(client, { ...guards, isolation: 'repeatable read' }, async () => {
          const { tables } = await discoverTables(client, { ...options.discovery, source });
          return tables.find((found) => sameTable(found, table)) ?? null;
        }),
      ),

    isSourceLoss,
  };
}

function sameTable(found: TableSpec, table: TableSpec): boolean {
  return found.schema === table.schema && found.name === table.name;
}

function readTransaction(
  client: pg.Client,
  statement: (request: CopyRequest) => string,
  meter: Meter | undefined,
): ReadTransaction {
  const pacing = meter ? { meter } : {};
  return {
    copy: (requests, consumer) => runCopies(client, requests.map(statement), consumer, pacing),
    probe: async (request: CopyRequest, consumer: CopyConsumer): Promise<unknown> => {
      await client.query('SAVEPOINT sentinel_probe');
      try {
        await runCopies(client, [statement(request)], consumer, pacing);
        await client.query('RELEASE SAVEPOINT sentinel_probe');
        return null;
      } catch (error) {
        await client.query('ROLLBACK TO SAVEPOINT sentinel_probe; RELEASE SAVEPOINT sentinel_probe');
        return error;
      }
    },
  };
}
