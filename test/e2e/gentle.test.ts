import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import type { TableProfile } from '#src/core/model/profile.js';
import { runCli, startCli } from '../support/cli.js';
import { type TestDatabase, testServer } from '../support/postgres.js';
import { linesOf, settings, workFolder } from '../support/program.js';

let batch: TestDatabase;
let cdc: TestDatabase;
let store: TestDatabase;
let observer: pg.Client;
const cwd = workFolder();

beforeAll(async () => {
  const server = await testServer();
  [batch, cdc, store] = [await server.createDatabase(), await server.createDatabase(), await server.createDatabase()];
  observer = await batch.client();
  // 10 MB in chunks beside small tables.
  const tables = `
    CREATE TABLE big AS SELECT i AS id, repeat('x', 150) AS payload FROM generate_series(1, 55000) AS i;
    CREATE TABLE one AS SELECT generate_series(1, 100) AS id; CREATE TABLE two AS SELECT generate_series(1, 200) AS id`;
  await observer.query(tables);
  await (await cdc.client()).query(tables);
});

const env = (more: Record<string, string> = {}) =>
  settings({ batch, cdc }, { ...store.environment('METADATA_DB'), CONCURRENT_WORKERS: '4', ...more });

/** How many sessions of ours read now, and how many hold a snapshot, by database. */
async function reading(): Promise<Map<string, { active: number; snapshots: number }>> {
  const { rows } = await observer.query<{ database: string; active: number; snapshots: number }>(
    `SELECT datname AS database, count(*) FILTER (WHERE state = 'active')::int AS active,
       count(backend_xmin)::int AS snapshots FROM pg_stat_activity
     WHERE datname = ANY ($1) AND application_name LIKE 'sentinel/profiler/%' GROUP BY 1`,
    [[batch.name, cdc.name]],
  );
  return new Map(rows.map(({ database, ...counts }) => [database, counts]));
}

/** What does not depend on how a table was cut into chunks. */
function figures(stdout: string): string[] {
  const tables = linesOf(stdout, 'table') as unknown as TableProfile[];
  return tables
    .flatMap(({ source, table, rowCount, columns }) =>
      columns.map(({ name, min, max, nullCount }) => [source, table, rowCount, name, min, max, nullCount].join(' ')),
    )
    .sort();
}

test.each([
  ['--gentle', ['--gentle'], {}],
  ['GENTLE=true', [], { GENTLE: 'true' }],
])('with %s one session reads each source, with pauses, and everything is found', async (_, args, more) => {
  const run = startCli(['profile', '--json', ...args], { cwd, env: env(more) });
  let going = true;
  void run.ended.then(() => {
    going = false;
  });
  let most = 0;
  let [looks, held] = [0, 0];
  while (going) {
    for (const { active, snapshots } of (await reading()).values()) {
      most = Math.max(most, active);
      looks++;
      if (snapshots > 0) held++;
    }
    await sleep(5);
  }
  const { code, stdout } = await run.ended;
  expect(code).toBe(0);
  expect(most).toBe(1);
  // Nor does a session that rests keep a snapshot.
  expect(held / looks).toBeLessThan(0.5);
  const summary = linesOf(stdout, 'summary')[0]! as unknown as Record<string, number>;
  expect(summary.connectionsMax).toBeLessThanOrEqual(3);
  // Two databases side by side, a twentieth of the time each, five nanoseconds of work for a byte.
  expect(summary.durationMs).toBeGreaterThan((((summary.bytes! / 2) * 5e-6) / 0.05) * 0.9);
  const usual = await runCli(['profile', '--json'], { cwd, env: env() });
  expect(figures(stdout)).toEqual(figures(usual.stdout));
});

test('a signal ends it in the middle of a rest, and nothing is left on the server', async () => {
  const run = startCli(['profile', '--json', '--gentle'], { cwd, env: env() });
  // Rests are nine tenths of its time.
  while ((await reading()).size === 0) await sleep(5);
  await sleep(100);
  const { code } = await run.kill('SIGTERM');
  expect(code).toBe(143);
  const ours = `SELECT FROM pg_stat_activity WHERE datname = '${batch.name}' AND application_name LIKE 'sentinel/%'`;
  while ((await observer.query(ours)).rowCount !== 0) await sleep(20);
});
