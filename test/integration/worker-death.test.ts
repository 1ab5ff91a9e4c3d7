import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Engine, openEngine } from '#src/adapters/open-engine.js';
import type { ChunkTask, ProfileTask, TableResult } from '#src/contract/messages.js';
import type { WorkerPool } from '#src/coordinator/ports.js';
import { profileSource } from '#src/coordinator/profile-source.js';
import { DEFAULT_CHECK_SETTINGS } from '#src/core/checks/index.js';
import type { TableSpec } from '#src/core/model/relation.js';
import { READS_IN_CHUNKS, type TestDatabase, testServer } from '../support/postgres.js';

const TABLES = 12;
const GUARDS = {
  connectTimeoutMs: 5_000,
  statementTimeoutMs: 60_000,
  lockTimeoutMs: 5_000,
  maxTransactionAgeMs: 60_000,
};
const SETTINGS = {
  guards: GUARDS,
  retry: { maxAttempts: 0, backoffFactor: 1, initialDelayMs: 0, maxDelayMs: 0 },
  pool: { size: 1, maxOverflow: 1 },
  profile: { maxValueBytes: 1024, seed: 1, stateMinBytes: Number.MAX_SAFE_INTEGER },
  discovery: { views: { maxCost: 0 }, foreignTables: false, excludeSchemas: [] },
  checks: { disabled: [], settings: DEFAULT_CHECK_SETTINGS },
  logLevel: 'error',
};
let database: TestDatabase;
let engine: Engine;

beforeAll(async () => {
  database = await (await testServer()).createDatabase();
  const client = await database.client();
  for (let i = 1; i <= TABLES; i++)
    await client.query(
      `CREATE TABLE t${i} AS SELECT g AS id, 'value ' || g AS name FROM generate_series(1, ${i * 100}) g`,
    );
  engine = openEngine({
    connections: [database.connection],
    breaker: { failures: 5, cooldownMs: 100, recoveryMs: 0 },
    settings: SETTINGS,
    workers: 2,
    signal: new AbortController().signal,
    onLog() {},
    onProgress() {},
    onRetry() {},
  });
});

afterAll(() => engine.close());

/** The real pool, except that a thread "dies" when it reaches a table: the results before that have been sent. */
function dyingAt(deadly: (table: TableSpec, time: number) => boolean): WorkerPool & { deaths: number } {
  const seen = new Map<string, number>();
  const dies = (table: TableSpec) => {
    const time = (seen.get(table.name) ?? 0) + 1;
    if (deadly(table, time)) seen.set(table.name, time);
    return deadly(table, time);
  };
  const pool = {
    deaths: 0,
    async profile(task: ProfileTask, onTable: (result: TableResult) => void) {
      const end = task.tables.findIndex(dies);
      const failure = await engine.pool.profile(
        { ...task, tables: end === -1 ? task.tables : task.tables.slice(0, end) },
        onTable,
      );
      if (end === -1) return failure;
      pool.deaths++;
      throw new Error('Worker terminated due to reaching memory limit: JS heap out of memory');
    },
    chunk(task: ChunkTask) {
      if (!dies(task.table)) return engine.pool.chunk(task);
      pool.deaths++;
      return Promise.reject(new Error('worker exited with code: 1'));
    },
    detect: (task: Parameters<WorkerPool['detect']>[0]) => engine.pool.detect(task),
  };
  return pool;
}

async function profile(pool: WorkerPool, chunkMinBytes: number): Promise<Map<string, TableResult>> {
  const source = engine.sources[0]!;
  const { tables } = await source.discover();
  const results = new Map<string, TableResult>();
  await profileSource(tables, source, pool, {
    run: 'test',
    workers: 2,
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

test('a table that kills its thread is the only one that fails', async () => {
  const pool = dyingAt((table) => table.name === 't7');
  const results = await profile(pool, Number.MAX_SAFE_INTEGER);
  expect(pool.deaths).toBeGreaterThan(0);
  expect(results.size).toBe(TABLES);
  for (let i = 1; i <= TABLES; i++) {
    const { profile: found } = results.get(`t${i}`)!;
    if (i === 7) expect(found).toMatchObject({ status: 'failed', failure: { code: 'worker_died' } });
    else expect(found).toMatchObject({ status: 'ok', rowCount: i * 100 });
  }
});

test.skipIf(!READS_IN_CHUNKS)('a big table is begun anew where a thread died under one of its chunks', async () => {
  const pool = dyingAt((table, time) => table.name === 't12' && time === 1);
  const results = await profile(pool, 8192);
  expect(pool.deaths).toBe(1);
  expect(results.get('t12')).toMatchObject({
    profile: { status: 'ok', rowCount: 1_200, consistent: true },
    attempts: 2,
  });
  expect(results.get('t12')!.chunks).toBeGreaterThan(1);
});

test('a big table whose every try kills a thread fails alone', async () => {
  const results = await profile(
    dyingAt((table) => table.name === 't11'),
    8192,
  );
  expect(results.get('t11')!.profile).toMatchObject({ status: 'failed', failure: { code: 'worker_died' } });
  expect([...results.values()].filter(({ profile: { status } }) => status === 'ok')).toHaveLength(TABLES - 1);
});
