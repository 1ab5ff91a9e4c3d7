import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type RunningCli, runCli, startCli } from '../support/cli.js';
import { CHUNKED, loadManyTables } from '../support/many-tables.js';
import { type PoolMode, pgbouncerIsHere, startPgbouncer } from '../support/pgbouncer.js';
import { READS_IN_CHUNKS, type TestDatabase, type TestServer, testServer } from '../support/postgres.js';
import { filesOf, jsonLines, linesOf, settings, tableNames, workFolder } from '../support/program.js';
import { type StoreContent, storeContent } from '../support/store-content.js';

/** Other test files make and drop databases on the same server. */
const OWN_DATABASES = 'checks: { disabled: [databases] }\n';
const AS_OF = '2026-01-05T12:00:00Z';
const SMALL = 8;

/** Whole runs, two sources and the store behind one PgBouncer. */
describe.skipIf(!pgbouncerIsHere())('a run behind PgBouncer', () => {
  let server: TestServer;
  let batch: TestDatabase;
  let cdc: TestDatabase;
  let without: Awaited<ReturnType<typeof figures>>;

  beforeAll(async () => {
    server = await testServer();
    [batch, cdc] = [await server.createDatabase(), await server.createDatabase()];
    await loadManyTables(await batch.client(), SMALL);
    await loadManyTables(await cdc.client(), SMALL);
    without = await figures();
  });

  /** Two runs, the second after a change that is an incident, then that change undone; what the store holds afterwards. */
  async function figures(port?: number): Promise<{ content: StoreContent; chunks: number }> {
    const store = await server.createDatabase();
    const cwd = workFolder();
    writeFileSync(join(cwd, 'sentinel.yaml'), OWN_DATABASES);
    const env = environment(store, port);
    const client = await batch.client();
    const codes: (number | null)[] = [];
    for (const change of ['CREATE TABLE later ()', 'ALTER TABLE small_002 RENAME TO renamed']) {
      const run = await runCli(['run', '--json', '--as-of', AS_OF], { cwd, env });
      expect(run.stderr).toBe('');
      expect(tableNames(run.stdout).filter((name) => name !== 'batch.public.later')).toHaveLength(2 * (SMALL + 1));
      codes.push(run.code);
      await client.query(change);
    }
    await client.query('DROP TABLE later; ALTER TABLE renamed RENAME TO small_002');
    await client.end();
    expect(codes).toEqual([0, 0]);
    const chunked = jsonLines(filesOf(cwd)['logs/profiler.log'] ?? '').filter((record) => record.chunks !== undefined);
    const content = await storeContent(await store.client());
    await store.drop();
    return { content, chunks: chunked.length };
  }

  function environment(store: TestDatabase, port?: number): Record<string, string> {
    const through = port === undefined ? {} : Object.fromEntries(POOLED.map((name) => [name, String(port)]));
    const log = { LOG_DIR: 'logs', LOG_FORMAT: 'json' };
    return { ...settings({ batch, cdc }, { ...CHUNKED, ...store.environment('METADATA_DB'), ...log }), ...through };
  }
  const POOLED = ['BATCH_DB_PORT', 'CDC_DB_PORT', 'METADATA_DB_PORT'];

  test.each(['transaction', 'session'] as const)('in %s mode has the figures of one without', async (mode) => {
    const { port } = await startPgbouncer(batch.connection, mode);
    expect(await figures(port)).toEqual(without);
    expect(without.chunks).toBe(READS_IN_CHUNKS ? 4 : 0);
    expect(without.content.points!.length).toBeGreaterThan(100);
  });

  test('health names the mode of each source, and of the store', async () => {
    for (const mode of ['transaction', 'session'] satisfies PoolMode[]) {
      const { port } = await startPgbouncer(batch.connection, mode);
      const env = environment(batch, port);
      // On a busy machine a login through the pooler may take longer than health waits.
      const named = async () => {
        const { stdout } = await runCli(['health'], { cwd: workFolder(), env });
        return stdout.match(new RegExp(`behind a pooler \\(${mode} mode\\)`, 'g'));
      };
      await expect.poll(named, { timeout: 60_000 }).toHaveLength(3);
    }
  });

  test('stopped in the middle, its statement is cancelled on the server', async () => {
    const store = await server.createDatabase();
    const { port } = await startPgbouncer(batch.connection, 'transaction');
    // A transaction sees one state of pg_stat_activity, so another session looks.
    const [locker, observer] = [await batch.client(), await batch.client()];
    await locker.query('BEGIN; LOCK TABLE small_003');
    const env = { ...environment(store, port), LOCK_TIMEOUT: '100' };
    const cli = startCli(['run', '--json'], { cwd: workFolder(), env });
    const waiting = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    while ((await observer.query(waiting)).rowCount === 0) expectRuns(cli);
    const { code, stdout } = await cli.kill('SIGTERM');
    expect(code).toBe(143);
    expect(linesOf(stdout, 'summary')).toHaveLength(1);
    // Pooled connections stay; none of them waits for the lock any more.
    expect((await observer.query(waiting)).rowCount).toBe(0);
    await locker.query('ROLLBACK');
  });
});

function expectRuns(cli: RunningCli): void {
  if (cli.child.exitCode !== null) throw new Error(`it ended: ${JSON.stringify(cli.said())}`);
}
