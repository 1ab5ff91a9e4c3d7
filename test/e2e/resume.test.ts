import type pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { type CliResult, runCli, startCli } from '../support/cli.js';
import { type TableGate, tableGate } from '../support/held-run.js';
import { CHUNKED, loadManyTables } from '../support/many-tables.js';
import { type TestDatabase, type TestServer, testServer } from '../support/postgres.js';
import { findingNames, linesOf, secludedFolder, settings, tableNames } from '../support/program.js';
import { storeContent } from '../support/store-content.js';

const SMALL = 24;
/** With `big`. */
const TABLES = SMALL + 1;
/** The table at which runs are held. */
const HELD = 'small_009';

let server: TestServer;
let source: TestDatabase;
let owner: pg.Client;
let gate: TableGate;

beforeAll(async () => {
  server = await testServer();
  source = await server.createDatabase();
  owner = await source.client();
  await loadManyTables(owner, SMALL);
  gate = await tableGate(source);
});

/** A store of its own, and the program on it. */
async function newStore() {
  const store = await server.createDatabase();
  const client = await store.client();
  const cwd = secludedFolder();
  const env = settings({ batch: source }, { ...CHUNKED, LOCK_TIMEOUT: '300', ...store.environment('METADATA_DB') });
  const query = async <R extends pg.QueryResultRow>(sql: string) => (await client.query<R>(sql)).rows;
  const run = (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
    runCli([...args, '--json'], { cwd, env: { ...env, ...more } });
  return {
    client,
    query,
    run,
    /** Ends a run in its middle; resolves with what it had said. */
    async ended(signal: NodeJS.Signals, args: readonly string[], tables = 3): Promise<CliResult> {
      await gate.close(HELD);
      const running = startCli([...args, '--json'], { cwd, env });
      await gate.reached(running, tables);
      const result = await running.kill(signal);
      await gate.open();
      return result;
    },
    states: async () =>
      (await query<{ state: string }>('SELECT state FROM sentinel.run ORDER BY id')).map(({ state }) => state),
    lastRun: async () =>
      (
        await query<{ label: string; as_of: Date }>('SELECT label, as_of FROM sentinel.run ORDER BY id DESC LIMIT 1')
      )[0]!,
    done: async () =>
      (
        await query<{ n: number }>(
          `SELECT count(*)::int AS n FROM sentinel.task WHERE state = 'ok' AND run = (SELECT max(id) FROM sentinel.run)`,
        )
      )[0]!.n,
  };
}

const summaryOf = ({ stdout }: CliResult) => linesOf(stdout, 'summary')[0]!;

/** A resumed run is whole, and what was done before was not read again. */
function expectResumed(result: CliResult, done: number): void {
  expect(summaryOf(result)).toMatchObject({
    incomplete: false,
    resumed: done,
    tables: { ok: TABLES, failed: 0, skipped: 0 },
  });
  expect(tableNames(result.stdout)).toHaveLength(TABLES - done);
}

test('a run that is killed and goes on leaves the store that an undisturbed run leaves', async () => {
  const [calm, stormy] = [await newStore(), await newStore()];
  for (const store of [calm, stormy]) expect((await store.run(['run', '--as-of', '2026-11-02'])).code).toBe(0);
  await owner.query(`DELETE FROM small_020; ALTER TABLE small_021 DROP COLUMN name; CREATE TABLE newer (id int)`);
  const args = ['run', '--as-of', '2026-11-03'];
  const undisturbed = await calm.run(args);

  const first = await stormy.ended('SIGKILL', args);
  const done = await stormy.done();
  expect(done).toBeGreaterThanOrEqual(3);
  const { label } = await stormy.lastRun();
  const second = await stormy.ended('SIGKILL', args);
  expect(second.stderr).toMatch(
    new RegExp(
      `^going on with run ${label}, which ended without a word \\d.* ago; ${done} tables are done \\(--no-resume begins anew\\)\n$`,
    ),
  );
  const last = await stormy.run(args);
  expect(last.code).toBe(undisturbed.code);
  expect(findingNames(last.stdout)).toEqual(findingNames(undisturbed.stdout));
  expect(findingNames(last.stdout).length).toBeGreaterThan(1);
  const all = [first, second, last].flatMap(({ stdout }) => tableNames(stdout));
  expect(new Set(all).size).toBe(all.length);
  expect(summaryOf(last)).toMatchObject({ run: label, tables: summaryOf(undisturbed).tables, incomplete: false });
  expect(await storeContent(stormy.client)).toEqual(await storeContent(calm.client));
  // Also what it cost the source: each table once.
  const rows = `SELECT (cost ->> 'rows')::int AS rows FROM sentinel.run ORDER BY id`;
  expect((await stormy.query(rows)).at(-1)).toEqual((await calm.query(rows)).at(-1));
  await owner.query('DROP TABLE newer');
});

test('a run that was stopped is gone on with by --resume alone, under its own clock', async () => {
  const store = await newStore();
  expect((await store.ended('SIGTERM', ['run'])).code).toBe(143);
  const [before, done] = [await store.lastRun(), await store.done()];
  const result = await store.run(['run', '--resume']);
  expect(result.code).toBe(0);
  expect(result.stderr).toBe(`going on with run ${before.label}, which was stopped; ${done} tables are done\n`);
  expectResumed(result, done);
  expect(await store.lastRun()).toEqual(before);

  await store.ended('SIGINT', ['run']);
  const anew = await store.run(['run']);
  expect(anew.stderr).toBe('');
  expectResumed(anew, 0);
  expect(await store.states()).toEqual(['finished', 'interrupted', 'finished']);
});

test('what failed before is tried again, and columns that could not be read are told of again', async () => {
  const store = await newStore();
  const zero = '(SELECT count(*) FROM small_001 WHERE id < 0)';
  await owner.query(`
    CREATE VIEW broken AS SELECT id FROM small_001 WHERE 1 / ${zero} > 0;
    CREATE VIEW half AS SELECT 1 AS id, 1 / ${zero} AS x`);
  // One batch a table: while one worker is held, the other reads both views.
  const args = ['profile', '--table', 'broken', '--table', 'half', '--table', HELD];
  try {
    await store.ended('SIGKILL', args, 2);
    const failed = `SELECT d.table_name AS name FROM sentinel.task t JOIN sentinel.dataset d ON d.id = t.dataset WHERE t.state = 'failed'`;
    expect(await store.query(failed)).toEqual([{ name: 'broken' }]);
    await owner.query(`CREATE OR REPLACE VIEW broken AS SELECT id FROM small_001`);
    const result = await store.run(args);
    expect(tableNames(result.stdout)).toContain('batch.public.broken');
    expect(tableNames(result.stdout)).not.toContain('batch.public.half');
    expect(summaryOf(result)).toMatchObject({ tables: { ok: 3, failed: 0 }, incomplete: true });
    expect(result.code).toBe(2);
    expect(await store.query(failed)).toEqual([]);
  } finally {
    await owner.query('DROP VIEW broken, half');
  }
});

test('a run that was killed is gone on with by itself within the hour only, by --resume later too', async () => {
  const store = await newStore();
  const age = () =>
    store.query(`UPDATE sentinel.run SET started_at = started_at - interval '61 min' WHERE state = 'running';
      UPDATE sentinel.task SET finished_at = finished_at - interval '61 min'`);
  await store.ended('SIGKILL', ['profile']);
  const anew = await store.run(['profile', '--no-resume']);
  expect(anew.stderr).toBe('');
  expectResumed(anew, 0);
  const finished = summaryOf(anew).run;

  await store.ended('SIGKILL', ['profile']);
  await age();
  const later = await store.run(['profile']);
  expect(later.stderr).toBe('');
  expectResumed(later, 0);

  await store.ended('SIGKILL', ['profile']);
  const done = await store.done();
  await age();
  const resumed = await store.run(['profile', '--resume']);
  expect(resumed.stderr).toMatch(
    /^going on with run \S+, which ended without a word 1 h 1 min ago; \d+ tables are done\n$/,
  );
  expectResumed(resumed, done);
  expect(summaryOf(resumed).run).not.toBe(finished);
  const nothing = await store.run(['profile', '--resume', '--table', HELD]);
  expect(nothing.stderr).toBe(
    `--resume: the last run of these sources, ${summaryOf(resumed).run}, came to its end; a new run begins\n`,
  );
});
