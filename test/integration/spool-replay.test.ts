import { readdirSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SpoolFile } from '#src/adapters/spool/spool-file.js';
import type { SpooledRun, SpoolRecord } from '#src/adapters/spool/spool-format.js';
import type { RunRef } from '#src/adapters/store/records.js';
import type { Store } from '#src/adapters/store/store.js';
import type { StoreWriter } from '#src/adapters/store/writer.js';
import { replaySpool } from '#src/cli/replay-spool.js';
import { type TestDatabase, testServer } from '../support/postgres.js';
import { storeContent } from '../support/store-content.js';
import { day, openTestStore, type RecordChanges, tableRecord } from '../support/store-records.js';

let database: TestDatabase;
let store: Store;
let writer: StoreWriter;
let folder: string;

beforeEach(async () => {
  database = await (await testServer()).createDatabase();
  store = await openTestStore(database);
  writer = await store.acquireWriter('test');
  folder = await mkdtemp(join(tmpdir(), 'sentinel-replay-'));
});

afterEach(async () => {
  await writer.release();
  await store.close();
  rmSync(folder, { recursive: true });
});

const RUN: SpooledRun = { label: '20260101-000000-abcdef', command: 'run', startedAt: day(1), asOf: day(1) };
const INVENTORY = { source: 'batch', database: 'd', inventory: { databases: ['d'], schemas: ['public'], slots: [] } };

function table(name: string, changes: RecordChanges = {}): SpoolRecord {
  return { type: 'table', record: { ...tableRecord(name, changes), finishedAt: day(1) } };
}

const RECORDS: readonly SpoolRecord[] = [
  { type: 'inventory', record: INVENTORY },
  { type: 'present', source: 'batch', present: ['a', 'b', 'c'].map((name) => ({ schema: 'public', table: name })) },
  table('a', { rows: 7 }),
  table('b', { status: 'failed' }),
];

async function spooled(records: readonly SpoolRecord[] = RECORDS): Promise<string> {
  const spool = new SpoolFile(folder, RUN);
  for (const record of records) await spool.append(record);
  await spool.close();
  return spool.path;
}

const replay = async (records?: readonly SpoolRecord[]) => replaySpool(await spooled(records), store, writer);
const content = async () => storeContent(await database.client());

async function runAt(n: number): Promise<RunRef> {
  return writer.beginRun({ command: 'run', startedAt: day(n), asOf: day(n) });
}

test('a run that the store never heard of is made by its spool, and is as if it had been stored at once', async () => {
  expect(await replay()).toEqual({ run: RUN.label, tables: 2, damaged: null });
  expect(readdirSync(folder)).toEqual([]);
  const replayed = await content();
  const run = (await store.latestRun())!;
  expect(run).toMatchObject({
    label: RUN.label,
    state: 'running',
    startedAt: day(1).getTime(),
    asOf: day(1).getTime(),
  });
  expect((await store.tasksOf(run.id)).map(({ table: name, finishedAt }) => [name, finishedAt])).toEqual([
    ['a', day(1).getTime()],
    ['b', day(1).getTime()],
  ]);

  const other = await (await testServer()).createDatabase();
  const direct = await openTestStore(other);
  const directWriter = await direct.acquireWriter('test');
  const begun = await directWriter.beginRun(RUN);
  await directWriter.persistInventory(begun, [INVENTORY]);
  await directWriter.addDatasets(
    begun,
    ['a', 'b', 'c'].map((name) => ({ source: 'batch', schema: 'public', table: name })),
  );
  await directWriter.persistTables(begun, [tableRecord('a', { rows: 7 }), tableRecord('b', { status: 'failed' })]);
  expect(replayed).toEqual(await storeContent(await other.client()));
  await directWriter.release();
  await direct.close();
});

test('again, it changes nothing: not even what was judged meanwhile', async () => {
  await replay();
  const run = (await store.latestRun())!;
  const judged = { datasets: [{ source: 'batch', schema: 'public', table: 'a' }], sources: ['batch'] };
  await writer.persistFindings(run, [], judged);
  const before = await content();
  await replay();
  await replay([table('a', { rows: 8 })]);
  expect(await content()).toEqual(before);
});

test('what the run read anew is not replaced, what failed there is', async () => {
  const run = await writer.adoptRun(RUN);
  await writer.persistTables(run, [tableRecord('a', { rows: 9 }), tableRecord('b', { status: 'failed' })]);
  await replay([table('a', { rows: 7 }), table('b', { rows: 5 }), table('c', { status: 'failed' })]);
  expect((await store.tasksOf(run.id)).map(({ table: name, state, rowCount }) => [name, state, rowCount])).toEqual([
    ['a', 'ok', 9],
    ['b', 'ok', 5],
    ['c', 'failed', null],
  ]);
});

test('a later run keeps its profile, shape and list of tables; the figures join the history', async () => {
  await writer.adoptRun(RUN);
  const later = await runAt(2);
  await writer.persistInventory(later, [INVENTORY]);
  await writer.persistTables(later, [tableRecord('a', { rows: 100, columns: ['id', 'amount', 'more'] })]);
  const before = await content();
  expect(await replay([...RECORDS, table('gone_since')])).toMatchObject({ tables: 3, damaged: null });
  const after = await content();
  const ofA = (lines: readonly string[] = []) => lines.filter((line) => line.includes('public.a"'));
  for (const kind of ['tables', 'shapes', 'profiles', 'columns'])
    expect(ofA(after[kind]), kind).toEqual(ofA(before[kind]));
  const [series] = await store.listHistory({ table: 'a', metric: 'row_count', limit: 10 });
  expect(series!.points.map(({ value }) => value)).toEqual([7, 100]);
  // `c` was in the old list only: the later run would know.
  expect((await store.listDatasets()).map(({ table: name }) => name)).toEqual(['a', 'b', 'gone_since']);
});

test('a record that the store refuses keeps no other out, and its file is kept', async () => {
  const bad = table('bad');
  const points = [{ column: null, metric: 'row_count', value: 1, stdError: 'x' as unknown as number }];
  const record = { ...(bad as Extract<SpoolRecord, { type: 'table' }>).record, attempts: 1e12, points };
  const result = await replay([table('a'), { type: 'table', record }, table('z')]);
  expect(result).toMatchObject({ run: RUN.label, tables: 2 });
  expect(result!.damaged!.what).toEqual([expect.stringMatching(/^public\.bad: .*SQLSTATE 22003/)]);
  expect(readdirSync(folder)).toEqual([expect.stringMatching(/\.damaged$/)]);
  const run = (await store.latestRun())!;
  expect((await store.tasksOf(run.id)).map(({ table: name }) => name)).toEqual(['a', 'z']);
});

test('a store that is away leaves the file as it was', async () => {
  const path = await spooled();
  await writer.release();
  await expect(replaySpool(path, store, writer)).rejects.toMatchObject({ name: 'StoreError' });
  expect(readdirSync(folder)).toEqual([path.slice(folder.length + 1)]);
  writer = await store.acquireWriter('test');
  expect(await replaySpool(path, store, writer)).toMatchObject({ tables: 2 });
});
