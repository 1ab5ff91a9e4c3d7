import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCli, startCli } from '../support/cli.js';
import { READS_IN_CHUNKS } from '../support/postgres.js';
import { jsonLines, type Line, linesOf, settings, workFolder } from '../support/program.js';
import { type ReplicatedServers, startReplicatedServers } from '../support/standby.js';

let servers: ReplicatedServers;
let primary: pg.Client;
let standby: pg.Client;

/** Reading a value of type \`slow\` takes a moment now and then, so that a read takes about a second. */
const TABLES = `
  CREATE SCHEMA shop;
  CREATE TYPE shop.slow AS (n int);
  CREATE FUNCTION shop.slow_text(shop.slow) RETURNS text LANGUAGE plpgsql AS $$
    BEGIN IF ($1).n % 500 = 0 THEN PERFORM pg_sleep(0.02); END IF; RETURN 'same'; END $$;
  CREATE CAST (shop.slow AS text) WITH FUNCTION shop.slow_text(shop.slow);
  CREATE TABLE shop.big AS SELECT i AS id, md5(i::text) AS s, ROW(i)::shop.slow AS w FROM generate_series(1, 30000) AS i;
  CREATE TABLE shop.parted (id int) PARTITION BY RANGE (id);
  CREATE TABLE shop.parted_1 PARTITION OF shop.parted FOR VALUES FROM (0) TO (500);
  CREATE TABLE shop.parted_2 PARTITION OF shop.parted FOR VALUES FROM (500) TO (5000);
  INSERT INTO shop.parted SELECT generate_series(1, 1000);
  CREATE TABLE shop.small AS SELECT i AS id, 'v' || i % 7 AS s FROM generate_series(1, 100) AS i;
  CREATE UNLOGGED TABLE shop.unlogged AS SELECT 1 AS n;
  CREATE DATABASE store`;

beforeAll(async () => {
  servers = await startReplicatedServers();
  primary = await servers.client(servers.primary);
  standby = await servers.client(servers.standby);
  for (const statement of TABLES.split(/;\n(?!.*\$\$)/)) await primary.query(statement);
  await caughtUp();
});

afterAll(() => servers.stop());

/** Resolves when the standby has applied what the primary wrote. */
async function caughtUp(): Promise<void> {
  const { rows } = await primary.query<{ lsn: string }>('SELECT pg_current_wal_lsn()::text AS lsn');
  const applied = 'SELECT FROM (SELECT 1) one WHERE pg_last_wal_replay_lsn() >= $1::pg_lsn';
  while ((await standby.query(applied, [rows[0]!.lsn])).rowCount === 0) {}
}

function environment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    ...settings({}),
    SENTINEL_SOURCES: 'batch',
    ...servers.environment('BATCH_DB', servers.standby),
    ...servers.environment('METADATA_DB', servers.primary),
    METADATA_DB_NAME: 'store',
    CONCURRENT_WORKERS: '2',
    LOG_DIR: 'logs',
    LOG_FORMAT: 'json',
    LOG_LEVEL: 'debug',
    ...more,
  };
}

const IN_CHUNKS = { CHUNK_MIN_BYTES: '65536', MAX_CHUNKS: '4' };
const fates = (stdout: string) =>
  linesOf(stdout, 'table')
    .map(({ table, status, rowCount }) => `${table} ${status} ${rowCount}`)
    .sort();
const logs = (cwd: string, name: string): Line[] => jsonLines(readFileSync(join(cwd, 'logs', name), 'utf8'));

test('a run reads a standby, big tables in chunks under one snapshot, and keeps its store elsewhere', async () => {
  const cwd = workFolder();
  const { code, stdout, stderr } = await runCli(['run', '--json'], { cwd, env: environment(IN_CHUNKS) });
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(fates(stdout)).toEqual(['big ok 30000', 'parted ok 1000', 'small ok 100']);
  const chunked = logs(cwd, 'profiler.log').filter(({ chunks }) => chunks !== undefined);
  expect(chunked.map(({ table, chunks }) => [table, chunks])).toEqual(READS_IN_CHUNKS ? [['shop.big', 4]] : []);
  const listed = await runCli(['tables', '--json'], { cwd, env: environment() });
  const unlogged = jsonLines(listed.stdout).find(({ table }) => table === 'unlogged');
  expect(unlogged).toMatchObject({ reason: 'unlogged table: cannot be read on a standby' });
});

test('health says that it is a standby, and how far it is behind', async () => {
  const { code, stdout } = await runCli(['health'], { cwd: workFolder(), env: environment() });
  expect(stdout).toMatch(/Postgres \d+\.\d+ \(standby, \d+(\.\d+)? s behind\)/);
  expect(code).toBe(0);
  const json = await runCli(['health', '--json'], { cwd: workFolder(), env: environment() });
  const [batch] = linesOf(json.stdout, 'health');
  expect(batch).toMatchObject({ inRecovery: true, standby: { streaming: true, behindSeconds: expect.any(Number) } });
});

test.each([
  ['whole', {}],
  ['in chunks', IN_CHUNKS],
])('a read %s that is given up for changes of the primary is tried again', async (_, chunks) => {
  const cwd = workFolder();
  const env = environment({ ...chunks, MAX_RETRY_ATTEMPTS: '5' });
  const cli = startCli(['run', '--json', '--table', 'shop.big'], { cwd, env });
  const reading = `SELECT FROM pg_stat_activity WHERE application_name LIKE 'sentinel/profiler/%' AND query LIKE '%COPY%' AND state = 'active'`;
  while ((await standby.query(reading)).rowCount === 0)
    if (cli.child.exitCode !== null) throw new Error(cli.said().stderr);
  // What the read still sees is removed: the standby must choose between the two.
  await primary.query('UPDATE shop.big SET s = s WHERE id % 2 = 0');
  await primary.query('VACUUM shop.big');
  const { code, stdout } = await cli.ended;
  expect(fates(stdout), stdout).toEqual(['big ok 30000']);
  expect(code).toBe(0);
  expect(linesOf(stdout, 'table')[0]).toMatchObject({ consistent: true });
  const lines = [...logs(cwd, 'batch_db.log'), ...logs(cwd, 'profiler.log')];
  expect(
    lines.some(({ code: state }) => state === '40001'),
    JSON.stringify(lines),
  ).toBe(true);
});

test('a store on a standby is refused at once, with the reason', async () => {
  const onStandby = { ...servers.environment('METADATA_DB', servers.standby), METADATA_DB_NAME: 'store' };
  for (const schema of ['sentinel', 'not_there_yet']) {
    const env = environment({ ...onStandby, METADATA_SCHEMA: schema });
    const { code, stdout, stderr } = await runCli(['run'], { cwd: workFolder(), env });
    expect(code).toBe(3);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/is a standby.*METADATA_DB_/);
  }
});

test('health says so where it lost its primary', async () => {
  await servers.primary.stop('immediate');
  while ((await standby.query('SELECT FROM pg_stat_wal_receiver')).rowCount) {}
  const { stdout } = await runCli(['health'], { cwd: workFolder(), env: environment() });
  expect(stdout).toMatch(/\(standby, NOT STREAMING from its primary, last change applied \d+\.\d s ago\)/);
});
