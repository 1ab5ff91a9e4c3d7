import pg from 'pg';
import type { EmbeddedServer } from '../adapters/embedded/server.js';

/** Where a run of the demo keeps its history. */
export const HISTORY = 'sentinel_history';

/** Run `work` on a connection of the servers' own role. */
export async function connected<T>(
  server: EmbeddedServer,
  database: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const { host, port, user, password } = server;
  const client = new pg.Client({ host, port, user, password, database, application_name: 'sentinel/demo' });
  client.on('error', () => {}); // the query that runs into it rejects
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}

export async function databaseExists(client: pg.Client, name: string): Promise<boolean> {
  return (await client.query('SELECT FROM pg_database WHERE datname = $1', [name])).rows.length > 0;
}

/** Drops a database with whatever is connected to it, and makes it anew, empty or as a copy of `template`. */
export async function recreateDatabase(
  client: pg.Client,
  name: string,
  { template = 'template1', owner }: { readonly template?: string; readonly owner?: string } = {},
): Promise<void> {
  const quoted = pg.escapeIdentifier(name);
  await client.query(`DROP DATABASE IF EXISTS ${quoted} WITH (FORCE)`);
  const ownedBy = owner === undefined ? '' : ` OWNER ${pg.escapeIdentifier(owner)}`;
  // Copied as files: what goes through the log is kept back by any slot that nobody reads.
  await client.query(
    `CREATE DATABASE ${quoted} TEMPLATE ${pg.escapeIdentifier(template)} STRATEGY file_copy${ownedBy}`,
  );
}
