import { describe, expect, test } from 'vitest';
import { freshnessSeconds, metricPoints, seriesKind } from '#src/core/metrics/index.js';
import type { ColumnProfile } from '#src/core/model/profile.js';
import { DAY, HOUR, NOW, profileOf } from '../../support/table-history.js';

const figures = (rowCount: number, column: ColumnProfile) =>
  Object.fromEntries(
    metricPoints(profileOf(rowCount, [column]))
      .filter((point) => point.column !== null)
      .map((point) => [point.metric, point.value]),
  );
const quantiles = (p05: number | string, p50: number | string, p95: number | string) => ({
  p01: p05,
  p05,
  p25: p05,
  p50,
  p75: p50,
  p95,
  p99: p95,
});

test('a numeric column: rates of values are taken over the values that are not null', () => {
  const column = {
    name: 'amount',
    type: 'double precision',
    nullCount: 20,
    distinct: { value: 40, exact: true },
    mean: 2.5,
    stddev: 1.5,
    quantiles: quantiles(0, '2.25', 5),
    zeros: 8,
    negatives: 4,
    nan: 2,
  };
  expect(figures(100, column)).toEqual({
    null_rate: 0.2,
    distinct: 40,
    uniqueness: 0.5,
    mean: 2.5,
    stddev: 1.5,
    p05: 0,
    p50: 2.25,
    p95: 5,
    zero_rate: 0.1,
    negative_rate: 0.05,
    nan_rate: 0.025,
  });
});

test('a text column has no figure of its quantiles', () => {
  const column = {
    name: 'note',
    type: 'text',
    nullCount: 0,
    distinct: { value: 5, exact: true },
    quantiles: quantiles('1', '2', '3'),
    length: { min: 0, mean: 3.5, max: 9, unit: 'characters' as const },
    empty: 1,
  };
  expect(figures(10, column)).toEqual({
    null_rate: 0,
    distinct: 5,
    uniqueness: 0.5,
    empty_rate: 0.1,
    length_mean: 3.5,
  });
});

describe('unknown is left out, never 0', () => {
  test('no rows, no rates', () => {
    expect(
      figures(0, { name: 'a', type: 'integer', nullCount: 0, zeros: 0, distinct: { value: 0, exact: true } }),
    ).toEqual({
      distinct: 0,
    });
  });

  test('only nulls, no rates of values', () => {
    expect(figures(5, { name: 'a', type: 'integer', nullCount: 5, zeros: 0, negatives: 0 })).toEqual({ null_rate: 1 });
  });

  test('a column that could not be read', () => {
    const failure = { code: '42501', message: 'no', retryable: false };
    expect(figures(5, { name: 'a', type: 'integer', failure })).toEqual({});
  });

  test('a table that was not measured', () => {
    expect(metricPoints({ ...profileOf(5), status: 'failed' })).toEqual([]);
    const { rowCount: _, ...uncounted } = profileOf(5, [{ name: 'a', type: 'integer', nullCount: 1 }]);
    expect(metricPoints(uncounted)).toEqual([]);
  });

  test('figures that are no numbers', () => {
    const column = { name: 'a', type: 'numeric', mean: Number.NaN, stddev: Number.POSITIVE_INFINITY };
    expect(figures(5, { ...column, quantiles: quantiles('NaN', 'Infinity', '9007199254740993') })).toEqual({
      p95: 9007199254740992,
    });
  });
});

test('an estimate of distinct values above the number of values is full uniqueness', () => {
  expect(
    figures(10, { name: 'a', type: 'integer', nullCount: 0, distinct: { value: 11, exact: false } }),
  ).toMatchObject({
    distinct: 11,
    uniqueness: 1,
  });
});

test('the table comes first; a standard error goes with the mean', () => {
  expect(metricPoints(profileOf(10, [{ name: 'a', type: 'integer', mean: 3, stddev: 1, stdError: 0.1 }]))).toEqual([
    { column: null, metric: 'row_count', value: 10 },
    { column: 'a', metric: 'mean', value: 3, stdError: 0.1 },
    { column: 'a', metric: 'stddev', value: 1 },
  ]);
});

test.each([
  [NOW - HOUR, 3600],
  [NOW, 0],
  [NOW + HOUR, 0],
  [NOW + DAY, 0],
  [NOW + DAY + 1000, undefined],
  [null, undefined],
  [Number.NaN, undefined],
])('newest %d is %s seconds old', (newest, expected) => {
  expect(freshnessSeconds(newest, NOW)).toBe(expected);
});

test('every stored series has a kind', () => {
  expect(seriesKind('row_count')).toBe('row_count');
  expect(seriesKind('null_rate')).toBe('null_rate');
  expect(seriesKind('freshness_seconds')).toBe('freshness');
  expect(seriesKind('nonsense')).toBeUndefined();
});
