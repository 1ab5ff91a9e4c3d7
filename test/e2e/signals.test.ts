import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { runCli, startCli } from '../support/cli.js';
import { CHUNKED, loadManyTables } from '../support/many-tables.js';
import { type TestDatabase, testServer } from '../support/postgres.js';
import { linesOf, settings, tableNames, workFolder } from '../support/program.js';

let database: TestDatabase;
let admin: pg.Client;
/** Holds locks: what a transaction sees of other sessions does not change in its course, so it cannot watch them. */
let locker: pg.Client;
let env: Record<string, string>;
const cwd = workFolder();

beforeAll(async () => {
  database = await (await testServer()).createDatabase();
  admin = await database.client();
  locker = await database.client();
  await loadManyTables(admin, 30);
  env = settings({ batch: database }, { ...CHUNKED, LOCK_TIMEOUT: '300' });
});

async function query<R extends pg.QueryResultRow>(sql: string): Promise<R[]> {
  return (await admin.query<R>(sql)).rows;
}

/** Our sessions on the server, and what they do. */
const sessions = (more = '') =>
  query<{ query: string }>(
    `SELECT query FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'sentinel/%' ${more}`,
  );

async function until(happened: () => Promise<boolean>): Promise<void> {
  while (!(await happened())) await sleep(20);
}

const lastRun = async () =>
  (await query<{ label: string; state: string }>('SELECT label, state FROM sentinel.run ORDER BY id DESC LIMIT 1'))[0]!;

/** What keeps a run from its end, and the statement in which the server then holds it. */
const OBSTACLES = {
  'a statement that takes an hour': {
    put: () => query(`CREATE VIEW slow AS SELECT pg_sleep(3600)::text AS x`),
    take: () => query(`DROP VIEW IF EXISTS slow`),
    waiting: `AND wait_event = 'PgSleep'`,
  },
  'a lock on a table': {
    put: () => locker.query(`BEGIN; LOCK TABLE small_007 IN ACCESS EXCLUSIVE MODE`),
    take: () => locker.query(`ROLLBACK`),
    waiting: `AND wait_event_type = 'Lock'`,
  },
  'a lock on a table that is read in chunks': {
    put: () => locker.query(`BEGIN; LOCK TABLE big IN ACCESS EXCLUSIVE MODE`),
    take: () => locker.query(`ROLLBACK`),
    waiting: `AND wait_event_type = 'Lock'`,
  },
} as const;

describe.each(Object.entries(OBSTACLES))('stopped at %s', (_, { put, take, waiting }) => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends with %d, keeps what is finished and leaves nothing on the server', async (signal, code) => {
    await put();
    try {
      const running = startCli(['run', '--json'], { cwd, env });
      await until(async () => (await sessions(waiting)).length > 0);
      await until(async () => tableNames(running.said().stdout).length > 0);
      const { stdout, stderr, ...end } = await running.kill(signal);
      expect(end).toEqual({ code, signal: null });
      expect(stderr).toBe(`${signal}: stopping; what is finished is kept (again to stop at once)\n`);
      await until(async () => (await sessions()).length === 0);

      const [summary] = linesOf(stdout, 'summary');
      const finished = tableNames(stdout);
      expect(summary).toMatchObject({ incomplete: true, findings: 0, tables: { ok: finished.length, failed: 0 } });
      expect(await lastRun()).toEqual({ label: summary!.run, state: 'interrupted' });
      const stored = await query<{ name: string }>(
        `SELECT 'batch.public.' || d.table_name AS name FROM sentinel.task t JOIN sentinel.dataset d ON d.id = t.dataset
         WHERE t.run = (SELECT max(id) FROM sentinel.run) AND t.state <> 'gone' ORDER BY 1`,
      );
      expect(stored.map(({ name }) => name)).toEqual(finished);
    } finally {
      await take();
    }
  });
});

test('the next run after a stop works at once and is complete', async () => {
  const { code, stdout } = await runCli(['run', '--json'], { cwd, env });
  expect(code).toBe(0);
  expect(tableNames(stdout)).toHaveLength(31);
  expect(await lastRun()).toMatchObject({ state: 'finished' });
});

test('a second signal ends it at once, whatever it waits for', async () => {
  await query(`CREATE VIEW slow AS SELECT pg_sleep(3600)::text AS x`);
  const running = startCli(['run'], { cwd, env });
  await until(async () => (await sessions(`AND wait_event = 'PgSleep'`)).length > 0);
  // The end of the run cannot be written down: a clean stop waits for that.
  await locker.query('BEGIN; LOCK TABLE sentinel.run IN ACCESS EXCLUSIVE MODE');
  running.child.kill('SIGTERM');
  await running.saying(/SIGTERM: stopping/);
  await until(
    async () => (await sessions(`AND wait_event_type = 'Lock' AND application_name LIKE '%/writer'`)).length > 0,
  );
  const { code, stdout } = await running.kill('SIGTERM');
  expect([code, stdout]).toEqual([143, '']);
  await locker.query('ROLLBACK');
  await query(`DROP VIEW slow`);
  await until(async () => (await sessions()).length === 0);
});

test('two runs on one store: the second says who writes, and writes nothing', async () => {
  await query(`CREATE VIEW slow AS SELECT pg_sleep(3600)::text AS x`);
  const first = startCli(['profile'], { cwd, env });
  await until(async () => (await sessions(`AND wait_event = 'PgSleep'`)).length > 0);
  const before = await lastRun();
  for (const command of ['run', 'profile', 'detect']) {
    const second = await runCli([command], { cwd: workFolder(), env });
    expect(second).toMatchObject({ code: 3, stdout: '' });
    expect(second.stderr).toMatch(
      new RegExp(
        `^metadata store "sentinel" in database "${database.name}" at .* is being written by "profile on .*" ` +
          `\\(process ${first.child.pid} on .*, since \\d{4}-.*\\)\\. Wait for it to finish, or stop it, and run again\\.\\n$`,
      ),
    );
    expect(second.stderr).not.toContain('trying again');
  }
  expect(await lastRun()).toEqual({ ...before, state: 'running' });
  // reading is not in anybody's way
  expect((await runCli(['history', 'big', 'row_count'], { cwd, env })).code).toBe(0);
  expect((await first.kill('SIGINT')).code).toBe(130);
  await query(`DROP VIEW slow`);
});
