import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { type RunningCli, runCli, startCli } from '../support/cli.js';
import { CHUNKED, loadManyTables } from '../support/many-tables.js';
import { ownServer } from '../support/postgres.js';
import { findingNames, type Line, linesOf, settings, tableNames, workFolder } from '../support/program.js';

const SMALL = 200;
/** When each run is killed: so long after its start, or as soon as it has acknowledged so many tables. */
const KILLS = [
  { afterMs: 120 },
  { afterMs: 350 },
  { tables: 1 },
  { tables: 37 },
  { tables: 90 },
  { tables: 164 },
] as const;

let admin: pg.Client;
let env: Record<string, string>;
const cwd = workFolder();

beforeAll(async () => {
  const database = await (await ownServer()).createDatabase();
  admin = await database.client();
  await loadManyTables(admin, SMALL);
  env = settings({ batch: database }, CHUNKED);
});

async function query<R extends pg.QueryResultRow>(sql: string): Promise<R[]> {
  return (await admin.query<R>(sql)).rows;
}

/** Lines of tables that reached stdout whole. */
function acknowledged(running: RunningCli): Line[] {
  const { stdout } = running.said();
  return linesOf(stdout.slice(0, stdout.lastIndexOf('\n') + 1), 'table');
}

async function killed(when: { readonly afterMs?: number; readonly tables?: number }): Promise<Line[]> {
  const running = startCli(['run', '--json', '--no-resume'], { cwd, env });
  if (when.afterMs !== undefined) await sleep(when.afterMs);
  else while (acknowledged(running).length < when.tables!) await sleep(1);
  expect(await running.kill('SIGKILL')).toMatchObject({ signal: 'SIGKILL' });
  return acknowledged(running);
}

/** What is stored of the newest run must hold every table that it acknowledged, as it acknowledged it. */
async function expectStored(lines: readonly Line[]): Promise<void> {
  if (lines.length === 0) return;
  const stored = await query<{ name: string; row_count: number; summary: object; points: number }>(`
    SELECT d.table_name AS name, t.row_count, p.summary, (
      SELECT count(*)::int FROM sentinel.point o JOIN sentinel.series q ON q.id = o.series
      WHERE q.dataset = d.id AND o.run = t.run) AS points
    FROM sentinel.task t JOIN sentinel.dataset d ON d.id = t.dataset
    JOIN sentinel.profile p ON p.dataset = d.id AND p.run = t.run
    WHERE t.run = (SELECT max(id) FROM sentinel.run)`);
  const byName = new Map(stored.map((row) => [row.name, row]));
  for (const { type: _, ...profile } of lines) {
    const row = byName.get(profile.table as string);
    expect(row?.row_count, `${profile.table} was acknowledged`).toBe(profile.rowCount);
    expect(row!.summary).toEqual(profile);
    expect(row!.points).toBeGreaterThan(0);
  }
}

/** Nothing twice: one task and profile per table and run, and as many points of a table in every run that measured it. */
async function expectNothingDoubled(): Promise<void> {
  expect(
    await query(`
    SELECT run, dataset FROM sentinel.task GROUP BY 1, 2 HAVING count(*) > 1
    UNION ALL SELECT run, series FROM sentinel.point GROUP BY 1, 2 HAVING count(*) > 1
    UNION ALL SELECT -1, dataset FROM sentinel.profile GROUP BY 2 HAVING count(*) > 1`),
  ).toEqual([]);
  expect(await query(`SELECT source, table_name FROM sentinel.dataset GROUP BY 1, 2 HAVING count(*) > 1`)).toEqual([]);
  expect(
    await query(`
    SELECT dataset FROM (
      SELECT q.dataset, o.run, count(*) AS points FROM sentinel.point o JOIN sentinel.series q ON q.id = o.series
      JOIN sentinel.dataset d ON d.id = q.dataset WHERE d.table_name <> 'small_001' GROUP BY 1, 2) AS measured
    GROUP BY 1 HAVING min(points) <> max(points)`),
  ).toEqual([]);
  expect(await query(`SELECT run FROM sentinel.point EXCEPT SELECT id FROM sentinel.run`)).toEqual([]);
}

test('kill -9 at any moment loses nothing that was acknowledged and doubles nothing', async () => {
  for (const when of KILLS) {
    const lines = await killed(when);
    await expectStored(lines);
    // other figures in the next run than in this one
    await query(`INSERT INTO small_0${10 + (KILLS as readonly object[]).indexOf(when)} VALUES (0, 'more')`);
  }
  // Seen by a run that ends before it can judge: a new column, a table that is gone, a new table.
  await query(`ALTER TABLE small_001 ADD COLUMN note text; DROP TABLE small_002; CREATE TABLE brand_new (id int)`);
  const first = await runCli(['run', '--json', '--no-resume'], { cwd, env });
  expect([first.code, findingNames(first.stdout)]).toEqual([0, []]); // nothing was ever judged: there is no past

  await query(`ALTER TABLE small_001 DROP COLUMN note; DROP TABLE small_003; CREATE TABLE newer (id int)`);
  const last = await killed({ tables: SMALL + 1 });
  expect(last).toHaveLength(SMALL + 1);
  await expectStored(last);

  const next = await runCli(['run', '--json', '--no-resume'], { cwd, env });
  expect(next.code).toBe(1);
  expect(findingNames(next.stdout)).toEqual([
    'critical schema batch.public.small_001.note',
    'critical schema batch.public.small_003',
    'info schema batch.public.newer',
  ]);
  const tables = await query<{ name: string }>(
    `SELECT 'batch.public.' || relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1`,
  );
  expect(tableNames(next.stdout)).toEqual(tables.map(({ name }) => name));
  expect(linesOf(next.stdout, 'summary')).toMatchObject([{ incomplete: false, tables: { failed: 0, skipped: 0 } }]);
  await expectStored(linesOf(next.stdout, 'table'));
  await expectNothingDoubled();

  const states = await query<{ state: string }>('SELECT state FROM sentinel.run ORDER BY id');
  expect(states.slice(-3).map(({ state }) => state)).toEqual(['finished', 'interrupted', 'finished']);
  expect(new Set(states.slice(0, -3).map(({ state }) => state))).toEqual(new Set(['interrupted']));
  // and said once
  expect(findingNames((await runCli(['run', '--json'], { cwd, env })).stdout)).toEqual([]);
});
