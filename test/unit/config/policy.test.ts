import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseDuration } from '#src/config/duration.js';
import { compileTableFilter, compileTablePolicies, DEFAULT_POLICY, timeZoneOf } from '#src/config/policy.js';
import type { Problem } from '#src/config/problem.js';
import { compileTableGlob, splitTableName } from '#src/config/table-glob.js';
import { parsePolicy, readPolicy } from '#src/config/yaml-policy.js';
import { DEFAULT_CHECK_SETTINGS } from '#src/core/checks/index.js';

function parse(text: string) {
  const problems: Problem[] = [];
  return { policy: parsePolicy(text, problems), problems };
}

test('an empty file, and none, are the defaults', () => {
  expect(parse('')).toEqual({ policy: DEFAULT_POLICY, problems: [] });
  expect(parse('# nothing yet\n{}')).toEqual({ policy: DEFAULT_POLICY, problems: [] });
});

test('what is written takes the place of a default, and nothing else does', () => {
  const { policy, problems } = parse(`
include: [batch.public.*]
exclude: [tmp_*]
views: { maxCost: 5 }
foreignTables: true
sources: { batch: { timeZone: Europe/Berlin }, cdc: {} }
tables:
  - match: orders
    insertTime: created_at
    freshness: 24h
    owner: Sales data
alerts:
  routes:
    - { severity: critical, source: batch, table: sales.*, owner: Sales data, sinks: [pagerduty, slack] }
    - { sinks: [file] }
  digest: { daily: warn, dailyAt: '06:30' }
metrics:
  - { name: unpaid, match: orders, expression: avg(1), kind: share, max: 0.5, severity: warn }
  - { name: orphans, match: batch.sales.orders, query: 'SELECT 1', maxCost: 7 }
checks:
  disabled: [first_null]
  rowCount: { minEffectShare: 0.2 }
  freshness: { slack: 2h }
  judge: { strictness: 1.5, minCountRows: 10 }
slots: { maxRetainedBytes: 10GiB }
dbt: { manifest: target/manifest.json }
schedules:
  - { name: nightly, cron: '0 2 * * *', timeZone: Europe/Berlin, tables: [sales.*], jitter: 5m, gentle: true }
  - { name: often, cron: '*/30 * * * * *', command: profile, sources: [batch], exclude: [tmp_*] }
`);
  expect(problems).toEqual([]);
  const { rowCount, freshness, slots, nulls, judge } = DEFAULT_CHECK_SETTINGS;
  const count = { relative: 0.1, absolute: 10 };
  expect(policy).toEqual({
    include: ['batch.public.*'],
    exclude: ['tmp_*'],
    views: { maxCost: 5 },
    foreignTables: true,
    sources: { batch: { timeZone: 'Europe/Berlin' }, cdc: {} },
    tables: [{ match: 'orders', insertTime: 'created_at', freshnessSeconds: 86_400, owner: 'Sales data' }],
    alerts: {
      routes: [
        { severity: 'critical', source: 'batch', table: 'sales.*', owner: 'Sales data', sinks: ['pagerduty', 'slack'] },
        { sinks: ['file'] },
      ],
      digest: { beyond: 10, daily: 'warn', dailyAt: 390 },
    },
    metrics: [
      {
        name: 'unpaid',
        match: 'orders',
        sql: { kind: 'expression', text: 'avg(1)' },
        maxCost: 1_000_000,
        kind: 'rate',
        upper: 0.5,
        severity: 'warn',
      },
      {
        name: 'orphans',
        match: 'batch.sales.orders',
        sql: { kind: 'query', text: 'SELECT 1' },
        maxCost: 7,
        kind: 'mean',
        severity: 'critical',
      },
    ],
    checks: {
      disabled: ['first_null'],
      settings: {
        rowCount: { ...rowCount, minEffectShare: 0.2 },
        nulls,
        freshness: { ...freshness, slackSeconds: 7200 },
        slots: { ...slots, retainedLimitBytes: 10 * 2 ** 30 },
        judge: {
          strictness: 1.5,
          minimumEffect: { ...judge.minimumEffect, row_count: count, cumulative: count, distinct: count },
        },
      },
    },
    dbtManifest: 'target/manifest.json',
    schedules: [
      {
        ...{ name: 'nightly', cron: '0 2 * * *', timeZone: 'Europe/Berlin', command: 'run', gentle: true },
        ...{ sources: [], tables: ['sales.*'], exclude: [], jitterSeconds: 300 },
      },
      {
        ...{ name: 'often', cron: '*/30 * * * * *', timeZone: 'UTC', command: 'profile', gentle: false },
        ...{ sources: ['batch'], tables: [], exclude: ['tmp_*'], jitterSeconds: 0 },
      },
    ],
  });
});

test.each([
  ['schedules', "{ name: a, cron: '* * * * *' }, { name: b, cron: '* * * * *' },\n  { name: a, cron: '* * * * *' }"],
  [
    'metrics',
    '{ name: a, match: t, query: SELECT 1 }, { name: b, match: t, query: SELECT 1 },\n  { name: a, match: u, query: SELECT 1 }',
  ],
])('of %s with one name the second is a problem, and the first is named', (list, entries) => {
  expect(parse(`${list}: [${entries}]`).problems).toEqual([
    {
      ...{ setting: `${list}[2].name`, file: 'sentinel.yaml', line: 2, column: 5 },
      ...{ found: `a, which is the name of ${list}[0]`, allowed: 'each name once', fix: 'rename one of them' },
    },
  ]);
});

test.each([
  ['an unknown key', 'views: {}\nexclud: [a]', { setting: 'exclud', line: 2, column: 1, fix: 'rename it to exclude' }],
  [
    'an unknown key inside',
    'tables:\n  - match: a\n    insertTme: b',
    { setting: 'tables[0].insertTme', line: 3, column: 5, fix: 'rename it to insertTime' },
  ],
  ['a missing key', 'tables:\n  - insertTime: a', { setting: 'tables[0].match', line: 2, found: 'no value' }],
  ['a wrong type', 'views: 3', { setting: 'views', line: 1, found: '3', allowed: 'a mapping (key: value)' }],
  ['a text for a number', 'views:\n  maxCost: lots', { setting: 'views.maxCost', line: 2, column: 3, found: 'lots' }],
  ['a bad glob', 'include:\n  - a.b.c.d', { setting: 'include[0]', line: 2, column: 5, found: 'a.b.c.d' }],
  ['a bad duration', 'tables: [{ match: a, freshness: 24 }]', { setting: 'tables[0].freshness', line: 1 }],
  ['a bad size', 'slots: { maxRetainedBytes: 10Gi }', { setting: 'slots.maxRetainedBytes', found: '10Gi' }],
  ['no cron expression', 'schedules: [{ name: a, cron: daily }]', { setting: 'schedules[0].cron', found: 'daily' }],
  ['a day that never comes', 'schedules: [{ name: a, cron: 0 0 31 2 * }]', { setting: 'schedules[0].cron', line: 1 }],
  ['an unknown check', 'checks:\n  disabled: [row_cuont]', { setting: 'checks.disabled[0]', fix: 'write row_count' }],
  [
    'an unknown time zone',
    'sources:\n  batch: { timeZone: Berlin }',
    { setting: 'sources.batch.timeZone', line: 2, found: 'Berlin', allowed: 'an IANA time zone such as Europe/Berlin' },
  ],
  [
    'an unknown key of a source',
    'sources: { batch: { timezone: UTC } }',
    { setting: 'sources.batch.timezone', fix: 'rename it to timeZone' },
  ],
  [
    'a metric with two ways to be measured',
    'metrics:\n  - { name: a, match: t, query: SELECT 1, expression: count(*) }',
    { setting: 'metrics[0]', line: 2, allowed: 'expression or query, and not both' },
  ],
  ['a metric that is not measured', 'metrics: [{ name: a, match: t }]', { setting: 'metrics[0]' }],
  [
    'a metric with a name that is none',
    'metrics: [{ name: Unpaid!, match: t, query: SELECT 1 }]',
    { setting: 'metrics[0].name', found: 'Unpaid!' },
  ],
  [
    'limits the wrong way round',
    'metrics: [{ name: a, match: t, query: SELECT 1, min: 2, max: 1 }]',
    { setting: 'metrics[0].max', allowed: 'at least min' },
  ],
  ['broken YAML', 'views: {\n', { setting: 'sentinel.yaml', allowed: 'YAML 1.2, each key once' }],
  ['the same key twice', 'views: {}\nviews: {}', { setting: 'sentinel.yaml', line: 2 }],
  ['no mapping', '- a', { setting: 'sentinel.yaml' }],
])('%s is a problem with its place', (_, text, expected) => {
  const { policy, problems } = parse(text);
  expect(policy).toEqual(DEFAULT_POLICY);
  expect(problems[0]).toMatchObject({ file: 'sentinel.yaml', ...expected });
});

test('a source has the time zone that is named, else UTC', () => {
  const { policy } = parse('sources: { batch: { timeZone: Asia/Tokyo }, cdc: {} }');
  expect(['batch', 'cdc', 'toString'].map((source) => timeZoneOf(policy, source))).toEqual([
    'Asia/Tokyo',
    'UTC',
    'UTC',
  ]);
});

test('the name sentinel.yml is not passed over', () => {
  const cwd = mkdtempSync(join(tmpdir(), 'sentinel-policy-'));
  try {
    writeFileSync(join(cwd, 'sentinel.yml'), 'views: {}');
    const problems: Problem[] = [];
    readPolicy(cwd, problems);
    expect(problems).toMatchObject([{ setting: 'sentinel.yml' }]);
  } finally {
    rmSync(cwd, { recursive: true });
  }
});

test('globs match by part', () => {
  const matches = (pattern: string, source: string, schema: string, table: string) =>
    compileTableGlob(pattern)?.({ source, schema, table });
  expect(matches('orders', 'batch', 'public', 'orders')).toBe(true);
  expect(matches('orders', 'batch', 'orders', 'users')).toBe(false);
  expect(matches('sales.*', 'batch', 'sales', 'a.b\nc')).toBe(true);
  expect(matches('cdc.sales.*', 'batch', 'sales', 'x')).toBe(false);
  expect(matches('o?d*', 'batch', 'public', 'ord')).toBe(true);
  expect(matches('o?d', 'batch', 'public', 'oord')).toBe(false);
  expect(matches('"a.b*"', 'batch', 'public', 'a.b*')).toBe(true);
  expect(matches('"a.b*"', 'batch', 'public', 'a.bc')).toBe(false);
  expect(matches('a+(b)', 'batch', 'public', 'a+(b)')).toBe(true);
  expect(matches('Orders', 'batch', 'public', 'orders')).toBe(false);
  for (const bad of ['', '.', 'a.', '.a', 'a..b', 'a.b.c.d', '"a', 'a"b"'])
    expect(compileTableGlob(bad)).toBeUndefined();
});

test('table names split as globs do, and mean themselves', () => {
  expect(splitTableName('orders')).toEqual({ table: 'orders' });
  expect(splitTableName('batch.sales."o.""x"')).toEqual({ source: 'batch', schema: 'sales', table: 'o."x' });
  expect(splitTableName('a.b.c.d')).toBeUndefined();
});

test('exclude beats include, and the first entry that names a setting counts', () => {
  const wanted = compileTableFilter({ include: ['sales.*'], exclude: ['*_tmp'] });
  expect(wanted({ source: 'a', schema: 'sales', table: 'x' })).toBe(true);
  expect(wanted({ source: 'a', schema: 'sales', table: 'x_tmp' })).toBe(false);
  expect(wanted({ source: 'a', schema: 'other', table: 'x' })).toBe(false);
  const settings = compileTablePolicies([
    { match: 'orders', insertTime: 'created' },
    { match: '*', insertTime: 'loaded', freshnessSeconds: 60 },
  ]);
  expect(settings({ source: 'a', schema: 's', table: 'orders' })).toEqual({
    insertTime: 'created',
    freshnessSeconds: 60,
  });
  expect(settings({ source: 'a', schema: 's', table: 'x' })).toEqual({ insertTime: 'loaded', freshnessSeconds: 60 });
});

test('durations', () => {
  expect(['90s', '30m', '24h', '7d', '1h30m'].map(parseDuration)).toEqual([90, 1800, 86_400, 604_800, 5400]);
  for (const bad of ['', '24', '24 h', '-1h', '0s', '1.5h', 'h']) expect(parseDuration(bad)).toBeUndefined();
});
