import { hostname } from 'node:os';
import type { ClientBase } from 'pg';
import { quoteIdentifier } from '#src/adapters/postgres/quote.js';
import type { ConnectionSettings } from '#src/contract/connection.js';
import { appendEvents, SENTINEL } from './audit.js';
import { asStoreError, errorCode, StoreError, storeName, storeSettings } from './failure.js';
import { MIGRATIONS, type Migration } from './migrations/index.js';
import type { Query } from './reader-pool.js';
import { createMigrationTable, insertMigration, lockMigrations, schemaFacts, selectVersion } from './sql/migrate.js';

interface SchemaFacts {
  readonly exists: boolean;
  readonly usable: boolean;
  readonly migrated: boolean;
  readonly database: string;
  readonly role: string;
  readonly encoding: string;
}

/**
 * Bring the store's schema to this program's version; safe from several processes at once, and two queries where nothing
 * is to do, so a role that may only read can open a store that is up to date. Rejects with `StoreError`: `store_newer`
 * where a newer program made it, `store_forbidden` where the role may not.
 */
export async function migrate(
  client: ClientBase,
  connection: ConnectionSettings,
  schema: string,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<void> {
  try {
    const facts = await inTransaction(client, 'READ ONLY', () => factsOf(client, schema));
    if (/^(EUC_|MULE_)/.test(facts.encoding)) throw unsuitable(connection, schema, facts.encoding);
    const s = quoteIdentifier(schema);
    try {
      const latest = migrations.length;
      const read = () => inTransaction(client, 'READ ONLY', () => versionOf(client, s));
      let version = facts.usable && facts.migrated ? await read() : 0;
      while (version < latest) version = await step(client, schema, s, migrations);
      if (version > latest) throw newer(connection, schema, version, latest);
    } catch (error) {
      if (errorCode(error) === '42501') throw forbidden(error, connection, schema, facts);
      throw error;
    }
  } catch (error) {
    throw asStoreError(error, connection, schema);
  }
}

/** Waiting for another process's migration is the normal case, not a hung lock. */
const GUARDS = [
  `SET LOCAL lock_timeout = '60s'`,
  `SET LOCAL statement_timeout = '1h'`,
  `SET LOCAL idle_in_transaction_session_timeout = '60s'`,
].join('; ');

async function inTransaction<T>(
  client: ClientBase,
  access: 'READ ONLY' | 'READ WRITE',
  work: () => Promise<T>,
): Promise<T> {
  await client.query(`BEGIN ISOLATION LEVEL READ COMMITTED ${access}; ${GUARDS}`);
  try {
    const result = await work();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined); // the first error is the one to report
    throw error;
  }
}

async function factsOf(client: ClientBase, schema: string): Promise<SchemaFacts> {
  return (await client.query<SchemaFacts>(schemaFacts, [schema])).rows[0]!;
}

async function versionOf(client: ClientBase, s: string): Promise<number> {
  return (await client.query<{ version: number }>(selectVersion(s))).rows[0]!.version;
}

/** Apply the next step in one transaction, under the lock; resolves with the version the store has then. */
function step(client: ClientBase, schema: string, s: string, migrations: readonly Migration[]): Promise<number> {
  return inTransaction(client, 'READ WRITE', async () => {
    await client.query(lockMigrations, [schema]);
    const { exists } = await factsOf(client, schema);
    // CREATE SCHEMA IF NOT EXISTS asks for the right to create even where it exists.
    if (!exists) await client.query(`CREATE SCHEMA ${s}`);
    await client.query(createMigrationTable(s));
    const version = await versionOf(client, s);
    const next = migrations[version];
    if (!next) return version;
    await client.query(next.sql(s));
    await client.query(insertMigration(s), [next.version, next.name]);
    await record(client, s, next);
    return next.version;
  });
}

/** Its entry in the audit trail. The first step makes the trail. */
async function record(client: ClientBase, s: string, { version, name }: Migration): Promise<void> {
  const query: Query = async (sql, values = []) => (await client.query(sql, [...values])).rows;
  const details = { version: String(version), name, host: hostname() };
  const event = {
    incident: null,
    run: null,
    at: new Date(),
    actor: SENTINEL,
    action: 'migrated',
    reason: null,
    details,
  };
  await appendEvents({ s, batchSize: 1, query }, [event]);
}

/** Texts are stored as UTF-8 bytes; these encodings check bytes in a way that UTF-8 does not pass. */
function unsuitable(connection: ConnectionSettings, schema: string, encoding: string): StoreError {
  return new StoreError(
    'store_encoding',
    `${storeName(connection, schema)}: the database's encoding ${encoding} cannot hold every name; ` +
      `choose a database with encoding UTF8 (${storeSettings(connection)}).`,
  );
}

function newer(connection: ConnectionSettings, schema: string, found: number, known: number): StoreError {
  return new StoreError(
    'store_newer',
    `${storeName(connection, schema)} has schema version ${found}, this program knows up to ${known}: ` +
      'a newer Sentinel wrote it. Update this installation, or choose another schema (METADATA_SCHEMA).',
  );
}

function forbidden(cause: unknown, connection: ConnectionSettings, schema: string, facts: SchemaFacts): StoreError {
  const s = quoteIdentifier(schema);
  const role = quoteIdentifier(facts.role);
  const fix = facts.exists
    ? `GRANT USAGE, CREATE ON SCHEMA ${s} TO ${role}; GRANT ALL ON ALL TABLES IN SCHEMA ${s} TO ${role};`
    : `CREATE SCHEMA ${s} AUTHORIZATION ${role}; (or GRANT CREATE ON DATABASE ${quoteIdentifier(facts.database)} TO ${role};)`;
  return new StoreError(
    'store_forbidden',
    `${storeName(connection, schema)}: the role ${role} may not ${facts.exists ? 'work in' : 'create'} the schema ${s}. ` +
      `Have a privileged role run ${fix} or choose another store (${storeSettings(connection)}).`,
    { cause },
  );
}
