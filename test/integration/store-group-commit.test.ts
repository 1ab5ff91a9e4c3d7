import { beforeAll, describe, expect, test } from 'vitest';
import { isDataError } from '#src/adapters/store/failure.js';
import { GroupCommit } from '#src/adapters/store/group-commit.js';
import type { TableRecord } from '#src/adapters/store/records.js';
import { type TestServer, testServer } from '../support/postgres.js';
import { day, openTestStore, tableRecord } from '../support/store-records.js';

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});

const rowsOf = (record: TableRecord) => record.points.length;

async function openRun() {
  const database = await server.createDatabase();
  const store = await openTestStore(database);
  const writer = await store.acquireWriter('test');
  const run = await writer.beginRun({ command: 'run', startedAt: day(0), asOf: day(0) });
  const stored = async () => (await store.tasksOf(run.id)).map(({ table }) => table).sort();
  const close = async () => {
    await writer.release();
    await store.close();
  };
  return { database, writer, run, stored, close };
}

describe('group commit', () => {
  test('what is acknowledged is durable; a full group does not wait, the rest goes with the interval', async () => {
    const { writer, run, stored, close } = await openRun();
    const groups: string[][] = [];
    const commit = new GroupCommit<TableRecord>(
      async (records) => {
        groups.push(records.map(({ spec }) => spec.name));
        await writer.persistTables(run, records);
      },
      { intervalMs: 20, maxRows: 6, rowsOf },
    );
    const acknowledged: string[] = [];
    const add = (name: string) => commit.add(tableRecord(name)).then(() => acknowledged.push(name));
    const full = [add('a'), add('b')];
    const waiting = [add('c')];
    expect(await stored()).toEqual(expect.arrayContaining(acknowledged));
    await Promise.all(full);
    expect(await stored()).toEqual(expect.arrayContaining(['a', 'b']));
    await Promise.all(waiting);
    expect(await stored()).toEqual(['a', 'b', 'c']);
    expect(groups).toEqual([['a', 'b'], ['c']]);
    await add('d'); // by the interval alone
    expect(await stored()).toContain('d');
    const last = add('e');
    await commit.close();
    expect(await stored()).toContain('e');
    await last;
    await expect(commit.add(tableRecord('f'))).rejects.toThrow(/after close/);
    await close();
  });

  test('an error reaches those who added; one bad record does not take its group down', async () => {
    const { database, writer, run, stored, close } = await openRun();
    const client = await database.client();
    await client.query(`ALTER TABLE sentinel.point ADD CONSTRAINT no_minus CHECK (value >= 0)`);
    const options = { intervalMs: 5, maxRows: 1000, rowsOf };
    const persist = (records: readonly TableRecord[]) => writer.persistTables(run, records);
    const bad = tableRecord('bad', { rows: -1 });
    const strict = new GroupCommit<TableRecord>(persist, options);
    const together = await Promise.allSettled([strict.add(tableRecord('a')), strict.add(bad)]);
    expect(together.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await stored()).toEqual([]);
    const patient = new GroupCommit<TableRecord>(persist, { ...options, isRecordAtFault: isDataError });
    const apart = await Promise.allSettled([
      patient.add(tableRecord('a')),
      patient.add(bad),
      patient.add(tableRecord('b')),
    ]);
    expect(apart.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await stored()).toEqual(['a', 'b']);
    await strict.close();
    await patient.close();
    await close();
  });
});
