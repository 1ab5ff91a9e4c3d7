import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StoredHistory } from '#src/adapters/store/load-histories.js';
import type { Store } from '#src/adapters/store/store.js';
import { runCli } from '../support/cli.js';
import { AS_OF, makeEventTables, sqlBuckets } from '../support/event-tables.js';
import { type TestDatabase, testServer } from '../support/postgres.js';
import { parseLines } from '../support/profile-run.js';
import { openTestStore } from '../support/store-records.js';

const ZONE = 'Europe/Berlin';
let database: TestDatabase;
let client: pg.Client;
let store: Store;
let cwd: string;

beforeAll(async () => {
  database = await (await testServer()).createDatabase();
  client = await database.client();
  await makeEventTables(client);
  cwd = mkdtempSync(join(tmpdir(), 'sentinel-events-'));
  writeFileSync(join(cwd, 'sentinel.yaml'), `sources: { batch: { timeZone: ${ZONE} } }\n`);
  store = await openTestStore(database);
});

afterAll(async () => {
  await store.close();
  rmSync(cwd, { recursive: true });
});

async function sentinel(...args: string[]) {
  const env = { ...database.environment('BATCH_DB'), SENTINEL_SOURCES: 'batch', LOG_DIR: 'logs' };
  return runCli(args, { cwd, env });
}

async function profile(asOf: number) {
  const run = await sentinel('profile', '--json', '--as-of', new Date(asOf).toISOString());
  expect([run.code, run.stderr]).toEqual([0, '']);
}

async function loaded(table: string): Promise<StoredHistory> {
  const run = await store.latestRun();
  for await (const page of store.loadHistories(run!.id, { now: AS_OF }))
    for (const history of page) if (history.table === table) return history;
  throw new Error(`no history of ${table}`);
}

test('a run stores the history of each table that has an insert time, and judgement gets it', async () => {
  await profile(AS_OF);
  const { events, profile: table } = await loaded('instants');
  expect(events).toMatchObject({ column: 'loaded_at', declared: false, timeZone: ZONE });
  const sql = await sqlBuckets(client, 'instants', 'timestamptz', 'day', ZONE);
  expect(events!.days.rows.reduce((sum, rows) => sum + rows, 0)).toBe(sql.reduce((sum, { rows }) => sum + rows, 0));
  expect(events!.days.columns.kind!.values!.map(({ value }) => value).sort()).toEqual(['', 'a', 'ß']);
  expect(table).not.toHaveProperty('events');
});

test('history shows its days, and those of a column', async () => {
  const sql = (await sqlBuckets(client, 'instants', 'timestamptz', 'day', ZONE)).slice(-3);
  const rows = parseLines((await sentinel('history', 'instants', 'rows_per_day', '--limit', '3', '--json')).stdout);
  expect(rows).toEqual(
    sql.map(({ start, rows: value }) => ({
      type: 'event_point',
      source: 'batch',
      schema: 'public',
      table: 'instants',
      metric: 'rows_per_day',
      insertTime: 'loaded_at',
      at: new Date(start).toISOString(),
      value,
    })),
  );
  const column = await sentinel('history', 'instants', '--column', 'price', '--limit', '2');
  expect(column.stdout).toContain(`batch.public.instants, column price, by loaded_at (${ZONE})`);
  expect(column.stdout).toMatch(/day +mean +null_rate|day +null_rate +mean/);
  expect(column.stdout).toContain('2026-11-02');
  const runs = parseLines((await sentinel('history', 'instants', 'row_count', '--json')).stdout);
  expect(runs.map(({ type }) => type)).toEqual(['point']);
});

test('the days of a run are remembered as they were, for the first run of a later day', async () => {
  expect(await loaded('instants')).not.toHaveProperty('eventsBefore');
  await client.query(`UPDATE instants SET kind = 'late' WHERE kind = 'a'`);
  await profile(AS_OF + 3_600_000);
  expect(await loaded('instants')).not.toHaveProperty('eventsBefore');
  await profile(AS_OF + 86_400_000);
  const { events, eventsBefore } = await loaded('instants');
  expect(eventsBefore!.days.end).toBe(events!.days.starts.at(-1));
  expect(eventsBefore!.seenAt).toBe(AS_OF);
  const kinds = (of: Pick<NonNullable<typeof events>, 'days'> | undefined) =>
    of!.days.columns.kind!.values!.map(({ value }) => value).sort();
  expect([kinds(eventsBefore), kinds(events)]).toEqual([
    ['', 'a', 'ß'],
    ['', 'late', 'ß'],
  ]);
  // a clock that is set back has no day before
  await profile(AS_OF);
  expect(await loaded('instants')).not.toHaveProperty('eventsBefore');
  await client.query(`UPDATE instants SET kind = 'a' WHERE kind = 'late'`);
});

test('the next run replaces it; a table whose insert time is gone, or was not read, has none', async () => {
  await client.query('ALTER TABLE walls DROP COLUMN loaded_at');
  await profile(AS_OF + 86_400_000);
  const { events } = await loaded('instants');
  expect(events!.days.end).toBe(Date.UTC(2026, 10, 3, 23));
  expect(await loaded('walls')).not.toHaveProperty('events');
  await client.query('UPDATE sentinel.event_history SET run = run - 1');
  expect(await loaded('instants')).not.toHaveProperty('events');
});

test('of a column that turns out to be null too often, or ahead, there is none', async () => {
  await client.query(`
    CREATE TABLE nulls AS SELECT CASE WHEN i % 20 > 0 THEN now() - i * interval '1 hour' END AS created_at FROM generate_series(1, 200) i;
    CREATE TABLE calendar AS SELECT now() + i * interval '1 day' AS event_at FROM generate_series(-50, 50) i`);
  await profile(Date.now());
  expect(await loaded('nulls')).not.toHaveProperty('events');
  expect(await loaded('calendar')).not.toHaveProperty('events');
  expect(await loaded('parted')).toHaveProperty('events');
});
