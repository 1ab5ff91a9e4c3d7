import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { StoreError } from '#src/adapters/store/failure.js';
import type { StoredHistory } from '#src/adapters/store/load-histories.js';
import type { NewPoint, RunRef, TableRecord } from '#src/adapters/store/records.js';
import type { Store } from '#src/adapters/store/store.js';
import type { StoreWriter } from '#src/adapters/store/writer.js';
import type { Finding } from '#src/core/model/finding.js';
import { type TestDatabase, type TestServer, testServer } from '../support/postgres.js';
import { day, openTestStore, storeOptions, tableRecord } from '../support/store-records.js';

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});

interface Opened {
  readonly database: TestDatabase;
  readonly store: Store;
  readonly writer: StoreWriter;
}
const opened: Opened[] = [];

async function open(batchSize = 1000): Promise<Opened> {
  const database = await server.createDatabase();
  const store = await openTestStore(database, { batchSize });
  const one = { database, store, writer: await store.acquireWriter('test') };
  opened.push(one);
  return one;
}

afterAll(async () => {
  for (const { store, writer } of opened) {
    await writer.release();
    await store.close();
  }
});

const nameOf = ({ spec }: TableRecord) => ({ source: spec.source, schema: spec.schema, table: spec.name });

function begin(writer: StoreWriter, n: number): Promise<RunRef> {
  return writer.beginRun({ command: 'run', startedAt: day(n), asOf: day(n) });
}

/** One whole run. */
async function runOnce(
  writer: StoreWriter,
  n: number,
  records: readonly TableRecord[],
  judged = true,
): Promise<RunRef> {
  const run = await begin(writer, n);
  await writer.persistTables(run, records);
  if (judged) await writer.persistFindings(run, [], { datasets: records.map(nameOf), sources: [] });
  return run;
}

async function histories(store: Store, run: RunRef, options = {}): Promise<StoredHistory[]> {
  const all: StoredHistory[] = [];
  for await (const page of store.loadHistories(run.id, { now: 7, ...options })) all.push(...page);
  return all;
}

const finding = (table: string | null, changes: Partial<Finding> = {}): Finding => ({
  source: 'batch',
  schema: table === null ? null : 'public',
  table,
  metric: 'row_count',
  check: 'volume',
  severity: 'warn',
  value: 3,
  expected: { lower: 90, upper: 110 },
  score: 0.8,
  at: '2026-01-02T03:04:05.678Z',
  message: '3 rows, 90 to 110 expected',
  ...changes,
});

const COUNTS = ['dataset', 'dataset_column', 'schema_version', 'series', 'point', 'task', 'profile', 'finding'];

async function counts(database: TestDatabase): Promise<Record<string, number>> {
  const sql = COUNTS.map((table) => `(SELECT count(*)::int FROM sentinel.${table}) AS ${table}`).join(', ');
  return (await (await database.client()).query(`SELECT ${sql}`)).rows[0];
}

describe.each([1, 3, 1000])('storing tables with BATCH_SIZE %i', (batchSize) => {
  test('twice leaves what once leaves; the second time counts', async () => {
    const { database, store, writer } = await open(batchSize);
    const run = await begin(writer, 0);
    const names = ['plain', `"; DROP TABLE x; --`, `line\nbreak \\ {a,"b"}`, '🎉'.repeat(15), 'NULL', '__proto__'];
    const records = names.map((name) => tableRecord(name, { columns: ['id', ...names] }));
    await writer.persistTables(run, records);
    const once = await counts(database);
    expect(once).toEqual({
      dataset: 6,
      dataset_column: 42,
      schema_version: 6,
      series: 48,
      point: 48,
      task: 6,
      profile: 6,
      finding: 0,
    });
    await writer.persistTables(run, records);
    expect(await counts(database)).toEqual(once);
    expect((await store.tasksOf(run.id)).map(({ table }) => table).sort()).toEqual([...names].sort());
    for (const record of records) expect((await store.latestProfile(nameOf(record)))?.profile).toEqual(record.profile);

    // fewer figures the second time: those of the first are gone
    await writer.persistTables(run, [
      tableRecord('plain', { points: [{ column: null, metric: 'row_count', value: 7 }] }),
    ]);
    expect((await counts(database)).point).toBe(48 - 8 + 1);
    const [series, ...others] = await store.listHistory({ table: 'plain', limit: 10 });
    expect(series).toMatchObject({ column: null, metric: 'row_count', points: [{ run: run.id, value: 7 }] });
    expect(others).toEqual([]);
  });

  test('a value that is not finite is a gap, and the last of two figures of one name counts', async () => {
    const { store, writer } = await open(batchSize);
    const points: NewPoint[] = [
      { column: null, metric: 'mean', value: Number.NaN },
      { column: null, metric: 'row_count', value: 1 },
      { column: null, metric: 'row_count', value: 1e300, stdError: Number.POSITIVE_INFINITY },
      { column: 'x', metric: 'max', value: -1 / 3, stdError: 5e-324 },
    ];
    const run = await runOnce(writer, 0, [tableRecord('t', { points })]);
    const series = await store.listHistory({ table: 't', limit: 10 });
    expect(series.map(({ column, metric, points }) => [column, metric, points])).toEqual([
      [null, 'row_count', [{ run: run.id, label: run.label, time: day(0).getTime(), value: 1e300, judged: true }]],
      [
        'x',
        'max',
        [{ run: run.id, label: run.label, time: day(0).getTime(), value: -1 / 3, stdError: 5e-324, judged: true }],
      ],
    ]);
  });

  test('findings come back as they were, and judging again replaces them', async () => {
    const { store, writer } = await open(batchSize);
    const run = await runOnce(writer, 0, [tableRecord('a'), tableRecord('b')], false);
    const full = [
      finding('a', { column: 'x', value: '\u0000odd', expected: {}, score: 0.9 }),
      finding('b', { value: null, expected: { lower: 1.5 }, cause: "94 % of the missing rows have country = 'BR'." }),
      finding(null, { metric: 'slot_retained_bytes', object: 'airbyte', score: 0.7 }),
    ];
    const judged = { datasets: [nameOf(tableRecord('a')), nameOf(tableRecord('b'))], sources: ['batch'] };
    for (let again = 0; again < 2; again++) {
      await writer.persistFindings(run, full, judged);
      expect(await store.findingsOf(run.id)).toEqual([
        { ...full[0], value: '\uFFFDodd', incident: 'INC-1' },
        { ...full[1], incident: 'INC-2' },
        { ...full[2], incident: 'INC-3' },
      ]);
    }
    await writer.persistFindings(run, [], { datasets: [nameOf(tableRecord('a'))], sources: [] });
    expect((await store.findingsOf(run.id)).map(({ table }) => table)).toEqual(['b', null]);
    expect((await store.tasksOf(run.id)).map(({ judged }) => judged)).toEqual([true, true]);
  });
});

describe('the baseline', () => {
  test('is the judged past before the run: not the run itself, not one that was killed before judgement', async () => {
    const { store, writer } = await open();
    const rows = (n: number) => [tableRecord('t', { rows: n })];
    const first = await runOnce(writer, 0, rows(10));
    const killed = await runOnce(writer, 1, rows(20), false);
    const third = await runOnce(writer, 2, rows(30));
    const fourth = await runOnce(writer, 3, rows(40), false);
    expect((await store.listRuns()).map(({ id, state }) => [id, state])).toEqual([
      [fourth.id, 'running'],
      [third.id, 'interrupted'],
      [killed.id, 'interrupted'],
      [first.id, 'interrupted'],
    ]);
    const [history] = await histories(store, fourth);
    expect(history).toMatchObject({ run: fourth.id, now: 7, profile: { rowCount: 40 }, shape: { run: first.id } });
    expect(history!.tableSeries.row_count).toEqual([
      { run: first.id, time: day(0).getTime(), value: 10 },
      { run: third.id, time: day(2).getTime(), value: 30 },
    ]);
    expect(history!.columnSeries.amount!.null_rate).toHaveLength(2);
    expect(history!.columnSeries.amount!.null_rate![0]).toMatchObject({ value: 0.5, stdError: 0.01 });
    // the third run is judged again: still against the first alone, and the newer profile is not its own
    const [again] = await histories(store, third);
    expect(again!.tableSeries.row_count!.map(({ value }) => value)).toEqual([10]);
    expect(again!.profile).toBeNull();
  });

  test('a shape change that a killed run saw first is compared with the judged shape', async () => {
    const { store, writer } = await open();
    await runOnce(writer, 0, [tableRecord('t', { columns: ['id', 'old'] })]);
    const killed = await runOnce(writer, 1, [tableRecord('t', { columns: ['id', 'new'] })], false);
    const run = await runOnce(writer, 2, [tableRecord('t', { columns: ['id', 'new'] })], false);
    const names = (shape: StoredHistory['shape'] | undefined) => shape?.columns.map(({ name }) => name);
    const [history] = await histories(store, run);
    expect(names(history!.shape)).toEqual(['id', 'new']);
    expect(history!.shape).toMatchObject({ run: killed.id, time: day(1).getTime(), oid: 16_384, primaryKey: ['id'] });
    expect(names(history!.previousShape)).toEqual(['id', 'old']);
    await writer.persistFindings(run, [], { datasets: [nameOf(tableRecord('t'))], sources: [] });
    const [next] = await histories(store, await runOnce(writer, 3, [tableRecord('t', { columns: ['id', 'new'] })]));
    expect(next!.previousShape).toEqual(history!.shape);
  });

  test('first sight, a failed table and a narrowed run', async () => {
    const { store, writer } = await open();
    const run = await runOnce(writer, 0, [tableRecord('a'), tableRecord('b'), tableRecord('c', { source: 'cdc' })]);
    expect((await histories(store, run)).map(({ previousShape }) => previousShape)).toEqual([null, null, null]);
    const next = await runOnce(writer, 1, [tableRecord('a', { status: 'failed' })], false);
    expect(await histories(store, next)).toMatchObject([{ table: 'a', profile: null, shape: { run: run.id } }]);
    expect((await histories(store, next, { scope: 'latest', pageSize: 1 })).map((h) => [h.table, h.run])).toEqual([
      ['a', next.id],
      ['b', run.id],
      ['c', run.id],
    ]);
    expect((await histories(store, run, { sources: ['cdc'] })).map(({ table }) => table)).toEqual(['c']);
    expect((await store.tasksOf(next.id))[0]).toMatchObject({ state: 'failed', failure: { code: '42501' } });
    expect((await store.latestProfile(nameOf(tableRecord('a'))))?.run).toBe(run.id);
  });

  test('a table that is gone is told once it is judged, and again when it comes back', async () => {
    const { store, writer } = await open();
    const name = nameOf(tableRecord('t'));
    await runOnce(writer, 0, [tableRecord('t')]);
    const killed = await begin(writer, 1);
    await writer.markGone(killed, [name]);
    const run = await begin(writer, 2);
    await writer.markGone(run, [name, name]);
    expect(await histories(store, run)).toMatchObject([
      { table: 't', profile: null, shape: null, previousShape: { oid: 16_384 } },
    ]);
    expect((await store.listDatasets())[0]).toMatchObject({ goneSince: killed.id });
    await writer.persistFindings(run, [finding('t')], { datasets: [name], sources: [] });
    expect(await histories(store, run)).toHaveLength(1);
    const later = await begin(writer, 3);
    await writer.markGone(later, [name]);
    expect(await histories(store, later)).toEqual([]);
    const back = await runOnce(writer, 4, [tableRecord('t', { oid: 99_999 })], false);
    expect(await histories(store, back)).toMatchObject([{ shape: { oid: 99_999 }, previousShape: { oid: 16_384 } }]);
    expect((await store.listDatasets())[0]).toMatchObject({ goneSince: null, lastSeenRun: back.id });
  });

  test('takes the last 60 points of a series, across pages of tables', async () => {
    const { store, writer } = await open();
    const tables = ['a', 'b', 'c', 'd', 'e'];
    for (let n = 0; n < 63; n++)
      await runOnce(
        writer,
        n,
        tables.map((table) => tableRecord(table, { rows: n })),
      );
    const run = await runOnce(
      writer,
      63,
      tables.map((table) => tableRecord(table, { rows: 63 })),
    );
    const pages: number[] = [];
    for await (const page of store.loadHistories(run.id, { now: 0, pageSize: 2 })) {
      pages.push(page.length);
      for (const { tableSeries } of page)
        expect(tableSeries.row_count!.map(({ value }) => value)).toEqual(Array.from({ length: 60 }, (_, i) => i + 3));
    }
    expect(pages).toEqual([2, 2, 1]);
  });
});

describe('sources', () => {
  test('are compared with their last judged inventory; a database is gone only if it was reached before', async () => {
    const { store, writer } = await open();
    const slot = { name: 's', active: true, walStatus: 'reserved', retainedBytes: 4e12 };
    const seen = (schemas: string[]) => ({ databases: ['shop'], schemas, slots: [slot] });
    const gone = { code: '3D000', message: 'database "shop" does not exist', retryable: false };
    const judge = (run: RunRef) => writer.persistFindings(run, [], { datasets: [], sources: ['cdc'] });
    const record = (inventory: ReturnType<typeof seen> | null) => [
      { source: 'cdc', database: 'shop', inventory, ...(!inventory && { failure: gone }) },
    ];
    const first = await begin(writer, 0);
    await writer.persistInventory(first, record(null));
    expect(await store.loadSourceHistories(first.id, { now: 1 })).toMatchObject([{ databaseGone: false }]);
    const second = await begin(writer, 1);
    await writer.persistInventory(second, record(seen(['a'])));
    await judge(second);
    const killed = await begin(writer, 2);
    await writer.persistInventory(killed, record(seen(['b'])));
    const last = await begin(writer, 3);
    await writer.persistInventory(last, record(null));
    await writer.persistInventory(last, record(null));
    expect(await store.loadSourceHistories(last.id, { now: 5 })).toEqual([
      {
        source: 'cdc',
        database: 'shop',
        run: last.id,
        now: 5,
        inventory: null,
        failure: { code: gone.code, message: gone.message },
        previousInventory: { ...seen(['a']), time: day(1).getTime() },
        databaseGone: true,
      },
    ]);
    expect(await store.loadSourceHistories(last.id, { now: 5, sources: ['batch'] })).toEqual([]);
  });

  test('what depends on what is that of the newest run that reached the source', async () => {
    const { store, writer } = await open();
    const name = (table: string) => ({ schema: 'shop', table });
    const seen = (dependent: string) => ({
      ...{ source: 'cdc', database: 'shop', inventory: { databases: [], schemas: [], slots: [] } },
      dependencies: [{ on: name('a'), dependent: name(dependent), by: 'view' as const }],
    });
    const feeds = async () => (await store.touchedBy(['cdc', 'batch']))('cdc', [name('a')]).feeds;
    const [older, newer, last] = [await begin(writer, 0), await begin(writer, 1), await begin(writer, 2)];
    expect(await feeds()).toEqual([]);
    await writer.persistInventory(newer, [seen('new\0')]);
    expect(await feeds()).toEqual(['shop."new\uFFFD"']);
    await writer.persistInventory(older, [seen('old')]); // waited elsewhere
    await writer.persistInventory(last, [{ source: 'cdc', database: 'shop', inventory: null }]);
    expect(await feeds()).toEqual(['shop."new\uFFFD"']);
    await writer.persistInventory(newer, [seen('again')]);
    expect(await feeds()).toEqual(['shop.again']);
  });
});

describe('a profile', () => {
  test('keeps its state while the table is unchanged, and loses it with any other profile', async () => {
    const { store, writer } = await open();
    const state = Uint8Array.from([3, 0, 255, 7]);
    const name = nameOf(tableRecord('t'));
    await runOnce(writer, 0, [tableRecord('t', { state })]);
    expect(await store.latestProfile(name)).toMatchObject({ mode: 'full', stateVersion: 3 });
    const unchanged = await runOnce(writer, 1, [tableRecord('t', { mode: 'unchanged' })]);
    const kept = await store.latestProfile(name);
    expect(kept).toMatchObject({ run: unchanged.id, mode: 'unchanged', time: day(1).getTime() });
    expect(Uint8Array.from(kept!.state!)).toEqual(state);
    await runOnce(writer, 2, [tableRecord('t')]);
    expect(await store.latestProfile(name)).toMatchObject({ state: null, stateVersion: null });
    expect(await store.latestProfile({ ...name, table: 'never' })).toBeNull();
  });
});

describe('a run', () => {
  test('is found again with what it was and what it came to', async () => {
    const { store, writer } = await open();
    const selection = { sources: ['batch'], table: ['a.*'], exclude: [], asOf: null };
    const begun = { command: 'profile', startedAt: day(1), asOf: day(0), version: '0.1.0', selection };
    const run = await writer.beginRun(begun);
    const totals = { tables: 3 };
    await writer.finishRun(run, { state: 'finished', finishedAt: day(2), totals, cost: { bytes: 5 } });
    expect(await store.latestRun({ states: ['finished'], command: 'profile' })).toEqual({
      ...run,
      command: 'profile',
      state: 'finished',
      startedAt: day(1).getTime(),
      finishedAt: day(2).getTime(),
      asOf: day(0).getTime(),
      totals,
      cost: { bytes: 5 },
      version: '0.1.0',
      selection,
    });
    expect(await store.latestRun({ states: ['failed'] })).toBeNull();
    await begin(writer, 3);
    expect(await store.latestRun({ label: run.label })).toMatchObject({ state: 'finished' });
  });
});

describe('retention', () => {
  test('deletes what is old, keeps the newest profile, shape and what the next run is compared with', async () => {
    const { database, store, writer } = await open();
    await runOnce(writer, 0, [tableRecord('gone'), tableRecord('t', { columns: ['id', 'dropped'] })]);
    await runOnce(writer, 1, [tableRecord('t')]);
    for (let n = 100; n < 103; n++) {
      const run = await runOnce(writer, n, [tableRecord('t')]);
      await writer.persistFindings(run, [finding('t')], { datasets: [nameOf(tableRecord('t'))], sources: [] });
    }
    const settings = { pointsDays: 50, runsDays: 3, now: day(104) };
    // t: 3 figures of run 0, 3 of run 1; gone: 3. Series left empty: 3 of gone, 1 of the dropped column.
    expect(await writer.applyRetention(settings)).toEqual({
      alert_delivery: 0,
      point: 9,
      series: 4,
      finding: 1,
      health_sample: 0,
      source_inventory: 0,
      schema_version: 1,
      task: 2,
      run: 0,
    });
    expect(await writer.applyRetention(settings)).toMatchObject({ point: 0, series: 0, finding: 0, task: 0, run: 0 });
    expect((await store.latestProfile(nameOf(tableRecord('gone'))))?.profile.rowCount).toBe(100);
    const run = await runOnce(writer, 105, [
      tableRecord('t', { columns: ['id', 'amount', 'dropped'] }),
      tableRecord('gone'),
    ]);
    const [gone, t] = await histories(store, run);
    expect(gone).toMatchObject({ previousShape: { columns: [{ name: 'id' }, { name: 'amount' }] }, tableSeries: {} });
    expect(t!.tableSeries.row_count).toHaveLength(3);
    const orphans = await (await database.client()).query(
      'SELECT FROM sentinel.point p WHERE NOT EXISTS (SELECT FROM sentinel.series q WHERE q.id = p.series)',
    );
    expect(orphans.rowCount).toBe(0);
  });
});

describe('a failure', () => {
  test('inside a write leaves nothing of it, says which store, and the writer goes on', async () => {
    const { database, store, writer } = await open();
    const run = await begin(writer, 0);
    const client = await database.client();
    await client.query(`CREATE FUNCTION public.disk_is_full() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$`);
    await client.query(
      `CREATE TRIGGER disk_is_full BEFORE INSERT ON sentinel.profile EXECUTE FUNCTION public.disk_is_full()`,
    );
    const error = await writer.persistTables(run, [tableRecord('t')]).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({ code: '53100', failure: { retryable: false, source: 'metadata' } });
    expect((error as Error).message).toMatch(
      new RegExp(
        `metadata store "sentinel" in database "${database.name}".*No space left.*nothing of this write was kept`,
      ),
    );
    expect(await counts(database)).toMatchObject({ dataset: 0, task: 0, series: 0, point: 0, profile: 0 });
    await client.query('DROP TRIGGER disk_is_full ON sentinel.profile');
    await writer.persistTables(run, [tableRecord('t')]);
    expect(await store.tasksOf(run.id)).toHaveLength(1);
  });

  test('a store that cannot be reached is a retryable failure that names the settings', async () => {
    const database = await server.createDatabase();
    const { connection, retry } = storeOptions(database);
    const closed = openTestStore(database, {
      connection: { ...connection, port: 1 },
      retry: { ...retry!, maxAttempts: 0 },
    });
    await expect(closed).rejects.toMatchObject({
      code: 'ECONNREFUSED',
      failure: { retryable: true },
      message: expect.stringContaining('check METADATA_DB_HOST and METADATA_DB_PORT'),
    });
  });

  test('reads go on after their connections were killed', async () => {
    const { database, store, writer } = await open();
    const run = await runOnce(writer, 0, [tableRecord('t')]);
    expect(await store.tasksOf(run.id)).toHaveLength(1);
    await (await database.client()).query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE '%/reader'`,
    );
    expect(await store.tasksOf(run.id)).toHaveLength(1);
  });
});
