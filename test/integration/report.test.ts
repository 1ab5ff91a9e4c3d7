import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { NewPoint, RunRef } from '#src/adapters/store/records.js';
import type { Store } from '#src/adapters/store/store.js';
import type { StoreWriter } from '#src/adapters/store/writer.js';
import { DEFAULT_JUDGE_SETTINGS } from '#src/core/detectors/index.js';
import { encodedEvents } from '#src/core/events/finish-events.js';
import type { EventHistory } from '#src/core/model/event-history.js';
import type { Finding } from '#src/core/model/finding.js';
import { KeptJudges } from '#src/report/collect/kept-judges.js';
import { type CollectOptions, collectReport } from '#src/report/collect.js';
import type { ReportData } from '#src/report/report-data.js';
import { type TestServer, testServer } from '../support/postgres.js';
import { day, openTestStore, type RecordChanges, tableRecord } from '../support/store-records.js';

const DAY = 86_400_000;
let server: TestServer;
let store: Store;
let writer: StoreWriter;
const opened: { store: Store; writer: StoreWriter }[] = [];

beforeAll(async () => {
  server = await testServer();
});
beforeEach(async () => {
  store = await openTestStore(await server.createDatabase());
  writer = await store.acquireWriter('test');
  opened.push({ store, writer });
});
afterAll(async () => {
  for (const { store, writer } of opened) {
    await writer.release();
    await store.close();
  }
});

type Changes = Readonly<Record<string, RecordChanges & { events?: EventHistory }>>;

/** One judged run of day `n` that read these tables and found this. */
async function runOnce(n: number, tables: Changes, found: readonly Finding[] = []): Promise<RunRef> {
  const run = await writer.beginRun({ command: 'run', startedAt: day(n), asOf: day(n) });
  const records = Object.entries(tables).map(([name, { events, ...changes }]) => ({
    ...tableRecord(name, changes),
    ...(events && { events: encodedEvents(events) }),
  }));
  await writer.persistTables(run, records);
  const datasets = records.map(({ spec: { source, schema, name } }) => ({ source, schema, table: name }));
  await writer.persistFindings(run, found, { datasets, sources: ['batch', 'cdc'] });
  await writer.finishRun(run, { state: 'finished', finishedAt: day(n) });
  return run;
}

async function reportOf(more: Partial<CollectOptions> = {}): Promise<ReportData> {
  return collectReport(store, {
    run: (await store.latestRun())!,
    madeAt: day(400),
    sources: ['batch', 'cdc'],
    wanted: () => true,
    tablePolicy: () => ({}),
    judge: { settings: DEFAULT_JUDGE_SETTINGS },
    unmask: false,
    ...more,
  });
}

const rowsPoint = (value: number): { points: NewPoint[]; rows: number } => ({
  rows: value,
  points: [{ column: null, metric: 'row_count', value }],
});

function finding(table: string | null, n: number, more: Partial<Finding> = {}): Finding {
  return {
    source: 'batch',
    schema: table === null ? null : 'public',
    table,
    metric: 'row_count',
    check: 'row_count',
    severity: 'warn',
    value: 30,
    expected: { lower: 90, upper: 110 },
    score: 0.6,
    at: day(n).toISOString(),
    message: `public.${table} has 30 rows`,
    ...more,
  };
}

/** Closed days up to the day before `n`; about 1,000 rows each, the last one `last`. */
function events(n: number, last: number, count = 60): EventHistory {
  const rows = Array.from({ length: count }, (_, i) => (i === count - 1 ? last : 1000 + 20 * Math.sin((n + i) ** 2)));
  const starts = rows.map((_, i) => day(n).getTime() - (count - i) * DAY);
  const whole = rows.map(Math.round);
  const days = { starts, end: day(n).getTime(), complete: 0, rows: whole, columns: { amount: { nonNull: whole } } };
  return { column: 'created_at', declared: false, timeZone: 'UTC', days };
}

const tableOf = (report: ReportData, name: string) => report.tables.find(({ table }) => table === name)!;

describe('the report of a store', () => {
  test('says of each table whether it was judged, and why not', async () => {
    for (const n of [0, 1, 2, 3]) await runOnce(n, { orders: rowsPoint(100), old: rowsPoint(5) });
    await writer.markGone(await runOnce(4, { orders: rowsPoint(100), young: {}, locked: { status: 'failed' } }), [
      { source: 'batch', schema: 'public', table: 'old' },
    ]);
    const report = await reportOf();
    const states = report.tables.map(({ table, state, reason }) => [table, state, reason]);
    expect(states).toEqual([
      ['locked', 'failed', 'permission denied'],
      ['old', 'gone', 'it no longer exists'],
      ['orders', 'judged', undefined],
      ['young', 'learning', 'seen for the first time'],
    ]);
    expect(report.run).toMatchObject({ judged: true, finished: true, asOf: day(4).getTime() / 1000 });
    expect(tableOf(report, 'orders')).toMatchObject({ rows: 100, seenAt: day(4).getTime() / 1000 });
    expect(tableOf(report, 'orders').heat.slice(-6)).toBe('-~~~00');
    expect(tableOf(report, 'young').heat.slice(-2)).toBe('-~');
    expect(tableOf(report, 'locked').heat.slice(-2)).toBe('--');
  });

  test('draws what a finding is about, run by run, with the limits it names', async () => {
    for (const n of [0, 1, 2]) await runOnce(n, { orders: rowsPoint(100) });
    await runOnce(3, { orders: rowsPoint(30) }, [finding('orders', 3)]);
    const report = await reportOf();
    expect(report.incidents).toHaveLength(1);
    const [found] = report.incidents[0]!.findings;
    expect(report.incidents[0]).toMatchObject({
      severity: 'warn',
      title: 'public.orders has 30 rows',
      since: day(3).getTime() / 1000,
    });
    expect(found).toMatchObject({ table: 0, series: { values: [100, 100, 100, 30], marks: [[3, 'warn']] } });
    expect(found!.series!.band).toEqual({ lower: [null, null, 90, 90], upper: [null, null, 110, 110] });
    expect(report.axes[found!.series!.axis]).toEqual([0, 1, 2, 3].map((n) => day(n).getTime() / 1000));
    expect(tableOf(report, 'orders').heat.slice(-4)).toBe('~~~2');
  });

  test('draws rows by insert time in the band the judge expected, and colours their days', async () => {
    const found = finding('orders', 70, { metric: 'rows_per_day', check: 'volume', severity: 'critical', value: 300 });
    await runOnce(70, { orders: { ...rowsPoint(60_000), events: events(70, 300) } }, [found]);
    const report = await reportOf();
    const { volume, heat, state } = tableOf(report, 'orders');
    expect(state).toBe('judged');
    expect(volume!.values).toHaveLength(60);
    const { lower, upper } = volume!.band!;
    expect(lower.at(-1)!).toBeGreaterThan(700);
    expect(upper.at(-1)!).toBeLessThan(1300);
    expect(volume!.marks.at(-1)![0]).toBe(59);
    expect(heat.slice(-3)).toMatch(/^0[23]0$/);
    expect(report.incidents[0]!.findings[0]!.series).toEqual(volume);
  });

  test('says the same where it goes on from the report before, day after day', async () => {
    const kept = new KeptJudges(DEFAULT_JUDGE_SETTINGS);
    for (const n of [400, 401, 402]) {
      const volume = finding('broken', n, {
        metric: 'rows_per_day',
        check: 'volume',
        severity: 'critical',
        value: 300,
      });
      await runOnce(
        n,
        {
          orders: { ...rowsPoint(60_000), events: events(n, n === 401 ? 300 : 1000, 400) },
          broken: { ...rowsPoint(60_000), events: events(n, 300) },
        },
        [volume],
      );
      const report = await reportOf({ judge: { settings: DEFAULT_JUDGE_SETTINGS, kept } });
      kept.turn();
      expect(report).toEqual(await reportOf());
      expect(tableOf(report, 'orders').volume!.marks.length > 0).toBe(n === 401);
    }
  });

  test('draws a figure of a column that no table page shows, where a finding is about it', async () => {
    const about = { metric: 'uniqueness', check: 'uniqueness', column: 'amount', value: 0.2 } as const;
    const points = (value: number) => ({ points: [{ column: 'amount', metric: 'uniqueness', value }] });
    for (const n of [0, 1, 2]) await runOnce(n, { orders: points(1) });
    await runOnce(3, { orders: points(0.2) }, [finding('orders', 3, about)]);
    expect((await reportOf()).incidents[0]!.findings[0]!.series!.values).toEqual([1, 1, 1, 0.2]);
  });

  test('has sources that could not be reached, and findings about a source', async () => {
    const run = await runOnce(0, { orders: {} }, [
      finding(null, 0, { message: 'slot a is inactive', metric: 'slot_retained_bytes' }),
    ]);
    const failure = { code: 'ECONNREFUSED', message: 'connection refused', retryable: true };
    await writer.persistInventory(run, [{ source: 'cdc', database: 'w', inventory: null, failure }]);
    const report = await reportOf();
    expect(report.sources).toEqual([{ name: 'batch' }, { name: 'cdc', failure: 'connection refused' }]);
    expect(report.incidents).toMatchObject([
      { title: 'slot a is inactive', findings: [{ message: 'slot a is inactive' }] },
    ]);
    expect(report.incidents[0]!.findings[0]).not.toHaveProperty('table');
  });

  test('says what a run of a part did not look at, and since when; a source that is away stays away', async () => {
    await runOnce(0, { orders: rowsPoint(100), items: rowsPoint(5), users: { source: 'cdc' } });
    const failure = { code: 'ECONNREFUSED', message: 'connection refused', retryable: true };
    const away = await runOnce(1, { orders: rowsPoint(100), items: { status: 'failed' } });
    await writer.persistInventory(away, [{ source: 'cdc', database: 'w', inventory: null, failure }]);
    await runOnce(2, { orders: rowsPoint(100) });
    const report = await reportOf();
    expect(report.sources).toEqual([{ name: 'batch' }, { name: 'cdc', failure: 'connection refused' }]);
    expect(report.tables.map(({ table, state, reason }) => [table, state, reason])).toEqual([
      ['items', 'failed', 'permission denied'],
      ['orders', 'learning', 'judged in 2 runs before'],
      ['users', 'judged', 'this run did not look at it; what is shown is of the last one that did'],
    ]);
    expect(report.earlier).toEqual({ tables: 1, oldest: day(0).getTime() / 1000 });
  });

  test('knows a run that read nothing from one that only profiled', async () => {
    await runOnce(0, { orders: {} });
    await runOnce(1, {});
    expect((await reportOf()).run.judged).toBe(true);
    const run = await writer.beginRun({ command: 'profile', startedAt: day(2), asOf: day(2) });
    await writer.finishRun(run, { state: 'finished', finishedAt: day(2) });
    expect((await reportOf()).run.judged).toBe(false);
  });

  test('leaves out what is not asked for', async () => {
    await runOnce(0, { orders: {}, items: {}, users: { source: 'cdc' } }, [finding('orders', 0), finding('items', 0)]);
    const names = (report: ReportData) => report.tables.map(({ table }) => table);
    expect(names(await reportOf({ sources: ['cdc'] }))).toEqual(['users']);
    const some = await reportOf({ wanted: ({ table }) => table === 'items' });
    expect(names(some)).toEqual(['items']);
    expect(some.incidents.map(({ title }) => title)).toEqual(['public.items has 30 rows']);
  });

  test('of an older run knows nothing of later ones', async () => {
    await runOnce(0, { orders: rowsPoint(100) });
    await runOnce(1, { orders: rowsPoint(100), later: {} }, [finding('orders', 1)]);
    const [, first] = await store.listRuns();
    const report = await reportOf({ run: first! });
    expect(report.incidents).toEqual([]);
    expect(report.tables.map(({ table, state }) => [table, state])).toEqual([['orders', 'skipped']]);
  });

  test('is empty for an empty run', async () => {
    await runOnce(0, {});
    expect(await reportOf()).toMatchObject({
      tables: [],
      incidents: [],
      axes: [],
      sources: [{ name: 'batch' }, { name: 'cdc' }],
    });
  });
});
