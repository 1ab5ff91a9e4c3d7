import { describe, expect, test } from 'vitest';
import { columnMetrics, seriesKind, tableMetrics } from '#src/core/metrics/index.js';
import type { ColumnProfile } from '#src/core/model/profile.js';
import { deepFreeze } from '../support/deep-freeze.js';
import { profileOf } from '../support/table-history.js';

const full: ColumnProfile = deepFreeze({
  name: 'a',
  type: 'numeric',
  nullCount: 2,
  distinct: { value: 50, exact: false },
  min: -1,
  max: '99999999999999999999',
  mean: 3,
  stddev: 2,
  quantiles: { p01: 0, p05: '1', p25: 2, p50: 3, p75: 4, p95: '5e3', p99: 6 },
  zeros: 60,
  negatives: 60,
  nan: 60,
  infinite: 1,
  length: { min: 0, mean: 3, max: 9, unit: 'bytes' as const },
  empty: 60,
});
const bare: ColumnProfile = deepFreeze({ name: 'a', type: 'text' });
const metrics = [...tableMetrics, ...columnMetrics];

test('names are different, and each has its kind', () => {
  expect(new Set(metrics.map((metric) => metric.name)).size).toBe(metrics.length);
  for (const metric of metrics) {
    expect(metric.name).toMatch(/^[a-z][a-z0-9_]*$/);
    expect(seriesKind(metric.name)).toBe(metric.kind);
  }
});

describe.each(columnMetrics.map((metric) => [metric.name, metric] as const))('%s', (_, metric) => {
  test('is undefined where nothing is known', () => {
    for (const rows of [0, 1, 100]) expect(metric.measure(bare, rows)).toBeUndefined();
  });

  test('is a finite number where everything is known, the same each time', () => {
    const value = metric.measure(full, 42);
    expect(value).toSatisfy(Number.isFinite);
    expect(metric.measure(full, 42)).toBe(value);
  });

  test('is a share where it is a rate, and none of nothing', () => {
    if (metric.kind !== 'rate' && metric.kind !== 'null_rate') return;
    expect(metric.measure(full, 42)).toBeGreaterThanOrEqual(0);
    expect(metric.measure(full, 42)).toBeLessThanOrEqual(1);
    expect(metric.measure({ ...full, nullCount: 0 }, 0)).toBeUndefined();
  });
});

describe.each(tableMetrics.map((metric) => [metric.name, metric] as const))('%s', (_, metric) => {
  test('is finite or undefined', () => {
    expect(metric.measure(deepFreeze(profileOf(5, [full])))).toSatisfy(Number.isFinite);
    const { rowCount: _rows, ...unknown } = profileOf(5);
    expect(metric.measure(unknown)).toBeUndefined();
  });
});
