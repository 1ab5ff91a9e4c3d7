import { randomBytes } from 'node:crypto';
import { basename } from 'node:path';
import pg from 'pg';
import { expect, inject } from 'vitest';
import type { ConnectionSettings } from '#src/contract/connection.js';
import { opened } from './opened-databases.js';
import { type ServerAddress, type ServerKind, startServer } from './start-server.js';

/**
 * The one place tests take a Postgres from. `TEST_POSTGRES=containers` or `embedded` chooses the kind; by default a
 * container where a Docker engine answers and the image is already on this machine, else embedded.
 */
export interface TestServer extends ServerAddress {
  /** An empty database, or a copy of `template`; dropped after the test file unless a test in it failed. */
  createDatabase(name?: string, options?: DatabaseOptions): Promise<TestDatabase>;
  /** Ends the server where it is the caller's own; the shared one stays. */
  stop(): Promise<void>;
}

export interface DatabaseOptions {
  /** Name of a database that nobody is connected to. */
  readonly template?: string;
  /** Server-side encoding, `UTF8` when absent. */
  readonly encoding?: string;
  /** `C` when an encoding is named, else the server's. */
  readonly locale?: string;
}

export interface TestDatabase {
  readonly name: string;
  /** As the source `batch`; spread it for another one. */
  readonly connection: ConnectionSettings;
  readonly url: string;
  /** A connected client, closed after the test file. */
  client(): Promise<pg.Client>;
  /** What names this database to a run of the program: `environment('CDC_DB')` gives `CDC_DB_HOST` and so on. */
  environment(prefix: string): Record<string, string>;
  /** Closes its clients and drops it now. */
  drop(): Promise<void>;
}

export interface TestServerOptions {
  /** Start a server of this kind instead of sharing the run's. */
  readonly kind?: ServerKind;
}

/** `server_version_num` of the run's server, e.g. 140023; for tests of what only some versions can. */
export const SERVER_VERSION = (inject('postgres') as ServerAddress | undefined)?.versionNum ?? 0;

/** Before version 14 there is no TID range scan, so no table is read in chunks. */
export const READS_IN_CHUNKS = SERVER_VERSION >= 140000;

/** The run's shared server, started by `global-setup.ts`. */
export async function testServer(options: TestServerOptions = {}): Promise<TestServer> {
  const shared = inject('postgres') as ServerAddress | undefined;
  if (shared && (options.kind === undefined || options.kind === shared.kind))
    return { ...shared, createDatabase: (name, more) => createDatabase(shared, name, more), stop: async () => {} };
  return ownServer({}, options);
}

/** A server of the caller's own, to configure or to stop. A test that must kill one uses `startEmbeddedServer`. */
export async function ownServer(
  parameters: Readonly<Record<string, string>> = {},
  options: TestServerOptions = {},
): Promise<TestServer> {
  const server = await startServer({ parameters, ...options });
  const { host, port, user, password, kind, versionNum } = server;
  const address = { host, port, user, password, kind, versionNum };
  const own: TestServer = {
    ...address,
    createDatabase: (name, more) => createDatabase(address, name, more),
    stop: async () => {
      opened.servers.delete(own);
      for (const database of opened.databases) if (database.connection.port === port) opened.databases.delete(database);
      await server.stop({ keep: false });
    },
  };
  opened.servers.add(own);
  return own;
}

async function createDatabase(
  server: ServerAddress,
  name: string = databaseName(),
  options: DatabaseOptions = {},
): Promise<TestDatabase> {
  const locale = options.locale ?? (options.encoding === undefined ? undefined : 'C');
  const template =
    options.template ?? (options.encoding === undefined && locale === undefined ? undefined : 'template0');
  await asOwner(server, (client) =>
    client.query(
      [
        `CREATE DATABASE ${pg.escapeIdentifier(name)}`,
        template === undefined ? '' : `TEMPLATE ${pg.escapeIdentifier(template)}`,
        options.encoding === undefined ? '' : `ENCODING ${pg.escapeLiteral(options.encoding)}`,
        // LOCALE, which says both, is there since version 13.
        locale === undefined ? '' : `LC_COLLATE ${pg.escapeLiteral(locale)} LC_CTYPE ${pg.escapeLiteral(locale)}`,
      ].join(' '),
    ),
  );
  const { host, port, user, password } = server;
  const clients = new Set<pg.Client>();
  const database: TestDatabase = {
    name,
    connection: {
      name: 'batch',
      envPrefix: 'BATCH_DB',
      host,
      port,
      database: name,
      user,
      password,
      sslMode: 'disable',
    },
    url: `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${host}:${port}/${encodeURIComponent(name)}`,
    async client() {
      const client = new pg.Client({ host, port, user, password, database: name });
      await client.connect();
      client.on('error', () => {}); // a server stopped under it is the test's affair
      clients.add(client);
      return client;
    },
    environment: (prefix) => ({
      [`${prefix}_HOST`]: host,
      [`${prefix}_PORT`]: String(port),
      [`${prefix}_NAME`]: name,
      [`${prefix}_USER`]: user,
      [`${prefix}_PASSWORD`]: password,
      [`${prefix}_SSLMODE`]: 'disable',
    }),
    async drop() {
      opened.databases.delete(database);
      for (const client of clients) await client.end().catch(() => {});
      await asOwner(server, async (client) => {
        // WITH (FORCE) is there since version 13. Nobody is let in again before the drop.
        await client.query(`UPDATE pg_database SET datallowconn = false WHERE datname = $1`, [name]);
        await client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
        await client.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)}`);
      });
    },
  };
  opened.databases.add(database);
  return database;
}

async function asOwner<T>(server: ServerAddress, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const { host, port, user, password } = server;
  const client = new pg.Client({ host, port, user, password, database: 'postgres' });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Tells which test file it belongs to, for whoever looks at one that was kept. */
function databaseName(): string {
  const file = basename(expect.getState().testPath ?? 'test', '.test.ts').replaceAll(/[^a-z0-9]+/g, '_');
  return `${file.slice(0, 40)}_${randomBytes(4).toString('hex')}`;
}
