import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Engine, openEngine } from '#src/adapters/open-engine.js';
import type { TableResult } from '#src/contract/messages.js';
import { detectRun } from '#src/coordinator/detect-run.js';
import { profileSource } from '#src/coordinator/profile-source.js';
import { DEFAULT_CHECK_SETTINGS } from '#src/core/checks/index.js';
import type { Deaths } from '../support/dying.worker.js';
import { READS_IN_CHUNKS, type TestDatabase, testServer } from '../support/postgres.js';
import { tableHistory } from '../support/table-history.js';

const TABLES = 24;
const HEAP_MIB = 64;
const file = join(mkdtempSync(join(tmpdir(), 'sentinel-deaths-')), 'deaths');

let database: TestDatabase;
let client: pg.Client;
let engine: Engine;

beforeAll(async () => {
  database = await (await testServer()).createDatabase();
  client = await database.client();
  for (let i = 1; i <= TABLES; i++)
    await client.query(
      `CREATE TABLE t${i} AS SELECT g AS id, 'value ' || g AS name FROM generate_series(1, ${i * 100}) g`,
    );
});

afterEach(async () => {
  await engine.close();
  delete process.env.DEATHS;
});
afterAll(() => rmSync(join(file, '..'), { recursive: true }));

/** The engine of the program with threads that die as is said; nothing said: that cannot even start. */
function open(workers: number, at?: Deaths['at']): Engine {
  writeFileSync(file, '');
  process.env.DEATHS = JSON.stringify({ file, at: at ?? {} } satisfies Deaths);
  engine = openEngine({
    connections: [database.connection],
    breaker: { failures: 5, cooldownMs: 100, recoveryMs: 0 },
    settings: {
      guards: {
        connectTimeoutMs: 5_000,
        statementTimeoutMs: 60_000,
        lockTimeoutMs: 5_000,
        maxTransactionAgeMs: 60_000,
      },
      retry: { maxAttempts: 0, backoffFactor: 1, initialDelayMs: 0, maxDelayMs: 0 },
      pool: { size: 1, maxOverflow: 1 },
      profile: { maxValueBytes: 1024, seed: 1, stateMinBytes: Number.MAX_SAFE_INTEGER },
      discovery: { views: { maxCost: 0 }, foreignTables: false, excludeSchemas: [] },
      checks: { disabled: [], settings: DEFAULT_CHECK_SETTINGS },
      logLevel: 'error',
    },
    workers,
    threads: {
      entry: join(import.meta.dirname, '..', 'support', at ? 'dying.worker.ts' : 'there-is-no-such.worker.ts'),
      heapMiB: HEAP_MIB,
    },
    signal: new AbortController().signal,
    onLog() {},
    onProgress() {},
    onRetry() {},
  });
  return engine;
}

const deaths = () => readFileSync(file, 'utf8').split('\n').slice(0, -1);

async function profile({ pool, sources: [source] }: Engine, workers: number, chunkMinBytes = Number.MAX_SAFE_INTEGER) {
  const { tables } = await source!.discover();
  const results = new Map<string, TableResult>();
  await profileSource(tables, source!, pool, {
    run: 'test',
    workers,
    events: { timeZone: 'UTC', asOfMs: Date.now(), declared: new Map() },
    maxTables: 1_000,
    limits: { minBytes: chunkMinBytes, maxChunks: 4, maxBytes: 1e9 },
    state: { maxValueBytes: 1024, seed: 1 },
    stateMinBytes: Number.MAX_SAFE_INTEGER,
    now: () => performance.now(),
    signal: new AbortController().signal,
    recovery: { onLost() {}, onRecovered() {} },
    async onResult(result) {
      expect(results.has(result.spec.name), `${result.spec.name} twice`).toBe(false);
      results.set(result.spec.name, result);
    },
  });
  return results;
}

/** Every table is read but these, which are reported. */
function expectOnly(results: ReadonlyMap<string, TableResult>, failed: Readonly<Record<string, RegExp>>): void {
  expect(results.size).toBe(TABLES);
  for (let i = 1; i <= TABLES; i++) {
    const { profile: found } = results.get(`t${i}`)!;
    const cause = failed[`t${i}`];
    if (cause) {
      expect(found).toMatchObject({ status: 'failed', failure: { code: 'worker_died', table: `public.t${i}` } });
      expect(found.failure!.message).toMatch(cause);
    } else expect(found).toMatchObject({ status: 'ok', rowCount: i * 100 });
  }
}

/** The dead leave nothing on the server but what the living hold. */
async function expectNoOrphans(limit: number): Promise<void> {
  const ours = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name LIKE 'sentinel/%' AND datname = current_database()`;
  for (;;) {
    const { rows } = await client.query<{ n: number }>(ours);
    if (rows[0]!.n <= limit) return;
    await sleep(20);
  }
}

const OUT_OF_MEMORY =
  /^the worker thread that read public\.\w+ ended \(Worker terminated due to reaching memory limit: JS heap out of memory\)/;

test.each([
  ['runs out of memory', 'oom', OUT_OF_MEMORY],
  ['throws what nobody catches', 'throw', /ended \(a crash that nobody catches\)/],
  ['ends by process.exit', 'exit', /ended \(worker exited with code: 3\)/],
] as const)(
  'a thread that %s is replaced; a table fails alone, and only if it kills every time',
  async (_, how, message) => {
    const results = await profile(open(1, { t7: { how }, t5: { how, times: 1 } }), 1);
    expectOnly(results, { t7: message });
    const ofT7 = deaths().filter((table) => table === 't7').length;
    // In a batch of three, then in its half, then alone: no more.
    expect(ofT7).toBeGreaterThan(1);
    expect(ofT7).toBeLessThanOrEqual(3);
    expect(deaths()).toHaveLength(ofT7 + 1);
    await expectNoOrphans(1);
    expect(engine.connectionsPeak()).toBeLessThanOrEqual(2);
  },
);

test.skipIf(!READS_IN_CHUNKS)(
  'under a chunk: the table is begun anew, and given up where every try ends so',
  async () => {
    const results = await profile(open(2, { t24: { how: 'oom', times: 1 }, t22: { how: 'exit' } }), 2, 8192);
    expectOnly(results, { t22: /worker exited with code: 3/ });
    expect(results.get('t24')).toMatchObject({ attempts: 2, profile: { consistent: true } });
    expect(results.get('t24')!.chunks).toBeGreaterThan(1);
  },
);

test('while it judges: the others are judged, and the table is named', async () => {
  const names = Array.from({ length: 5 }, (_, i) => `j${i}`);
  const judged: string[] = [];
  const { failures } = await detectRun(
    {
      sources: async () => [],
      async *tables() {
        yield names.map((table) => tableHistory({ table }));
      },
      async judged(findings, { datasets }) {
        judged.push(...datasets.map(({ table }) => table));
        return findings;
      },
    },
    open(1, { j3: { how: 'oom' } }).pool,
    { run: 'test', workers: 1, signal: new AbortController().signal },
  );
  expect(judged.sort()).toEqual(names.filter((name) => name !== 'j3'));
  expect(failures).toMatchObject([{ code: 'worker_died', table: 'sales.j3' }]);
  expect(failures[0]!.message).toMatch(
    /^batch\.sales\.j3 could not be judged: its worker thread failed \(.*memory limit.*\); the others are judged$/,
  );
});

test('threads that cannot even start fail every table, and nothing waits for ever', async () => {
  const results = await profile(open(2), 2);
  expect(results.size).toBe(TABLES);
  for (const { profile: found } of results.values()) {
    expect(found).toMatchObject({ status: 'failed', failure: { code: 'worker_died' } });
    expect(found.failure!.message).toMatch(/no worker thread could be started: Cannot find module/);
  }
  await expect(engine.pool.profile({} as never, () => {})).rejects.toThrow('no worker thread could be started');
});
