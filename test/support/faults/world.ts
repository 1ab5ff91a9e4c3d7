import { statSync } from 'node:fs';
import { afterAll } from 'vitest';
import { startCli } from '../cli.js';
import { type FaultProxy, startFaultProxy } from '../fault-proxy.js';
import { linesOf, workFolder } from '../program.js';
import { storeContent } from '../store-content.js';
import { ended, HUNG_MS } from './ended.js';
import { lastRunOf, type RunContent } from './last-run.js';
import { FaultServer, PASSWORD, USER } from './server.js';
import { type SmallDisk, smallDisk } from './small-disk.js';

/** The clock of every run: the rows do not change unless a fault changes them, so neither may any figure. */
export const AS_OF = '2026-03-02T12:00:00Z';

export const VICTIM_TABLES = 24;
export const CALM_TABLES = 10;
/** Big enough to be read in chunks, with the settings below. */
export const BIG_ROWS = 12_000;

/** Runs that came before, so that a figure which is none would be an anomaly. */
const PAST_RUNS = ['2026-03-02T06:00:00Z', '2026-03-02T08:00:00Z', '2026-03-02T10:00:00Z'];

/** What every run is given: a table that is read in chunks, and short waits between tries. */
const SETTINGS = {
  CONCURRENT_WORKERS: '2',
  CHUNK_MIN_BYTES: '256KiB',
  MAX_CHUNKS: '4',
  MAX_RETRY_ATTEMPTS: '4',
  INITIAL_RETRY_DELAY: '0.05',
  MAX_RETRY_DELAY: '0.4',
  BREAKER_COOLDOWN: '0.2',
} as const;

/** What a disturbed run is given beside it: limits that a fault can reach in a moment. */
export const TIGHT = {
  CONNECT_TIMEOUT: '2',
  LOCK_TIMEOUT: '0.3',
  STATEMENT_TIMEOUT: '4',
  MAX_TRANSACTION_AGE: '4',
  RECOVERY_TIMEOUT: '4',
} as const;

/** Where what is away comes back within the run: it waits longer than that may take on a busy machine. */
export const PATIENT = { MAX_RETRY_ATTEMPTS: '12', RECOVERY_TIMEOUT: '60' } as const;

/**
 * Two warehouses and a store, each on a server of its own. The source `batch` is the victim and is reached through a proxy, as is
 * the store; `cdc` is left in peace and must never notice.
 */
export interface World {
  readonly victim: FaultServer;
  /** Where the victim's tables can be changed: the victim itself, unless that is a standby. */
  readonly origin: FaultServer;
  readonly calm: FaultServer;
  readonly store: FaultServer;
  readonly line: FaultProxy;
  readonly storeLine: FaultProxy;
  /** Where the store's tables are, if it was asked for and can be had. */
  readonly disk: SmallDisk | null;
  /** For files of the faults, which the program finds in its working directory. */
  readonly folder: string;
  /** What the program is given. */
  readonly env: Readonly<Record<string, string>>;
  /** How long an undisturbed run takes here, milliseconds. */
  readonly runMs: number;
  /** Fresh copies of both sources and of the store, as it was after the past runs. */
  reset(): Promise<void>;
  /** What an undisturbed run leaves, `change` having been made to the victim's tables before it. */
  reference(change?: string): Promise<RunContent>;
}

/** Hooks must be declared while the file loads, and a world is made in one. */
const endings: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const end of endings) await end();
});

/** A limit for what hangs: three servers and three runs. */
export const START_MS = 4 * HUNG_MS;

/** Starts the servers, with tables and a past; all of it ends after the test file. */
export async function faultWorld({ storeOnSmallDisk = false, victimIsStandby = false } = {}): Promise<World> {
  const [origin, calm, store] = await Promise.all([FaultServer.start(), FaultServer.start(), FaultServer.start()]);
  const victim = victimIsStandby ? await FaultServer.standbyOf(origin) : origin;
  const disk = storeOnSmallDisk ? smallDisk(statSync(store.dataDir)) : null;
  if (disk) await store.query(`CREATE TABLESPACE small LOCATION '${disk.folder}'`);
  const line = await startFaultProxy(victim);
  const storeLine = await startFaultProxy(store);
  endings.push(async () => {
    await Promise.all([line.close(), storeLine.close()]);
    await Promise.all([...new Set([victim, origin, calm, store])].map((server) => server.remove()));
    disk?.remove();
  });
  const env = {
    ...SETTINGS,
    SENTINEL_SOURCES: 'batch,cdc',
    ...connection('BATCH_DB', line.port, 'shop'),
    ...connection('CDC_DB', calm.port, 'shop'),
    ...connection('METADATA_DB', storeLine.port, 'history'),
  };
  const reset = async () => {
    await Promise.all([
      origin.copyDatabase('shop_template', 'shop'),
      calm.copyDatabase('shop_template', 'shop'),
      store.copyDatabase('history_template', 'history', disk ? 'small' : 'pg_default'),
    ]);
    if (victim !== origin) await victim.follow(origin);
  };
  await Promise.all([
    createTables(origin, VICTIM_TABLES),
    createTables(calm, CALM_TABLES),
    store.query('CREATE DATABASE history_template'),
  ]);
  await reset();
  let runMs = 0;
  for (const asOf of PAST_RUNS) {
    const start = performance.now();
    await undisturbed(env, asOf);
    runMs = performance.now() - start;
  }
  await store.copyDatabase('history', 'history_template');

  const references = new Map<string, Promise<RunContent>>();
  const makeReference = async (change: string) => {
    await reset();
    if (change !== '') await origin.query(change, [], 'shop');
    if (victim !== origin) await victim.follow(origin);
    await undisturbed(env, AS_OF);
    return lastRunOf(await storeContent(await store.client('history')));
  };
  return {
    victim,
    origin,
    calm,
    store,
    line,
    storeLine,
    disk,
    folder: workFolder(),
    env,
    runMs,
    reset,
    async reference(change = '') {
      const known = references.get(change) ?? makeReference(change);
      references.set(change, known);
      return known;
    },
  };
}

/** The end of a run that nothing disturbs; a change that was made before it may be told. */
async function undisturbed(env: Readonly<Record<string, string>>, asOf: string): Promise<void> {
  const running = startCli(['run', '--json', '--as-of', asOf], { cwd: workFolder(), env });
  const { hung, result } = await ended(running);
  const { code, stdout, stderr } = result;
  const [summary] = linesOf(stdout, 'summary');
  if ((code !== 0 && code !== 1) || summary?.incomplete !== false)
    throw new Error(`an undisturbed run ${hung ? 'hung' : `ended with ${code}`}:\n${stderr}\n${stdout.slice(-2_000)}`);
}

function connection(prefix: string, port: number, name: string): Record<string, string> {
  return {
    [`${prefix}_HOST`]: '127.0.0.1',
    [`${prefix}_PORT`]: String(port),
    [`${prefix}_NAME`]: name,
    [`${prefix}_USER`]: USER,
    [`${prefix}_PASSWORD`]: PASSWORD,
    [`${prefix}_SSLMODE`]: 'disable',
  };
}

async function createTables(server: FaultServer, small: number): Promise<void> {
  await server.query('CREATE DATABASE shop_template');
  await server.query(
    `DO $$ BEGIN
      FOR i IN 1..${small} LOOP
        EXECUTE format('CREATE TABLE small_%s (id int PRIMARY KEY, name text, amount numeric)', lpad(i::text, 2, '0'));
        EXECUTE format('INSERT INTO small_%s SELECT g, ''n'' || g, g * 1.5 FROM generate_series(1, %s) AS g',
          lpad(i::text, 2, '0'), 50 + i);
      END LOOP;
    END $$;
    CREATE TABLE big AS SELECT g AS id, repeat('x', 90) AS payload FROM generate_series(1, ${BIG_ROWS}) AS g;
    CREATE TABLE sale AS SELECT g AS id, timestamptz '2026-03-02 11:55Z' - g * interval '17 minutes' AS created_at,
      (g * 7) % 50 + 1.25 AS amount FROM generate_series(1, 2000) AS g`,
    [],
    'shop_template',
  );
}
