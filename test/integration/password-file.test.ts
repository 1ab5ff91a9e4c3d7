import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { connect } from '#src/adapters/postgres/connect.js';
import type { ConnectionSettings } from '#src/contract/connection.js';
import { runCli, startCli } from '../support/cli.js';
import { GUARDS, rejection } from '../support/connections.js';
import { type TestDatabase, testServer } from '../support/postgres.js';
import { linesOf, settings, workFolder } from '../support/program.js';

let database: TestDatabase;
let folder: string;
let file: string;

/** The role's own name, as all test files share the server. */
const ROLE = 'rotated_reader';

beforeAll(async () => {
  database = await (await testServer()).createDatabase();
  const owner = await database.client();
  await owner.query(`CREATE ROLE ${ROLE} LOGIN PASSWORD 'first'`);
  await owner.query(
    `CREATE TABLE t AS SELECT 1 AS n; CREATE TABLE u AS SELECT 1 AS n; GRANT SELECT ON t, u TO ${ROLE}`,
  );
  folder = workFolder();
  file = join(folder, 'password');
  writeFileSync(file, 'first\n', { mode: 0o600 });
});

/** As a rotation does it: the server first, then the file. */
async function rotate(password: string): Promise<void> {
  await (await database.client()).query(`ALTER ROLE ${ROLE} PASSWORD '${password}'`);
  writeFileSync(file, `${password}\n`, { mode: 0o600 });
}

test('each connection logs in with what the file holds then; while it is away, with what it held at the start', async () => {
  const source: ConnectionSettings = { ...database.connection, user: ROLE, password: 'first', passwordFile: file };
  const open = async () => (await connect(source, GUARDS, 'sentinel/test')).end();
  await open();
  await rotate('second');
  await open();
  writeFileSync(file, '');
  expect(await rejection(open())).toMatchObject({ code: '28P01' });
  rmSync(file);
  await (await database.client()).query(`ALTER ROLE ${ROLE} PASSWORD 'first'`);
  await open();
  await rotate('third');
  await open();
});

function environment(): Record<string, string> {
  const { BATCH_DB_PASSWORD: _, ...batch } = settings({ batch: database }, database.environment('METADATA_DB'));
  return { ...batch, BATCH_DB_USER: ROLE, BATCH_DB_PASSWORD_FILE: file, CONCURRENT_WORKERS: '1', DB_POOL_SIZE: '1' };
}

test('a password that is changed in the middle of a run does not end it', async () => {
  // A transaction sees one state of pg_stat_activity, so another session looks.
  const [locker, observer] = [await database.client(), await database.client()];
  await locker.query('BEGIN; LOCK TABLE t, u');
  onTestFinished(async () => void (await locker.query('ROLLBACK')));
  const env = { ...environment(), LOCK_TIMEOUT: '60', MAX_RETRY_ATTEMPTS: '5' };
  const cli = startCli(['run', '--json', '--table', 'public.?'], { cwd: folder, env });
  const waiting = `SELECT pid FROM pg_stat_activity WHERE usename = $1 AND wait_event_type = 'Lock'`;
  let pids: { pid: number }[] = [];
  while (pids.length === 0 && cli.child.exitCode === null) pids = (await observer.query(waiting, [ROLE])).rows;
  await rotate('fourth');
  // Connections that are open stay so; those that come after must know the new one.
  for (const { pid } of pids) await observer.query('SELECT pg_terminate_backend($1)', [pid]);
  await locker.query('ROLLBACK');
  const { code, stdout, stderr } = await cli.ended;
  expect(stderr).toBe('');
  expect(linesOf(stdout, 'table').map(({ status }) => status)).toEqual(['ok', 'ok']);
  expect(code).toBe(0);
});

test('a password or a key that every account may read is warned of once', async () => {
  chmodSync(file, 0o644);
  const [cert, key] = [join(folder, 'client.crt'), join(folder, 'client.key')];
  for (const path of [cert, key]) writeFileSync(path, '', { mode: 0o644 });
  const tls = { METADATA_DB_SSLMODE: 'prefer', METADATA_DB_SSLCERT: cert, METADATA_DB_SSLKEY: key };
  const { code, stderr } = await runCli(['health'], { cwd: folder, env: { ...environment(), ...tls } });
  expect(stderr.trim().split('\n')).toEqual([
    `warning: BATCH_DB_PASSWORD_FILE: every account of this machine may read "${file}"; chmod 600 it`,
    `warning: METADATA_DB_SSLKEY: every account of this machine may read "${key}"; chmod 600 it`,
  ]);
  expect(code).toBe(0);
});
