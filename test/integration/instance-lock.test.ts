import type pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { tryInstanceLock } from '#src/adapters/store/instance-lock.js';
import { pgbouncerIsHere, startPgbouncer } from '../support/pgbouncer.js';
import { type TestDatabase, testServer } from '../support/postgres.js';
import { storeOptions } from '../support/store-records.js';

let database: TestDatabase;
let admin: pg.Client;
beforeAll(async () => {
  database = await (await testServer()).createDatabase();
  admin = await database.client();
});

const tryLock = (port = database.connection.port, schema?: string) => {
  const options = storeOptions(database);
  return tryInstanceLock({
    ...options,
    connection: { ...options.connection, port },
    ...(schema !== undefined && { schema }),
  });
};

const sessions = async () =>
  (
    await admin.query<{ pid: number; state: string; backend_xid: string | null; backend_xmin: string | null }>(
      `SELECT pid, state, backend_xid, backend_xmin FROM pg_stat_activity
       WHERE datname = current_database() AND application_name LIKE '%/instance'`,
    )
  ).rows;

const untilNoSession = async () => {
  while ((await sessions()).length > 0);
};

test('one holds it, by store; whoever lets go or dies leaves it to the next', async () => {
  const first = (await tryLock())!;
  expect(await tryLock()).toBeNull();
  const elsewhere = await tryLock(undefined, 'another_store');
  expect(elsewhere).not.toBeNull();
  await elsewhere!.release();
  expect(await first.confirm()).toBe(true);
  await first.release();
  const second = (await tryLock())!;
  const [{ pid } = { pid: 0 }] = await sessions();
  await admin.query('SELECT pg_terminate_backend($1)', [pid]);
  await second.lost;
  expect(await second.confirm()).toBe(false);
  const third = (await tryLock())!;
  expect(await third.confirm()).toBe(true);
  await third.release();
  await untilNoSession();
});

test('nothing is left by one that does not get it', async () => {
  const holder = (await tryLock())!;
  for (let i = 0; i < 3; i++) expect(await tryLock()).toBeNull();
  while ((await sessions()).length > 1);
  await holder.release();
  await untilNoSession();
});

describe.skipIf(!pgbouncerIsHere()).each(['transaction', 'session'] as const)('behind PgBouncer in %s mode', (mode) => {
  test('it is held all the same, holds back no vacuum, and goes with its holder', async () => {
    const { port } = await startPgbouncer(database.connection, mode);
    const first = (await tryLock(port))!;
    for (const way of [port, database.connection.port]) expect(await tryLock(way)).toBeNull();
    expect(await first.confirm()).toBe(true);
    expect((await sessions()).filter(({ state }) => state === 'idle in transaction')).toMatchObject([
      { backend_xid: null, backend_xmin: null },
    ]);
    await first.release();
    let second = await tryLock(port);
    while (second === null) second = await tryLock(port);
    await second.release();
  });
});
