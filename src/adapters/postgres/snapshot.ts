import type pg from 'pg';
import type { Guards } from '#src/contract/connection.js';
import type { TableSpec } from '#src/core/model/relation.js';
import { lockTables } from './lock-tables.js';
import { quoteQualified } from './quote.js';
import { SourceError } from './source-error.js';
import { beginReadOnly } from './transaction.js';

/**
 * Holds one table still while several connections read it: an ACCESS SHARE lock on everything that is read, and an
 * exported snapshot taken after it. In the other order a TRUNCATE or a rewrite between the two would leave the snapshot
 * with a heap it sees nothing in: an empty table without an error.
 */
export class SnapshotOwner {
  /** For `SET TRANSACTION SNAPSHOT` in the readers. */
  readonly id: string;
  /** Epoch milliseconds at which the transaction began. */
  readonly openedAt: number;
  /** Heap blocks of each part, measured under the lock; 0 for what has no heap of its own. */
  readonly blocks: readonly number[];
  /** `pg_relation_filenode` of each part, read under the lock; null for what has no heap of its own. */
  readonly filenodes: readonly (number | null)[];
  readonly #client: pg.Client;
  readonly #maxAgeMs: number;

  private constructor(client: pg.Client, maxAgeMs: number, openedAt: number, taken: TakenSnapshot) {
    this.#client = client;
    this.#maxAgeMs = maxAgeMs;
    this.openedAt = openedAt;
    this.id = taken.id;
    this.blocks = taken.blocks;
    this.filenodes = taken.filenodes;
  }

  /**
   * Open it on `client`, which stays in a transaction until `close`. Rejects, with the transaction rolled back, where a
   * lock is not had within the lock timeout (55P03) or a part was dropped or replaced since discovery (42P01).
   */
  static async open(client: pg.Client, table: TableSpec, guards: Guards): Promise<SnapshotOwner> {
    const openedAt = Date.now();
    try {
      // READ COMMITTED: each statement takes its own snapshot, so the exported one is younger than the locks before it.
      await beginReadOnly(client, guards);
      await lockTables(client, [table]);
      return new SnapshotOwner(client, guards.maxTransactionAgeMs, openedAt, await takeSnapshot(client, table));
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }

  /** What is left of the snapshot's allowed age at `now` (epoch milliseconds); 0 at least. */
  remainingMs(now: number): number {
    return Math.max(0, this.openedAt + this.#maxAgeMs - now);
  }

  /** Give snapshot and locks back. Resolves on a broken connection too: the server has given them back then. */
  async close(): Promise<void> {
    await this.#client.query('COMMIT').catch(() => undefined);
  }
}

interface TakenSnapshot {
  readonly id: string;
  readonly blocks: number[];
  readonly filenodes: (number | null)[];
}

async function takeSnapshot(client: pg.Client, table: TableSpec): Promise<TakenSnapshot> {
  const { rows } = await client.query<{ id: string; parts: [number, number | null, number | null][] | null }>(
    `
    SELECT pg_catalog.pg_export_snapshot() AS id, (
      SELECT pg_catalog.json_agg(pg_catalog.json_build_array(
        r.oid::int8,
        pg_catalog.pg_relation_size(r.oid) / pg_catalog.current_setting('block_size')::int8,
        pg_catalog.pg_relation_filenode(r.oid)::int8) ORDER BY p.at)
      FROM unnest($1::text[]) WITH ORDINALITY AS p (name, at),
           LATERAL (SELECT pg_catalog.to_regclass(p.name)::oid AS oid) AS r) AS parts`,
    [table.parts.map((part) => quoteQualified(part.schema, part.name))],
  );
  const { id, parts } = rows[0] as (typeof rows)[number];
  const measured = parts ?? [];
  for (const [index, part] of table.parts.entries()) {
    // A load that swaps tables by renaming leaves another relation under the name that the COPYs will use.
    if (measured[index]?.[0] === part.oid) continue;
    throw new SourceError('42P01', `${part.schema}.${part.name} was dropped or replaced after it was listed`, false);
  }
  return {
    id,
    blocks: measured.map(([, blocks]) => blocks ?? 0),
    filenodes: measured.map(([, , filenode]) => (filenode === 0 ? null : filenode)),
  };
}
