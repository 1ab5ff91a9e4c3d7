import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { reachableDataDir } from '#src/adapters/embedded/data-dir.js';
import { type EmbeddedServer, startEmbeddedServer } from '#src/adapters/embedded/server.js';
import { XorShift32 } from '#src/core/sketches/random.js';
import { type FaultProxy, startFaultProxy } from '../../test/support/fault-proxy.js';
import { type Load, makeBank, startLoad } from './tpcb.js';

/** What the world tells the process that runs Sentinel in it; times are wall clock, milliseconds. */
export type WorldMessage =
  | { readonly type: 'ready'; readonly environment: Record<string, string>; readonly tables: number }
  | {
      readonly type: 'fault';
      readonly source: string;
      readonly name: string;
      readonly from: number;
      readonly to: number;
    }
  /** The database of a source took no connections. */
  | { readonly type: 'down'; readonly source: string; readonly from: number; readonly to: number }
  | {
      readonly type: 'sessions';
      readonly source: string;
      readonly at: number;
      readonly ours: number;
      readonly oldestMs: number;
      /** Connections were cut a moment ago: a session may outlive the client's end of it. */
      readonly disturbed: boolean;
    }
  | { readonly type: 'ended'; readonly transactions: number };

const SOURCES = ['batch', 'cdc'] as const;
/** The bank's four and small ones beside them. */
const SMALL_TABLES = 20;
const SCALE = 2;
const CLIENTS = 2;
const PAUSE_MS = 10;
/** Between two faults, on average, over both sources. */
const FAULT_EVERY_MS = 4_000;
/** Before the first, so that a run is seen undisturbed. */
const QUIET_MS = 3_000;
const SAMPLE_EVERY_MS = 150;
/** A session whose network was cut is not gone at once on the server. */
const CUT_OFF_MS = 5_000;
const OWNER = { user: 'postgres', password: 'soak-only', database: 'postgres' };

interface Place {
  readonly name: string;
  server: EmbeddedServer;
  readonly proxy: FaultProxy;
  readonly load: Load;
  /** When connections were last cut; infinite while they are. */
  cutMs: number;
}

/** Two servers under load behind a proxy each, a third for the store, and faults until `stop` is aborted. Ends what it started. */
export async function soakWorld(seed: number, tell: (message: WorldMessage) => void, stop: AbortSignal): Promise<void> {
  const places: Place[] = [];
  const store = await startServer('store');
  try {
    for (const name of SOURCES) places.push(await makePlace(name));
    const environment = {
      SENTINEL_SOURCES: SOURCES.join(','),
      ...login('METADATA_DB', store.port),
      ...Object.assign({}, ...places.map(({ name, proxy }) => login(`${name.toUpperCase()}_DB`, proxy.port))),
    };
    tell({ type: 'ready', environment, tables: SMALL_TABLES + 4 });
    await Promise.all([...places.map((place) => sample(place, tell, stop)), disturb(places, seeded(seed), tell, stop)]);
    for (const { load } of places) await load.stop();
    tell({ type: 'ended', transactions: places.reduce((sum, { load }) => sum + load.transactions(), 0) });
  } finally {
    for (const { proxy } of places) await proxy.close();
    for (const server of [store, ...places.map((place) => place.server)]) await server.stop('immediate');
    for (const name of ['store', ...SOURCES]) rmSync(dataDir(name), { recursive: true, force: true });
  }
}

async function makePlace(name: string): Promise<Place> {
  const server = await startServer(name);
  const client = await connect(server.port);
  await makeBank(client, SCALE);
  for (let i = 0; i < SMALL_TABLES; i++)
    await client.query(
      `CREATE TABLE small_${i} AS SELECT g AS id, 'n' || g AS name, now() AS created_at FROM generate_series(1, ${100 * (i + 1)}) AS g`,
    );
  await client.end();
  const proxy = await startFaultProxy(server);
  const load = await startLoad(
    { ...OWNER, host: server.host, port: server.port },
    { scale: SCALE, clients: CLIENTS, pauseMs: PAUSE_MS },
  );
  return { name, server, proxy, load, cutMs: 0 };
}

/** Numbers from 0 to 1, the same ones for the same seed. */
function seeded(seed: number): () => number {
  const bits = new XorShift32(seed);
  return () => (bits.next() >>> 0) / 2 ** 32;
}

/** One fault after the other, at random times and places. */
async function disturb(
  places: readonly Place[],
  random: () => number,
  tell: (message: WorldMessage) => void,
  stop: AbortSignal,
) {
  await pause(QUIET_MS, stop);
  while (!stop.aborted) {
    await pause(2 * FAULT_EVERY_MS * random(), stop);
    if (stop.aborted) return;
    const place = places[Math.floor(random() * places.length)]!;
    const { name, run } = FAULTS[Math.floor(random() * FAULTS.length)]!;
    const from = Date.now();
    if (name !== lock.name) place.cutMs = Number.POSITIVE_INFINITY;
    await run(place, random, (to) => tell({ type: 'down', source: place.name, from, to })).catch((error: Error) => {
      throw new Error(`the fault "${name}" on ${place.name} could not be made: ${error.message}`);
    });
    if (name !== lock.name) place.cutMs = Date.now();
    tell({ type: 'fault', source: place.name, name, from, to: Date.now() });
  }
}

interface Fault {
  readonly name: string;
  readonly run: (place: Place, random: () => number, wasDown: (to: number) => void) => Promise<void>;
}

const terminate: Fault = {
  name: 'a session is terminated',
  run: ({ server }) =>
    withClient(server.port, async (client) => {
      await client.query(`SELECT pg_terminate_backend(pid) FROM (
        SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'sentinel/%' ORDER BY random() LIMIT 1) AS one`);
    }),
};

const reset: Fault = { name: 'connections are reset', run: async ({ proxy }) => proxy.resetAll() };

const silence: Fault = {
  name: 'the network is silent for a moment',
  run: async ({ proxy }, random) => {
    await proxy.setMode({ kind: 'black hole' });
    await sleep(500 + 1_500 * random());
    await proxy.setMode({ kind: 'pass' });
  },
};

const lock: Fault = {
  name: 'a table is locked for some seconds',
  run: ({ server }, random) =>
    withClient(server.port, async (client) => {
      const table = random() < 0.3 ? 'accounts' : `small_${Math.floor(random() * SMALL_TABLES)}`;
      await client.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
      await sleep(1_000 + 4_000 * random());
      await client.query('ROLLBACK');
    }),
};

const restart: Fault = {
  name: 'the server is restarted',
  run: async (place, random, wasDown) => {
    await place.server.stop(random() < 0.5 ? 'fast' : 'immediate');
    await sleep(1_500 * random());
    place.server = await startServer(place.name, place.server.port);
    wasDown(Date.now());
  },
};

/** Restarts are the rarest. */
const FAULTS: readonly Fault[] = [terminate, terminate, reset, reset, silence, lock, lock, restart];

/** Counts our sessions again and again, past the proxy. */
async function sample(place: Place, tell: (message: WorldMessage) => void, stop: AbortSignal): Promise<void> {
  let client: pg.Client | null = null;
  while (!stop.aborted) {
    try {
      client ??= await connect(place.server.port);
      const { rows } = await client.query<{ ours: number; oldest: number }>(
        `SELECT count(*)::int AS ours, coalesce(extract(epoch FROM max(now() - xact_start)) * 1000, 0)::float8 AS oldest
         FROM pg_stat_activity WHERE application_name ~ '^sentinel/(profiler|orchestrator)'`,
      );
      tell({
        type: 'sessions',
        source: place.name,
        at: Date.now(),
        ours: rows[0]!.ours,
        oldestMs: rows[0]!.oldest,
        disturbed: Date.now() - place.cutMs < CUT_OFF_MS,
      });
    } catch {
      await client?.end().catch(() => {});
      client = null; // it is down
    }
    await pause(SAMPLE_EVERY_MS, stop);
  }
  await client?.end().catch(() => {});
}

function startServer(name: string, port?: number): Promise<EmbeddedServer> {
  if (port === undefined) rmSync(dataDir(name), { recursive: true, force: true });
  const { user, password } = OWNER;
  const parameters = { shared_buffers: '64MB', max_wal_size: '1GB' };
  return startEmbeddedServer({
    dataDir: dataDir(name),
    user,
    password,
    parameters,
    ...(port !== undefined && { port }),
  });
}

function dataDir(name: string): string {
  return reachableDataDir(join(process.cwd(), '.sentinel', 'soak', name)).path;
}

function login(prefix: string, port: number): Record<string, string> {
  return {
    [`${prefix}_HOST`]: '127.0.0.1',
    [`${prefix}_PORT`]: String(port),
    [`${prefix}_NAME`]: OWNER.database,
    [`${prefix}_USER`]: OWNER.user,
    [`${prefix}_PASSWORD`]: OWNER.password,
    [`${prefix}_SSLMODE`]: 'disable',
  };
}

async function connect(port: number): Promise<pg.Client> {
  const client = new pg.Client({ ...OWNER, host: '127.0.0.1', port });
  client.on('error', () => {});
  await client.connect();
  return client;
}

async function withClient(port: number, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = await connect(port);
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

async function pause(ms: number, stop: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: stop }).catch(() => undefined);
}
