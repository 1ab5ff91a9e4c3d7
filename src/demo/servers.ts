import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { type EmbeddedServer, reachableDataDir, startEmbeddedServer } from '../adapters/embedded/server.js';
import type { DemoDatabase, DemoSeed } from './relations.js';
import { BATCH, CDC, loadDatabase } from './warehouse.js';

/** The role that looks at the data: it may read everything and, in the batch database, keep its own schema. */
const ROLE = 'sentinel_demo';
const ADMIN = 'demo_admin';

export interface DemoServers {
  /** The settings that name the two databases to a run: `BATCH_DB_HOST`, `CDC_DB_PASSWORD`, … */
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export interface DemoServersOptions extends DemoSeed {
  /** Everything is kept below it, in `.sentinel/demo`. */
  readonly cwd: string;
  /** Told in a line each: what takes a while, and where data is kept elsewhere. */
  readonly say: (line: string) => void;
  /** Ends the start early; the servers are stopped. */
  readonly signal?: AbortSignal;
}

/** Starts both servers on free ports and loads what is not loaded yet. Where anything fails, both are stopped again. */
export async function startDemoServers(options: DemoServersOptions): Promise<DemoServers> {
  const folder = join(options.cwd, '.sentinel', 'demo');
  mkdirSync(folder, { recursive: true });
  const admin = secret(join(folder, 'admin-password'));
  const role = randomBytes(18).toString('base64url');
  const servers: EmbeddedServer[] = [];
  const stop = async (mode: 'fast' | 'immediate' = 'fast') => {
    await Promise.all(servers.map((server) => server.stop(mode)));
  };
  const stopNow = () => void stop('immediate');
  const start = async (source: string, database: DemoDatabase, parameters: Record<string, string>) => {
    const { path, notice } = reachableDataDir(join(folder, source));
    if (notice) options.say(notice);
    const server = await startEmbeddedServer({ dataDir: path, user: ADMIN, password: admin, parameters });
    servers.push(server);
    options.signal?.throwIfAborted();
    await prepare(server, database, role, options).catch((error) => {
      options.signal?.throwIfAborted();
      if ((error as { code?: string }).code !== '28P01') throw error;
      throw new Error(
        `the demo data in ${path} was made with another password than the one in ${join(folder, 'admin-password')}; remove both folders ${folder} and ${path}, then run the demo again`,
      );
    });
    return environmentOf(`${source.toUpperCase()}_DB`, server, database, role);
  };
  options.signal?.addEventListener('abort', stopNow);
  try {
    const common = { shared_buffers: '64MB', max_wal_size: '1GB', maintenance_work_mem: '64MB' };
    const started = await Promise.allSettled([
      start('batch', BATCH, common),
      start('cdc', CDC, { ...common, wal_level: 'logical' }),
    ]);
    for (const outcome of started) if (outcome.status === 'rejected') throw outcome.reason;
    const [batch, cdc] = started.map((outcome) => (outcome as PromiseFulfilledResult<Record<string, string>>).value);
    const metadata = Object.entries(batch!).map(([name, value]) => [name.replace('BATCH_DB', 'METADATA_DB'), value]);
    return {
      environment: { SENTINEL_SOURCES: 'batch,cdc', ...batch, ...cdc, ...Object.fromEntries(metadata) },
      stop: () => stop(),
    };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', stopNow);
  }
}

async function prepare(
  server: EmbeddedServer,
  database: DemoDatabase,
  password: string,
  options: DemoServersOptions,
): Promise<void> {
  await connected(server, 'postgres', async (client) => {
    const { rows } = await client.query<{ database: boolean; role: boolean }>(
      `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1) AS database, EXISTS (SELECT FROM pg_roles WHERE rolname = $2) AS role`,
      [database.name, ROLE],
    );
    if (!rows[0]?.database) await client.query(`CREATE DATABASE ${pg.escapeIdentifier(database.name)}`);
    if (!rows[0]?.role) await client.query(`CREATE ROLE ${ROLE} LOGIN`);
    await client.query(`ALTER ROLE ${ROLE} PASSWORD ${pg.escapeLiteral(password)}`);
    await client.query(`GRANT pg_read_all_data, pg_monitor TO ${ROLE}`);
    if (database === BATCH) await client.query(`GRANT CREATE ON DATABASE ${database.name} TO ${ROLE}`);
  });
  await connected(server, database.name, async (client) => {
    const started = performance.now();
    if (await loadDatabase(client, database, options))
      options.say(`Loaded ${database.name} in ${((performance.now() - started) / 1000).toFixed(1)} s.`);
  });
}

async function connected(server: EmbeddedServer, database: string, work: (client: pg.Client) => Promise<void>) {
  const { host, port, user, password } = server;
  const client = new pg.Client({ host, port, user, password, database, application_name: 'sentinel/demo' });
  client.on('error', () => {}); // the query that runs into it rejects
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}

function environmentOf(
  prefix: string,
  server: EmbeddedServer,
  database: DemoDatabase,
  password: string,
): Record<string, string> {
  return {
    [`${prefix}_HOST`]: server.host,
    [`${prefix}_PORT`]: String(server.port),
    [`${prefix}_NAME`]: database.name,
    [`${prefix}_USER`]: ROLE,
    [`${prefix}_PASSWORD`]: password,
    [`${prefix}_SSLMODE`]: 'disable',
  };
}

/** A random password that stays in a file for us alone. */
function secret(file: string): string {
  try {
    writeFileSync(file, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new Error(
      `${file} cannot be read: another user ran the demo here; run it as that user, or remove ${dirname(file)}`,
      { cause: error },
    );
  }
}
