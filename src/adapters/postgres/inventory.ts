import type pg from 'pg';
import type { SlotState, SourceInventory } from '#src/core/model/history.js';
import type { CatalogFacts } from './catalog-rows.js';

/** What exists on the server beside tables. Must run inside a transaction. Slots are empty where the role may not see them. */
export async function readInventory(
  client: pg.Client,
  facts: CatalogFacts,
  excludeSchemas: readonly string[],
): Promise<SourceInventory> {
  const databases = await client.query<{ name: string }>(`
    SELECT d.datname AS name FROM pg_catalog.pg_database d
    WHERE d.datallowconn AND NOT d.datistemplate ORDER BY 1`);
  const schemas = await client.query<{ name: string }>(
    `SELECT n.nspname AS name FROM pg_catalog.pg_namespace n
     WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND n.nspname <> ALL ($1::text[]) ORDER BY 1`,
    [excludeSchemas],
  );
  return {
    databases: databases.rows.map((row) => row.name),
    schemas: schemas.rows.map((row) => row.name),
    slots: await readSlots(client, facts),
  };
}

async function readSlots(client: pg.Client, facts: CatalogFacts): Promise<SlotState[]> {
  const end = facts.inRecovery ? 'pg_catalog.pg_last_wal_receive_lsn()' : 'pg_catalog.pg_current_wal_lsn()';
  await client.query('SAVEPOINT sentinel_slots');
  try {
    const { rows } = await client.query<SlotState>(`
      SELECT s.slot_name AS name, s.active,
             ${facts.version >= 130000 ? 's.wal_status' : 'NULL::text'} AS "walStatus",
             greatest(pg_catalog.pg_wal_lsn_diff(${end}, s.restart_lsn), 0)::float8 AS "retainedBytes"
      FROM pg_catalog.pg_replication_slots s ORDER BY s.slot_name`);
    return rows.map((row) => ({ ...row }));
  } catch (error) {
    // Managed services refuse these functions to most roles (42501) or leave them out (0A000, 42883).
    if (!['42501', '0A000', '42883', '55000'].includes((error as { code?: string }).code ?? '')) throw error;
    await client.query('ROLLBACK TO SAVEPOINT sentinel_slots');
    return [];
  } finally {
    await client.query('RELEASE SAVEPOINT sentinel_slots').catch(() => undefined);
  }
}
