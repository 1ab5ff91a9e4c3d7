import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { runCli, startCli } from '../support/cli.js';
import { CHUNKED, loadManyTables } from '../support/many-tables.js';
import { linesOf, settings, tableNames, workFolder } from '../support/program.js';
import { type ReplicatedServers, startReplicatedServers } from '../support/standby.js';

let servers: ReplicatedServers;
let primary: pg.Client;
let standby: pg.Client;
const cwd = workFolder();

beforeAll(async () => {
  servers = await startReplicatedServers();
  primary = await servers.client(servers.primary);
  standby = await servers.client(servers.standby);
  await loadManyTables(primary, 5);
});
afterAll(() => servers.stop());
afterEach(() => catchUp());

/** The program's settings: it reads `source` and keeps its history on the primary, where nothing else is said. */
function env(more: Record<string, string> = {}, source = servers.primary): Record<string, string> {
  return {
    ...settings({}, { ...CHUNKED, SENTINEL_SOURCES: 'batch', MAX_REPLICA_LAG: '0.5', ...more }),
    ...servers.environment('METADATA_DB', servers.primary),
    ...servers.environment('BATCH_DB', source),
  };
}

/** From now on the replica falls behind. */
async function fallBehind(): Promise<void> {
  await standby.query('SELECT pg_wal_replay_pause()');
  const behind = `SELECT FROM pg_stat_replication WHERE application_name = 'twin' AND replay_lag > interval '1 s'`;
  while ((await primary.query(behind)).rowCount === 0) {
    await primary.query('INSERT INTO small_001 VALUES (0, now()::text)');
    await sleep(100);
  }
}

/** The replica goes on. What it applies at once may cancel the very statement that asks for that. */
async function catchUp(): Promise<void> {
  for (;;)
    try {
      await standby.query('SELECT pg_wal_replay_resume()');
      return;
    } catch (error) {
      if ((error as { code?: string }).code !== '40001') throw error;
    }
}

/** Sessions of ours that hold a snapshot on either server. */
async function snapshots(): Promise<unknown[]> {
  const holds = `SELECT application_name, state, query FROM pg_stat_activity
    WHERE application_name ~ '^sentinel/(profiler|orchestrator)' AND backend_xmin IS NOT NULL AND query !~ 'pg_stat_replication|pg_replication_slots'`;
  return [...(await primary.query(holds)).rows, ...(await standby.query(holds)).rows];
}

const WAITING = /batch: waiting: replica twin at 127\.0\.0\.1 is [\d.]+ s behind \(MAX_REPLICA_LAG\)/;

test('a replica that is behind is waited for, holding nothing; then the run goes on and says what it waited', async () => {
  await fallBehind();
  const run = startCli(['run', '--json'], { cwd, env: env() });
  await run.saying(WAITING);
  await sleep(500);
  expect(tableNames(run.said().stdout)).toEqual([]);
  expect(await snapshots()).toEqual([]);
  await catchUp();
  const { code, stdout } = await run.ended;
  expect(code).toBe(0);
  expect(tableNames(stdout)).toHaveLength(6);
  expect(linesOf(stdout, 'summary')[0]!.waitedMs).toBeGreaterThan(0);
});

test('a table that is half read lets its snapshot go, and is read to its end in another', async () => {
  await primary.query(`
    CREATE SCHEMA late; CREATE TYPE late.slow AS (n int);
    CREATE FUNCTION late.slow_text(late.slow) RETURNS text LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.03); RETURN 1; END';
    CREATE CAST (late.slow AS text) WITH FUNCTION late.slow_text(late.slow);
    CREATE TABLE late.slowly AS SELECT i AS id, ROW(i)::late.slow AS w, repeat('x', 500) AS fill FROM generate_series(1, 300) AS i`);
  const more = { CHUNK_MIN_BYTES: '8192', MAX_CHUNKS: '16' };
  const run = startCli(['profile', '--json', '--table', 'late.*'], { cwd, env: env(more) });
  while ((await snapshots()).length < 2) await sleep(20);
  await fallBehind();
  await run.saying(WAITING);
  while ((await snapshots()).length > 0) await sleep(20);
  await catchUp();
  const { code, stdout } = await run.ended;
  expect(code).toBe(0);
  expect(linesOf(stdout, 'table')).toMatchObject([{ status: 'ok', rowCount: 300, consistent: false }]);
  await primary.query('DROP SCHEMA late CASCADE');
});

test('a signal ends the wait at once, and nothing is read', async () => {
  await fallBehind();
  const run = startCli(['profile', '--json'], { cwd, env: env() });
  await run.saying(WAITING);
  const { code, stdout } = await run.kill('SIGTERM');
  expect(code).toBe(143);
  expect(tableNames(stdout)).toEqual([]);
});

test('it is waited for no longer than MAX_LAG_WAIT, and not at all with 0', async () => {
  await fallBehind();
  const run = await runCli(['profile', '--json'], { cwd, env: env({ MAX_LAG_WAIT: '1' }) });
  expect(run.code).toBe(0);
  expect(run.stderr).toMatch(WAITING);
  expect(run.stderr).toMatch(/batch: reading on after [\d.]+ s, although replica twin at .* behind: .* MAX_LAG_WAIT/);
  expect(tableNames(run.stdout)).toHaveLength(6);
  const summary = linesOf(run.stdout, 'summary')[0]!;
  expect(summary.waitedMs).toBeGreaterThanOrEqual(1000);
  for (const off of ['MAX_LAG_WAIT', 'MAX_REPLICA_LAG']) {
    const quick = await runCli(['profile', '--json'], { cwd, env: env({ [off]: '0' }) });
    expect(quick).toMatchObject({ code: 0, stderr: '' });
    expect(linesOf(quick.stdout, 'summary')[0]!.waitedMs).toBe(0);
  }
});

test('a source that is a standby is read only when it has applied what it has received', async () => {
  await fallBehind();
  const run = startCli(['profile', '--json'], { cwd, env: env({}, servers.standby) });
  await run.saying(/batch: waiting: the source, a standby, is [\d.]+ s behind/);
  expect(await snapshots()).toEqual([]);
  await catchUp();
  const { code, stdout } = await run.ended;
  expect(code).toBe(0);
  expect(tableNames(stdout)).toHaveLength(6);
});

test('the reader of an active slot is waited for; an inactive slot is nobody', async () => {
  const { host, port } = servers.primary;
  await primary.query(`SELECT pg_create_logical_replication_slot('nobody', 'pgoutput')`);
  await primary.query('CREATE PUBLICATION everything FOR ALL TABLES');
  await primary.query('SET wal_sender_timeout = 0');
  const login = { host, port, user: 'owner', password: 'secret', database: 'postgres', replication: 'database' };
  const reader = new pg.Client(login as pg.ClientConfig);
  reader.on('error', () => {});
  await reader.connect();
  // It confirms nothing of what it is sent.
  await reader.query('CREATE_REPLICATION_SLOT idle LOGICAL pgoutput');
  reader
    .query(`START_REPLICATION SLOT idle LOGICAL 0/0 (proto_version '1', publication_names 'everything')`)
    .catch(() => {});
  await primary.query(`INSERT INTO small_001 SELECT i, repeat('x', 1000) FROM generate_series(1, 2000) AS i`);
  const limits = { MAX_REPLICA_LAG: '0', MAX_SLOT_LAG: '1MiB' };
  try {
    const run = startCli(['profile', '--json'], { cwd, env: env(limits) });
    await run.saying(
      /batch: waiting: the reader of replication slot idle is [\d.]+ MiB of WAL behind \(MAX_SLOT_LAG\)/,
    );
    reader.connection.stream.destroy();
    const { code, stdout, stderr } = await run.ended;
    expect(code).toBe(0);
    expect(stderr).not.toContain('nobody');
    expect(tableNames(stdout)).toHaveLength(6);
  } finally {
    reader.connection.stream.destroy();
    await primary.query('DROP PUBLICATION everything');
    for (const name of ['nobody', 'idle']) {
      const inactive = `SELECT FROM pg_replication_slots WHERE slot_name = '${name}' AND NOT active`;
      while ((await primary.query(inactive)).rowCount === 0) await sleep(50);
      await primary.query(`SELECT pg_drop_replication_slot('${name}')`);
    }
  }
});

test('a role that may not see replicas is told once what would let it, and reads', async () => {
  await primary.query(`CREATE ROLE plain LOGIN PASSWORD 'plain'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO plain`);
  const login = { BATCH_DB_USER: 'plain', BATCH_DB_PASSWORD: 'plain' };
  const run = await runCli(['profile', '--json'], { cwd, env: { ...env(), ...login } });
  expect(run.code).toBe(0);
  expect(run.stderr.match(/GRANT pg_read_all_stats/g)).toHaveLength(1);
  expect(tableNames(run.stdout)).toHaveLength(6);
  await primary.query('GRANT pg_read_all_stats TO plain');
  expect(await runCli(['profile', '--json'], { cwd, env: { ...env(), ...login } })).toMatchObject({
    code: 0,
    stderr: '',
  });
});
