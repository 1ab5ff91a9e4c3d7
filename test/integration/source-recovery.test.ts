import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type EmbeddedServer, freePort, type StopMode, startEmbeddedServer } from '#src/adapters/embedded/server.js';
import { openEngine } from '#src/adapters/open-engine.js';
import { toFailure } from '#src/adapters/postgres/failure.js';
import type { BreakerLimits, ConnectionSettings } from '#src/contract/connection.js';
import type { LogRecord, TableResult } from '#src/contract/messages.js';
import { profileRun } from '#src/coordinator/profile-run.js';
import { DEFAULT_CHECK_SETTINGS } from '#src/core/checks/index.js';
import type { Failure } from '#src/core/model/failure.js';
import { newDataFolder } from '../support/data-folders.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import { type TestDatabase, testServer } from '../support/postgres.js';
import { TEST_PACKAGE } from '../support/start-server.js';

const TABLES = 60;
const BIG_ROWS = 40_000;
const USER = 'owner';
const PASSWORD = 'pw';
const GUARDS = {
  connectTimeoutMs: 5_000,
  statementTimeoutMs: 60_000,
  lockTimeoutMs: 5_000,
  maxTransactionAgeMs: 60_000,
};
const BREAKER: BreakerLimits = { failures: 5, cooldownMs: 200, recoveryMs: 60_000 };

/** The source that goes away. */
const folder = newDataFolder();
let port: number;
let server: EmbeddedServer;
let frail: ConnectionSettings;
/** The one that does not. */
let steady: TestDatabase;

const start = async () => {
  const parameters = { fsync: 'off', max_connections: '50' };
  server = await startEmbeddedServer({
    ...TEST_PACKAGE,
    dataDir: join(folder, 'data'),
    user: USER,
    password: PASSWORD,
    port,
    parameters,
  });
};

const TABLES_SQL = Array.from(
  { length: TABLES },
  (_, i) => `CREATE TABLE t${i} AS SELECT g AS id, 'value ' || g AS name FROM generate_series(1, ${(i + 1) * 10}) g;`,
).join('\n');

beforeAll(async () => {
  port = await freePort();
  await start();
  frail = {
    name: 'cdc',
    envPrefix: 'CDC_DB',
    host: '127.0.0.1',
    port,
    database: 'postgres',
    user: USER,
    password: PASSWORD,
    sslMode: 'disable',
  };
  steady = await (await testServer()).createDatabase();
  const client = new pg.Client({ ...frail, ssl: false });
  await client.connect();
  await client.query(TABLES_SQL);
  await client.query(
    `CREATE TABLE big AS SELECT g AS id, repeat('x', 100) AS name FROM generate_series(1, ${BIG_ROWS}) g`,
  );
  await client.end();
  await (await steady.client()).query(TABLES_SQL);
});

afterAll(async () => {
  await server.stop('immediate');
  rmSync(folder, { recursive: true, force: true });
});

interface RunOptions {
  readonly breaker?: Partial<BreakerLimits>;
  readonly maxAttempts?: number;
  readonly chunkMinBytes?: number;
  readonly views?: boolean;
  /** Called with each finished table of the frail source. */
  readonly onTable?: (done: number) => void;
  readonly onSteadyTable?: () => void;
  readonly onDiscovered?: (source: string) => void;
  readonly signal?: AbortSignal;
  readonly workers?: number;
  /** The sources through proxies. */
  readonly ports?: { readonly steady: number; readonly frail: number };
  readonly connectTimeoutMs?: number;
}

/** Profile both sources with real threads; what happened, as it was told. */
async function run(options: RunOptions) {
  const logs: LogRecord[] = [];
  const results = new Map<string, TableResult>();
  const events: string[] = [];
  const failures: Failure[] = [];
  let done = 0;
  const { workers = 3 } = options;
  const signal = options.signal ?? new AbortController().signal;
  const engine = openEngine({
    connections: [
      { ...steady.connection, port: options.ports?.steady ?? steady.connection.port },
      { ...frail, port: options.ports?.frail ?? frail.port },
    ],
    breaker: { ...BREAKER, ...options.breaker },
    settings: {
      guards: { ...GUARDS, connectTimeoutMs: options.connectTimeoutMs ?? GUARDS.connectTimeoutMs },
      retry: { maxAttempts: options.maxAttempts ?? 3, backoffFactor: 2, initialDelayMs: 200, maxDelayMs: 1_000 },
      pool: { size: 2, maxOverflow: 2 },
      profile: { maxValueBytes: 1024, seed: 1, stateMinBytes: Number.MAX_SAFE_INTEGER },
      discovery: { views: { maxCost: options.views ? 1_000 : 0 }, foreignTables: false, excludeSchemas: [] },
      checks: { disabled: [], settings: DEFAULT_CHECK_SETTINGS },
      logLevel: 'info',
    },
    workers,
    signal,
    onLog: (record) => logs.push(record),
    onProgress() {},
    onRetry: ({ source, operation, attempt, delayMs, cause }) => {
      expect(delayMs).toBeGreaterThanOrEqual(0);
      expect(cause.message).not.toBe('');
      events.push(`${source} ${operation} ${attempt}`);
    },
  });
  try {
    const outcomes = await profileRun(
      engine.sources,
      engine.pool,
      {
        async addTable(record) {
          const { source, name } = record.spec;
          expect(results.has(`${source}.${name}`), `${name} twice`).toBe(false);
        },
        async addInventory() {},
        async recordPresent() {},
      },
      {
        sourceDiscovered: (source) => options.onDiscovered?.(source),
        progress() {},
        sourceFailed: (_, failure) => void failures.push(failure),
        sourceLags() {},
        sourceLost: (source) => void events.push(`${source} lost`),
        sourceRecovered: (source) => void events.push(`${source} recovered`),
        tableDone(result) {
          results.set(`${result.spec.source}.${result.spec.name}`, result);
          if (result.spec.source === 'cdc') options.onTable?.(++done);
          else options.onSteadyTable?.();
        },
      },
      {
        run: 'test',
        workers,
        maxTables: 1_000,
        limits: { minBytes: options.chunkMinBytes ?? 1e12, maxChunks: 16, maxBytes: 1e9 },
        state: { maxValueBytes: 1024, seed: 1 },
        stateMinBytes: Number.MAX_SAFE_INTEGER,
        now: () => performance.now(),
        signal,
        asOfMs: Date.now(),
        wanted: () => true,
        insertTime: () => undefined,
        customQueries: () => [],
        timeZone: () => 'UTC',
        database: () => '',
        maxWaiting: 1_000,
        onStoreFailure() {},
        toFailure: (error, source) => toFailure(error, { source }),
      },
    );
    const of = (source: string) =>
      [...results].filter(([name]) => name.startsWith(`${source}.`)).map(([, each]) => each);
    const messages = (component: string) => logs.filter((record) => record.component === component);
    return { outcomes, results, events, failures, of, messages };
  } finally {
    await engine.close();
  }
}

/** Stop the frail server now and start it again after `awayMs`. */
function restart(mode: StopMode, awayMs: number): Promise<void> {
  return server.stop(mode).then(async () => {
    await sleep(awayMs);
    await start();
  });
}

test.each<[string, StopMode, RunOptions]>([
  ['stopped', 'fast', {}],
  ['killed', 'kill', {}],
  ['crashed while a big table is read in chunks', 'immediate', { chunkMinBytes: 8192 }],
])(
  'a server that is %s in the middle and comes back: every table of both sources is read',
  async (_, mode, options) => {
    let back: Promise<void> | undefined;
    const { outcomes, events, of, messages } = await run({
      ...options,
      onTable(done) {
        if (done === 5) back = restart(mode, 1_500);
      },
    });
    await back;
    expect(back).toBeDefined();
    expect(outcomes.map(({ failure }) => failure)).toEqual([null, null]);
    expect(of('batch').map(({ profile }) => profile.status)).toEqual(Array(TABLES).fill('ok'));
    const cdc = of('cdc');
    expect(cdc.filter(({ profile }) => profile.status !== 'ok').map(({ profile }) => profile)).toEqual([]);
    expect(cdc).toHaveLength(TABLES + 1);
    for (const { spec, profile } of cdc)
      expect(profile.rowCount).toBe(spec.name === 'big' ? BIG_ROWS : (Number(spec.name.slice(1)) + 1) * 10);
    expect(events.filter((event) => !/reconnect|lost|recovered/.test(event))).toEqual([]);
    expect(events).toEqual(expect.arrayContaining(['cdc lost', 'cdc reconnect 1', 'cdc recovered']));
    const said = messages('cdc_db').map(({ msg }) => msg);
    expect(said).toEqual(
      expect.arrayContaining([
        'the circuit breaker opened',
        'the circuit breaker lets one request try',
        'the source answers: the circuit breaker closed',
        'connections are made anew from now on',
      ]),
    );
    expect(messages('batch_db').map(({ msg }) => msg)).not.toContain('connections are made anew from now on');
  },
);

test('a source that hangs leaves the other a worker thread, and goes on when it answers', async () => {
  const [steadyProxy, frailProxy] = [await startFaultProxy(steady.connection), await startFaultProxy(frail)];
  onTestFinished(async () => {
    await Promise.all([steadyProxy.close(), frailProxy.close()]);
  });
  // Both have their work planned, the steady one first, and then the frail one hangs; what waits in a black hole arrives after it.
  await frailProxy.setMode({ kind: 'black hole' });
  let left = TABLES;
  const { outcomes, events, of } = await run({
    workers: 2,
    ports: { steady: steadyProxy.port, frail: frailProxy.port },
    // Nothing here notices the silence by itself before the test is over.
    connectTimeoutMs: 600_000,
    onDiscovered(source) {
      if (source === 'batch')
        void steadyProxy.setMode({ kind: 'black hole' }).then(() => frailProxy.setMode({ kind: 'pass' }));
      else
        void frailProxy
          .setMode({ kind: 'black hole' })
          .then(() => setTimeout(() => void steadyProxy.setMode({ kind: 'pass' }), 100));
    },
    onSteadyTable() {
      if (--left === 0) void frailProxy.setMode({ kind: 'pass' });
    },
  });
  expect(outcomes.map(({ failure }) => failure)).toEqual([null, null]);
  expect([...of('batch'), ...of('cdc')].map(({ profile }) => profile.status)).toEqual(Array(2 * TABLES + 1).fill('ok'));
  expect(events).toEqual([]);
});

test('a server that does not come back: its tables fail with the cause, the other source is whole', async () => {
  let stopped: Promise<void> | undefined;
  onTestFinished(start);
  const { outcomes, of } = await run({
    breaker: { recoveryMs: 1_000 },
    onTable(done) {
      if (done === 5) stopped = server.stop('immediate');
    },
  });
  await stopped;
  expect(outcomes).toMatchObject([
    { source: 'batch', failure: null },
    {
      source: 'cdc',
      failure: { code: 'ECONNREFUSED', message: expect.stringMatching(/nothing listens .*waited for 1 s/) },
    },
  ]);
  expect(of('batch').every(({ profile }) => profile.status === 'ok')).toBe(true);
  const failed = of('cdc').filter(({ profile }) => profile.status === 'failed');
  expect(of('cdc')).toHaveLength(TABLES + 1);
  expect(failed.length).toBeGreaterThan(TABLES / 4);
  for (const { profile } of failed) expect(profile.failure).toMatchObject({ retryable: true, code: 'ECONNREFUSED' });
});

test('a stop while a source is awaited ends the wait at once', async () => {
  const stop = new AbortController();
  onTestFinished(start);
  const { outcomes, of } = await run({
    breaker: { recoveryMs: 3_600_000, cooldownMs: 3_600_000 },
    signal: stop.signal,
    onTable(done) {
      if (done === 5)
        void server.stop('immediate').then(() => setTimeout(() => stop.abort(new Error('stopped')), 1_000));
    },
  });
  expect(of('cdc').some(({ profile }) => profile.status === 'failed')).toBe(false);
  expect(outcomes[0]).toEqual({ source: 'batch', failure: null });
});

test('what ends its connection each time it is read is the only one that fails', async () => {
  const client = new pg.Client({ ...frail, ssl: false });
  await client.connect();
  await client.query(`
    CREATE FUNCTION deadly() RETURNS int LANGUAGE plpgsql AS $$
      BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(60); RETURN 1; END $$;
    CREATE VIEW poisoned AS SELECT deadly() AS id`);
  onTestFinished(async () => {
    await client.query('DROP VIEW poisoned; DROP FUNCTION deadly');
    await client.end();
  });
  const { outcomes, events, of } = await run({ views: true, maxAttempts: 2 });
  expect(outcomes.map(({ failure }) => failure)).toEqual([null, null]);
  const failed = of('cdc').filter(({ profile }) => profile.status !== 'ok');
  expect(failed).toMatchObject([
    {
      spec: { name: 'poisoned' },
      attempts: 3,
      profile: {
        failure: { code: '57P01', message: expect.stringMatching(/lost 3 times while public\.poisoned was/) },
      },
    },
  ]);
  expect(of('cdc')).toHaveLength(TABLES + 2);
  // The source itself was there all the time.
  expect(events).toEqual([]);
});
