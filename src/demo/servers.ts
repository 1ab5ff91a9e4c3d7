import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { type EmbeddedServer, reachableDataDir, startEmbeddedServer } from '../adapters/embedded/server.js';
import { connected, HISTORY } from './database.js';
import type { DemoSource } from './table.js';

/** The role that looks at the data: it may read everything and keeps its own history. */
export const ROLE = 'sentinel_demo';
const ADMIN = 'demo_admin';
/** The databases that are looked at. */
export const WATCHED: Readonly<Record<DemoSource, string>> = { batch: 'analytics_db', cdc: 'warehouse_db' };

const PARAMETERS = {
  wal_level: 'logical',
  shared_buffers: '128MB',
  max_wal_size: '2GB',
  maintenance_work_mem: '64MB',
  // A subscription whose publisher has another port now need not wait long before it tries that.
  wal_retrieve_retry_interval: '500ms',
  timezone: 'UTC',
};

export interface DemoServers {
  readonly batch: EmbeddedServer;
  readonly cdc: EmbeddedServer;
  /** The settings that name both watched databases, and where the history is kept, to a run. */
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

export interface DemoServersOptions {
  /** Where passwords and, where the servers can reach it, data are kept. */
  readonly folder: string;
  /** Told in a line each where data is kept elsewhere. */
  readonly say: (line: string) => void;
}

/** Starts both servers on free ports, each with the role and a new password for it. Where one fails, both are stopped again. */
export async function startDemoServers({ folder, say }: DemoServersOptions): Promise<DemoServers> {
  mkdirSync(folder, { recursive: true });
  const admin = secret(join(folder, 'admin-password'));
  const role = randomBytes(18).toString('base64url');
  const servers: EmbeddedServer[] = [];
  const stop = async () => void (await Promise.all(servers.map((server) => server.stop())));
  const start = async (source: DemoSource) => {
    const { path, notice } = reachableDataDir(join(folder, source));
    if (notice) say(notice);
    const server = await startEmbeddedServer({ dataDir: path, user: ADMIN, password: admin, parameters: PARAMETERS });
    servers.push(server);
    await makeRole(server, role).catch((error) => {
      if ((error as { code?: string }).code !== '28P01') throw error;
      throw new Error(
        `the demo data in ${path} was made with another password than the one in ${join(folder, 'admin-password')}; remove both folders ${folder} and ${path}, then run the demo again`,
      );
    });
    return server;
  };
  const [batch, cdc] = await Promise.allSettled([start('batch'), start('cdc')]);
  if (batch.status === 'fulfilled' && cdc.status === 'fulfilled')
    return { batch: batch.value, cdc: cdc.value, environment: environmentOf(batch.value, cdc.value, role), stop };
  await stop();
  throw (batch.status === 'rejected' ? batch : (cdc as PromiseRejectedResult)).reason;
}

async function makeRole(server: EmbeddedServer, password: string): Promise<void> {
  await connected(server, 'postgres', async (client) => {
    const { rows } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [ROLE]);
    if (rows.length === 0) await client.query(`CREATE ROLE ${ROLE} LOGIN`);
    await client.query(`ALTER ROLE ${ROLE} PASSWORD ${pg.escapeLiteral(password)}`);
    await client.query(`GRANT pg_read_all_data, pg_monitor TO ${ROLE}`);
  });
}

function environmentOf(batch: EmbeddedServer, cdc: EmbeddedServer, password: string): Record<string, string> {
  const settings = (prefix: string, { host, port }: EmbeddedServer, database: string) => ({
    [`${prefix}_HOST`]: host,
    [`${prefix}_PORT`]: String(port),
    [`${prefix}_NAME`]: database,
    [`${prefix}_USER`]: ROLE,
    [`${prefix}_PASSWORD`]: password,
    [`${prefix}_SSLMODE`]: 'disable',
  });
  return {
    SENTINEL_SOURCES: 'batch,cdc',
    ...settings('BATCH_DB', batch, WATCHED.batch),
    ...settings('CDC_DB', cdc, WATCHED.cdc),
    ...settings('METADATA_DB', batch, HISTORY),
    METADATA_SCHEMA: 'sentinel',
    // The demo's days lie ever further back; by the clock of the wall their history would one day be too old to keep.
    POINT_RETENTION_DAYS: '36500',
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
