import pg from 'pg';
import { crm } from './batch/crm.js';
import { finance } from './batch/finance.js';
import { sales } from './batch/sales.js';
import { web } from './batch/web.js';
import { logistics } from './cdc/logistics.js';
import { shop } from './cdc/shop.js';
import { type DemoDatabase, type DemoSeed, randomFunctions } from './relations.js';

/** Raise it when the generated data changes: what was loaded by another version is loaded anew. */
const VERSION = 1;

export const BATCH: DemoDatabase = { name: 'analytics_db', groups: [sales, crm, web, finance] };
export const CDC: DemoDatabase = { name: 'warehouse_db', groups: [shop, logistics] };

/** What is loaded, kept as the database's comment: a table of our own would be one more to watch. */
interface Loaded extends DemoSeed {
  readonly version: number;
}

/**
 * Loads the database unless the same seed and version are there already; other schemas (the history that runs have
 * stored) are left alone. All or nothing. True where it was loaded now.
 */
export async function loadDatabase(client: pg.Client, database: DemoDatabase, seed: DemoSeed): Promise<boolean> {
  const before = await loaded(client);
  if (before?.version === VERSION && before.seed === seed.seed) return false;
  await client.query('BEGIN');
  try {
    await client.query('SET LOCAL synchronous_commit = off');
    for (const sql of randomFunctions(seed)) await client.query(sql);
    for (const { schema } of database.groups.toReversed())
      await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    for (const { schema, statements } of database.groups) {
      await client.query(`CREATE SCHEMA ${schema}`);
      for (const sql of statements) await client.query(sql);
    }
    const now: Loaded = { version: VERSION, ...seed };
    await client.query(
      `COMMENT ON DATABASE ${pg.escapeIdentifier(database.name)} IS ${pg.escapeLiteral(JSON.stringify(now))}`,
    );
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {}); // the connection may be what failed
    throw error;
  }
  await client.query('VACUUM (ANALYZE)');
  return true;
}

async function loaded(client: pg.Client): Promise<Loaded | undefined> {
  const { rows } = await client.query<{ comment: string | null }>(
    `SELECT shobj_description(oid, 'pg_database') AS comment FROM pg_database WHERE datname = current_database()`,
  );
  try {
    return JSON.parse(rows[0]?.comment ?? '') as Loaded;
  } catch {
    return undefined;
  }
}
