import { describe, expect, test } from 'vitest';
import { DEFAULT_CHECK_SETTINGS, sourceChecks, tableChecks } from '#src/core/checks/index.js';
import type { EventColumn } from '#src/core/model/event-history.js';
import type { Finding } from '#src/core/model/finding.js';
import type { SourceHistory, TableHistory } from '#src/core/model/history.js';
import type { ColumnProfile } from '#src/core/model/profile.js';
import { deepFreeze } from '../support/deep-freeze.js';
import { eventDays, eventTable, noisy, steady } from '../support/event-days.js';
import {
  DAY,
  freshnessHistory,
  knownColumn,
  NOW,
  nullHistory,
  points,
  profileOf,
  rowHistory,
  shapeOf,
  sourceHistory,
  tableHistory,
} from '../support/table-history.js';

const settings = deepFreeze(DEFAULT_CHECK_SETTINGS);
const HOSTILE = [
  '"; drop table x',
  'line\nbreak',
  'two  spaces',
  '\u202Edesrever',
  '__proto__',
  '😀'.repeat(15),
  '\ud800',
  ' ',
];

/** At least one history that each check has something to say about. */
const loudRules: readonly TableHistory[] = [
  tableHistory({ shape: shapeOf([knownColumn('id', 1)]) }),
  rowHistory([500, 500], 0),
  rowHistory([500, 500], 20),
  nullHistory([0, 0], 100),
  nullHistory([0, 0], 10),
  freshnessHistory([], NOW - 3 * DAY, { freshnessLimitSeconds: 3600 }),
];
const loud = [...loudRules, ...loudSeries('amount')];

/** Histories by event time and over many runs in which one column, and the table itself, are off in every way a check may see. */
function loudSeries(column: string): readonly TableHistory[] {
  const days = 119;
  const rows = (last: number) => noisy(days, (day) => (day === days - 1 ? last : 5000), 0.01).map(Math.round);
  const steadyRows = steady(days, 5000);
  const table = (figures: EventColumn) => eventTable(eventDays(steadyRows, { [column]: figures }));
  const means = (of: (day: number) => number) =>
    table({ nonNull: steadyRows, mean: noisy(days, of, 0.01), variance: steady(days, 100) });
  const half = noisy(days, (day) => (day === days - 1 ? 1000 : 2500), 0.01).map(Math.round);
  const values = [
    { value: 'a', counts: half },
    { value: 'b', counts: half.map((count) => 5000 - count) },
  ];
  const runs = (metrics: Readonly<Record<string, readonly number[]>>, profile: ColumnProfile) =>
    tableHistory({
      profile: profileOf(5000, [profile]),
      columnSeries: {
        [column]: Object.fromEntries(Object.entries(metrics).map(([name, past]) => [name, points(past)])),
      },
    });
  const totals = noisy(20, () => 1000, 0.02).map((_, i) => 1000 * (i + 1) + (i % 3));
  const quantiles = { p01: 500, p05: 500, p25: 500, p50: 500, p75: 500, p95: 500, p99: 500 };
  return [
    eventTable(eventDays(rows(2000))),
    eventTable(eventDays(steady(days, 5000, 0)), { insertTime: { column, newest: NOW - 1.2 * DAY } }),
    means((day) => (day === days - 1 ? 400 : 40)),
    means((day) => 40 * 1.01 ** Math.max(0, day - days + 20)),
    table({ nonNull: noisy(days, (day) => (day === days - 1 ? 2000 : 4900), 0.001).map(Math.round) }),
    table({ nonNull: steadyRows, values }),
    table({ nonNull: steadyRows, values: [{ value: 'x', counts: steady(days, 0, 4000) }] }),
    tableHistory({ profile: profileOf(totals.at(-1)! + 100), tableSeries: { row_count: points(totals) } }),
    runs(
      { distinct: noisy(20, () => 50, 0.01) },
      { name: column, type: 'text', distinct: { value: 500, exact: true } },
    ),
    ...[{}, { upper: 0 }].map((limits) =>
      tableHistory({
        profile: { ...profileOf(100), metrics: [{ name: 'unpaid', value: 40 }] },
        customMetrics: [{ name: 'unpaid', kind: 'mean', severity: 'critical', ...limits }],
        tableSeries: { 'custom.unpaid': points(noisy(20, () => 2, 0.01)) },
      }),
    ),
    runs({ p50: noisy(20, () => 50, 0.01) }, { name: column, type: 'integer', mean: 50, quantiles }),
  ];
}

const first = tableHistory({ previousShape: null, tableSeries: {}, columnSeries: {} });
const unmeasured = tableHistory({ profile: null });
const failed = tableHistory({ profile: { ...profileOf(0), status: 'failed' } });
const nothing = tableHistory({ profile: null, shape: null, previousShape: null, tableSeries: {} });

const slot = { name: 'debezium', active: false, walStatus: 'reserved', retainedBytes: 1e12 };
const loudSources: readonly SourceHistory[] = [
  sourceHistory({ databaseGone: true, inventory: null }),
  sourceHistory({ inventory: null, failure: { code: 'ECONNREFUSED', message: 'nothing listens on dwh:5432' } }),
  sourceHistory({ inventory: { databases: ['other'], schemas: [], slots: [slot] } }),
];

const names = [...tableChecks, ...sourceChecks].map((check) => check.name);

test('names are different and say what they are', () => {
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^[a-z][a-z_]*$/);
});

describe.each(tableChecks.map((check) => [check.name, check] as const))('%s', (name, check) => {
  test('finds something, the same each time, without touching its input', () => {
    const found = loud.flatMap((history) => check.judge(deepFreeze(history), settings));
    expect(found.length).toBeGreaterThan(0);
    expect(loud.flatMap((history) => check.judge(history, settings))).toEqual(found);
    for (const finding of found) expectSound(finding, name);
  });

  test('says nothing on first sight, of what is unchanged, unmeasured or unknown', () => {
    for (const history of [first, tableHistory(), unmeasured, failed, nothing]) {
      const { sourceJudgedAt: _, ...firstRun } = history;
      expect(check.judge(deepFreeze(firstRun), settings)).toEqual([]);
    }
  });

  test.each(HOSTILE)('speaks plainly of a table named %j', (hostile) => {
    const found = loudRules.flatMap((history) => {
      const column = history.profile?.columns[0];
      const named: TableHistory = {
        ...history,
        schema: hostile,
        table: hostile,
        profile: profileOf(history.profile?.rowCount ?? 0, column ? [{ ...column, name: hostile }] : []),
        previousShape: shapeOf([knownColumn('id', 1), knownColumn(hostile, 2, hostile)]),
        columnSeries: Object.fromEntries([[hostile, { null_rate: points([0, 0]) }]]),
        insertTime: history.insertTime && { ...history.insertTime, column: hostile },
      };
      return check.judge(named, settings);
    });
    for (const history of loudSeries(hostile))
      found.push(...check.judge({ ...history, schema: hostile, table: hostile }, settings));
    expect(found.length).toBeGreaterThan(0);
    for (const finding of found) expectSound(finding, name);
  });

  test('does not take what objects inherit for history', () => {
    const inherited = ['constructor', 'toString', '__proto__'].map((each) => ({
      name: each,
      type: 'text',
      nullCount: 5,
    }));
    expect(check.judge(tableHistory({ profile: profileOf(10, inherited) }), settings)).toEqual([]);
  });
});

describe.each(sourceChecks.map((check) => [check.name, check] as const))('%s', (name, check) => {
  test('finds something, the same each time, without touching its input', () => {
    const found = loudSources.flatMap((history) => check.judge(deepFreeze(history), settings));
    expect(found.length).toBeGreaterThan(0);
    expect(loudSources.flatMap((history) => check.judge(history, settings))).toEqual(found);
    for (const finding of found) expectSound(finding, name);
  });

  test('says nothing on the first run, of what is unchanged or out of reach', () => {
    for (const different of [
      {},
      { previousInventory: null },
      { inventory: null },
      { inventory: null, previousInventory: null },
    ]) {
      expect(check.judge(deepFreeze(sourceHistory(different)), settings)).toEqual([]);
    }
  });

  test.each(HOSTILE)('speaks plainly of things named %j', (hostile) => {
    const inventory = { databases: [hostile], schemas: [hostile], slots: [{ ...slot, name: hostile }] };
    const failure = { code: '08006', message: hostile };
    for (const different of [{ inventory, databaseGone: true }, { inventory }, { inventory: null, failure }]) {
      const history = sourceHistory({ source: hostile, database: hostile, ...different });
      for (const finding of check.judge(history, settings)) expectSound(finding, name);
    }
  });
});

function expectSound(finding: Finding, check: string): void {
  expect(finding.check).toBe(check);
  expect(finding.at).toBe(new Date(NOW).toISOString());
  expect(finding.score).toBeGreaterThan(0.5);
  expect(finding.score).toBeLessThan(1);
  expect(finding.message).toMatch(/^\S.*\S\.$/u);
  expect(finding.message).not.toMatch(/ {2}|undefined|NaN|Infinity|\[object|[\p{Cc}\p{Cf}\p{Cs}]/u);
}
