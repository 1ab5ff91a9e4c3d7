import type pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { openEngine } from '#src/adapters/open-engine.js';
import type { RunStore } from '#src/coordinator/ports.js';
import { profileRun } from '#src/coordinator/profile-run.js';
import { DEFAULT_CHECK_SETTINGS } from '#src/core/checks/index.js';
import { decodeEvents } from '#src/core/events/event-codec.js';
import type { EventBuckets, EventHistory } from '#src/core/model/event-history.js';
import { AS_OF, EVENT_COLUMNS, makeEventTables, type SqlBucket, sqlBuckets } from '../support/event-tables.js';
import { type TestDatabase, testServer } from '../support/postgres.js';

const BERLIN = 'Europe/Berlin';
const HOUR = 3_600_000;
let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await (await testServer()).createDatabase();
  client = await database.client();
  await makeEventTables(client);
});

/** Profiles the database through real threads; the history of each table by name. */
async function histories(options: {
  readonly timeZone: string;
  readonly workers: number;
  readonly chunks: number;
  readonly declared?: Readonly<Record<string, string>>;
}): Promise<Map<string, EventHistory>> {
  const { timeZone, workers, chunks, declared = {} } = options;
  const engine = openEngine({
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
    signal: new AbortController().signal,
    onLog() {},
    onProgress() {},
    onRetry() {},
  });
  const found = new Map<string, EventHistory>();
  const store: RunStore = {
    async addTable({ spec, events }) {
      if (events) found.set(spec.name, decodeEvents(events.bytes));
    },
    async addInventory() {},
    async recordPresent() {},
  };
  const failures: unknown[] = [];
  try {
    await profileRun(
      engine.sources,
      engine.pool,
      store,
      {
        sourceDiscovered() {},
        sourceLags() {},
        progress() {},
        sourceLost() {},
        sourceRecovered() {},
        sourceFailed: (_, failure) => void failures.push(failure),
        tableDone: ({ profile }) => profile.failure && void failures.push(profile.failure),
      },
      {
        run: 'test',
        workers,
        maxTables: 100,
        limits: { minBytes: chunks > 1 ? 8192 : Number.MAX_SAFE_INTEGER, maxChunks: chunks, maxBytes: 1e9 },
        state: { maxValueBytes: 1024, seed: 1 },
        stateMinBytes: Number.MAX_SAFE_INTEGER,
        now: () => performance.now(),
        signal: new AbortController().signal,
        asOfMs: AS_OF,
        wanted: () => true,
        customQueries: () => [],
        insertTime: ({ name }) => declared[name],
        timeZone: () => timeZone,
        database: () => database.name,
        maxWaiting: 100,
        onStoreFailure: () => {},
        toFailure: (error) => ({ code: 'internal', message: String(error), retryable: false }),
      },
    );
  } finally {
    await engine.close();
  }
  expect(failures).toEqual([]);
  return found;
}

const counted = new Map<string, Promise<SqlBucket[]>>();

function sql(...question: Parameters<typeof sqlBuckets> extends [unknown, ...infer Rest] ? Rest : never) {
  const key = question.join(' ');
  if (!counted.has(key)) counted.set(key, sqlBuckets(client, ...question));
  return counted.get(key)!;
}

/** What SQL counts, filled up with the buckets that have no rows. */
function compare(found: EventBuckets, expected: readonly SqlBucket[]): void {
  const byStart = new Map(expected.map((bucket) => [bucket.start, bucket]));
  expect(found.starts[0]).toBe(expected[0]!.start);
  expect(found.starts).toEqual(expect.arrayContaining(expected.map(({ start }) => start)));
  expect(found.rows).toEqual(found.starts.map((start) => byStart.get(start)?.rows ?? 0));
  for (const { name, number, counted } of EVENT_COLUMNS) {
    const { nonNull, mean, variance, values } = found.columns[name]!;
    const sql = found.starts.map((start) => byStart.get(start)?.columns[name]);
    expect([name, nonNull]).toEqual([name, sql.map((each) => each?.nonNull ?? 0)]);
    expect([name, mean !== undefined]).toEqual([name, number]);
    for (const [i, each] of sql.entries()) {
      if (!number) continue;
      close(name, mean![i]!, each?.mean ?? null);
      close(name, variance![i]!, each?.variance ?? null);
    }
    expect([name, values !== undefined]).toEqual([name, counted]);
    if (!values) continue;
    const distinct = new Set(sql.flatMap((each) => Object.keys(each?.values ?? {})));
    for (const { value, counts } of values)
      expect([name, value, counts]).toEqual([name, value, sql.map((each) => each?.values[String(value)] ?? 0)]);
    expect(values.map(({ value }) => String(value))).toEqual(expect.arrayContaining([...distinct]));
  }
}

function close(name: string, found: number | null, expected: number | null): void {
  if (expected === null || found === null) expect([name, found]).toEqual([name, expected]);
  else
    expect(Math.abs(found - expected), `${name}: ${found}, not ${expected}`).toBeLessThanOrEqual(
      Math.abs(expected) * 1e-9,
    );
}

describe.each([
  { timeZone: 'UTC', workers: 1, chunks: 1 },
  { timeZone: BERLIN, workers: 1, chunks: 1 },
  { timeZone: BERLIN, workers: 2, chunks: 16 },
])('in $timeZone, $workers workers, $chunks chunks', (options) => {
  let found: Map<string, EventHistory>;
  beforeAll(async () => {
    found = await histories(options);
  });

  test.each([
    ['instants', 'timestamptz'],
    ['parted', 'timestamptz'],
    ['viewed', 'timestamptz'],
    ['walls', 'timestamp'],
  ] as const)('every day and hour of %s is what SQL counts', async (table, type) => {
    const { days, hours } = found.get(table)!;
    compare(days, await sql(table, type, 'day', options.timeZone));
    compare(hours!, await sql(table, type, 'hour', options.timeZone));
  });

  test('a date has days alone', async () => {
    const { days, hours } = found.get('dates')!;
    compare(days, await sql('dates', 'date', 'day', options.timeZone));
    expect(hours).toBeUndefined();
  });

  test('days follow each other to the open one, whatever the clock did', async () => {
    const { days, hours } = found.get('instants')!;
    const { rows } = await client.query<{ start: number }>(
      `SELECT extract(epoch FROM day AT TIME ZONE $1)::float8 * 1000 AS start
       FROM generate_series(to_timestamp($2) AT TIME ZONE $1, to_timestamp($3) AT TIME ZONE $1, '1 day') AS day`,
      [options.timeZone, days.starts[0]! / 1000, days.end / 1000],
    );
    expect([...days.starts, days.end]).toEqual(rows.map(({ start }) => start));
    expect([...hours!.starts, hours!.end]).toEqual(
      Array.from({ length: 337 }, (_, i) => Math.floor(AS_OF / HOUR) * HOUR + (i - 336) * HOUR),
    );
  });

  test('the first day may be cut, unless rows of before the window are there', () => {
    expect(found.get('instants')!.days.complete).toBe(1);
    expect(found.get('instants')!.hours!.complete).toBe(0);
    expect(found.get('walls')!.days.complete).toBe(1); // its first days have no rows
  });

  test('hours of a wall clock count from after the one that came twice', () => {
    const { starts, complete } = found.get('walls')!.hours!;
    const expected = options.timeZone === 'UTC' ? starts[0] : Date.UTC(2026, 9, 25, 2);
    expect(starts[complete]).toBe(expected);
  });
});

test('of a declared column, as sentinel.yaml names it; of one that is no time, none', async () => {
  const declared = { instants: 'loaded_at', dates: 'label', walls: 'missing' };
  const found = await histories({ timeZone: 'UTC', workers: 1, chunks: 1, declared });
  expect(found.get('instants')).toMatchObject({ column: 'loaded_at', declared: true, timeZone: 'UTC' });
  expect(found.get('parted')).toMatchObject({ column: 'loaded_at', declared: false });
  expect([...found.keys()].sort()).toEqual(['instants', 'parted', 'viewed']);
});
