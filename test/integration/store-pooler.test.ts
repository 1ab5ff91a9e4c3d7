import type pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Store } from '#src/adapters/store/store.js';
import { pgbouncerIsHere, startPgbouncer } from '../support/pgbouncer.js';
import { type TestDatabase, testServer } from '../support/postgres.js';
import { day, openTestStore, storeOptions, tableRecord } from '../support/store-records.js';

const RUN = { command: 'run', startedAt: day(0), asOf: day(0) };

describe.skipIf(!pgbouncerIsHere()).each(['transaction', 'session'] as const)(
  'a store behind PgBouncer in %s mode',
  (mode) => {
    let database: TestDatabase;
    let observer: pg.Client;
    beforeAll(async () => {
      database = await (await testServer()).createDatabase();
      observer = await database.client();
    });

    const behind = (port: number): Promise<Store> =>
      openTestStore(database, { connection: { ...storeOptions(database).connection, port } });

    const lockHolders = async () =>
      (
        await observer.query(
          `SELECT pid, state, backend_xid, backend_xmin FROM pg_stat_activity
           WHERE datname = current_database() AND application_name LIKE '%/lock'`,
        )
      ).rows;

    test('has one writer, whichever way the others come, and gives the right on', async () => {
      const pooled = await behind((await startPgbouncer(database.connection, mode)).port);
      const direct = await openTestStore(database);
      const busy = { code: 'store_busy', message: expect.stringContaining('"first"') };
      const first = await pooled.acquireWriter('first');
      for (const store of [pooled, direct]) await expect(store.acquireWriter('second')).rejects.toMatchObject(busy);
      const run = await first.beginRun(RUN);
      // What is held is a lock and nothing else: no vacuum waits for it.
      const idle = { state: 'idle in transaction', backend_xid: null, backend_xmin: null };
      expect(await lockHolders()).toEqual([{ pid: expect.any(Number), ...idle }]);
      await first.persistTables(run, [tableRecord('t')]);
      await first.release();
      expect((await lockHolders()).filter(({ state }) => state !== 'idle')).toEqual([]);
      const second = await direct.acquireWriter('first');
      expect(second.epoch).toBe(first.epoch + 1);
      await expect(pooled.acquireWriter('third')).rejects.toMatchObject(busy);
      await second.release();
      await (await pooled.acquireWriter('third')).release();
      await pooled.close();
      await direct.close();
    });

    test('goes on after the pooler was killed and started again, and still has one writer', async () => {
      const killed = await startPgbouncer(database.connection, mode);
      const store = await behind(killed.port);
      const writer = await store.acquireWriter('cut off');
      const run = await writer.beginRun(RUN);
      const gone = new Promise((resolve) => killed.process.once('exit', resolve));
      killed.process.kill('SIGKILL');
      await gone;
      await startPgbouncer(database.connection, mode, { listen_port: killed.port });
      await writer.persistTables(run, [tableRecord('after')]);
      await expect(store.acquireWriter('second')).rejects.toMatchObject({ code: 'store_busy' });
      expect((await store.tasksOf(run.id)).map(({ table }) => table)).toEqual(['after']);
      await writer.release();
      await store.close();
    });

    test('a writer whose lock was lost, and taken by another, writes no more', async () => {
      const store = await behind((await startPgbouncer(database.connection, mode)).port);
      const writer = await store.acquireWriter('cut off');
      const run = await writer.beginRun(RUN);
      await observer.query('SELECT pg_terminate_backend(backend_pid) FROM sentinel.lease');
      while ((await lockHolders()).length > 0) {}
      const other = await store.acquireWriter('other');
      await expect(writer.persistTables(run, [tableRecord('t')])).rejects.toMatchObject({ code: 'lease_lost' });
      await other.release();
      await writer.release();
      await store.close();
    });
  },
);
