import { expect, test } from 'vitest';
import type { ColumnProfile } from '#src/core/model/profile.js';
import { reportColumns } from '#src/report/collect/columns.js';
import { shapeOf } from '#src/report/collect/shape.js';
import { encodeTrend } from '#src/report/collect/trend.js';
import { points, profileOf, tableHistory } from '../../support/table-history.js';

const QUANTILES = { p01: 0, p05: 10, p25: 30, p50: 50, p75: 70, p95: 90, p99: 100 };
const amount: ColumnProfile = {
  name: 'amount',
  type: 'numeric(10,2)',
  nullCount: 5,
  distinct: { value: 80, exact: false },
  min: '-3.00',
  max: '4000000000000000000000.00',
  mean: 51.234567,
  quantiles: QUANTILES,
  topValues: [
    { value: '50.00', count: 20, exact: true },
    { value: '51.00', count: 1, exact: true },
  ],
};
const email: ColumnProfile = {
  name: 'email',
  type: 'text',
  nullCount: 0,
  distinct: { value: 100, exact: true },
  min: 'ann@example.com',
  max: 'zoe@example.com',
  topValues: [{ value: 'bob@example.com', count: 9, exact: true }],
};

const columnsOf = (columns: ColumnProfile[], unmask = false, more = {}) =>
  reportColumns(tableHistory({ profile: profileOf(100, columns), ...more }), unmask);

test('a column shows its figures rounded, its shape, and values that occur more than once', () => {
  expect(columnsOf([amount])[0]).toMatchObject({
    nullRate: 0.05,
    distinct: 80,
    estimated: true,
    mean: 51.235,
    min: '-3.00',
    max: '4000000000000000000000.00',
    ends: ['0', '100'],
    median: { at: 0.5, value: '50' },
    top: [['50.00', 0.2]],
  });
});

test('no value of a column that looks personal is in the report, unless it is asked for', () => {
  expect(columnsOf([email])).toEqual([{ name: 'email', type: 'text', nullRate: 0, distinct: 100, masked: 'e-mail' }]);
  expect(JSON.stringify(columnsOf([email, { ...amount, name: 'phone' }]))).not.toMatch(
    /example\.com|-3\.00|50\.00|51\.2/,
  );
  expect(columnsOf([email], true)[0]).toMatchObject({ min: 'ann@example.com', top: [['bob@example.com', 0.09]] });
});

test('a column that could not be read says why', () => {
  const failure = { code: '42501', message: 'the role has no privilege', retryable: false };
  expect(columnsOf([{ name: 'secret_plan', type: 'text', failure }])).toEqual([
    { name: 'secret_plan', type: 'text', failure: 'the role has no privilege' },
  ]);
});

test('null rates that move are a trend by run, those that do not are none', () => {
  const series = (values: number[]) => ({ columnSeries: { amount: { null_rate: points(values) } } });
  expect(columnsOf([amount], false, series([0, 0.1, 0.2, 0.1, 0]))[0]!.nullTrend).toEqual({
    points: '0VzV0',
    low: 0,
    high: 0.2,
  });
  expect(columnsOf([amount], false, series([0.1, 0.1, 0.1, 0.1, 0.1]))[0]!.nullTrend).toBeUndefined();
});

test('null rates by insert time go before those by run', () => {
  const days = {
    starts: [1, 2, 3, 4, 5, 6, 7],
    end: 8,
    complete: 1,
    rows: [10, 10, 10, 0, 10, 10, 10],
    columns: { amount: { nonNull: [0, 10, 10, 0, 10, 10, 5] } },
  };
  const events = { column: 'created_at', declared: false, timeZone: 'UTC', days };
  expect(columnsOf([amount], false, { events })[0]!.nullTrend).toEqual({ points: '00-00z', low: 0, high: 0.5 });
});

test('a shape holds the mass where the quantiles put it', () => {
  const even = shapeOf({ ...amount, quantiles: { p01: 1, p05: 5, p25: 25, p50: 50, p75: 75, p95: 95, p99: 99 } })!;
  expect(even.density.points).toMatch(/^z{32}$/);
  const skewed = shapeOf({ ...amount, quantiles: { p01: 0, p05: 0, p25: 0, p50: 1, p75: 2, p95: 10, p99: 100 } })!;
  expect(skewed.density.points[0]).toBe('z');
  expect(skewed.density.points.at(-1)).toMatch(/[01]/);
  expect(skewed.median).toBe(0.01);
});

test('times have a shape, single values and texts have none', () => {
  const day = (n: number) => `2026-01-${String(n).padStart(2, '0')}`;
  const quantiles = { p01: day(1), p05: day(2), p25: day(5), p50: day(11), p75: day(15), p95: day(20), p99: day(21) };
  expect(shapeOf({ name: 'on', type: 'date', quantiles })).toMatchObject({
    median: 0.5,
    density: { low: Date.UTC(2026, 0, 1) / 1000 },
  });
  const same = { p01: 3, p05: 3, p25: 3, p50: 3, p75: 3, p95: 3, p99: 3 };
  expect(shapeOf({ name: 'a', type: 'integer', quantiles: same })).toBeNull();
  expect(shapeOf({ name: 'a', type: 'text' })).toBeNull();
});

test('a trend is one digit a point between its limits', () => {
  expect(encodeTrend([0, 61, null, 30.6])).toEqual({ points: '0z-V', low: 0, high: 61 });
  expect(encodeTrend([5, 5])).toEqual({ points: '00', low: 5, high: 5 });
  expect(encodeTrend([null])).toBeUndefined();
});
