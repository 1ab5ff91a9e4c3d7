import { describe, expect, test } from 'vitest';
import { allNull } from '#src/core/checks/all-null.js';
import { firstNull } from '#src/core/checks/first-null.js';
import { judgeTables } from '#src/core/checks/index.js';
import { DEFAULT_CHECK_SETTINGS as settings } from '#src/core/checks/settings.js';
import { nullHistory, points, profileOf, tableHistory } from '../../support/table-history.js';

describe('first_null', () => {
  const severities = (past: readonly number[], nulls: number, rows?: number) =>
    firstNull.judge(nullHistory(past, nulls, rows), settings).map((finding) => finding.severity);

  test.each([
    ['no nulls', [0, 0], 0, 100, []],
    ['first sight', [], 5, 100, []],
    ['had nulls before', [0, 0.01, 0], 5, 100, []],
    ['always had them', [0.05, 0.05], 5, 100, []],
    ['too few rows seen', [0], 1, 9, []],
    ['ten rows seen', [0], 1, 10, ['warn']],
    ['ten rows seen over two runs', [0, 0], 1, 5, ['warn']],
    ['a fifth of the rows', [0], 20, 100, ['warn']],
    ['more than a fifth', [0], 21, 100, ['critical']],
    ['still there in the next run', [0, 0, 0.05], 5, 100, ['warn']],
    ['there for four days', [0, 0, 0.05, 0.05, 0.05, 0.05], 5, 100, []],
  ] as const)('%s', (_, past, nulls, rows, expected) => {
    expect(severities(past, nulls, rows)).toEqual(expected);
  });

  test('names count, share and the last run without', () => {
    expect(firstNull.judge(nullHistory([0, 0, 0], 1204, 10_000), settings)).toMatchObject([
      {
        column: 'amount',
        metric: 'null_rate',
        value: 0.1204,
        expected: { upper: 0 },
        message:
          'sales.orders.amount has 1,204 nulls (12 % of 10,000 rows); it had none in 3 runs up to 2026-11-23 02:00 UTC.',
      },
    ]);
  });

  test('a column that could not be read is unknown', () => {
    const history = tableHistory({
      profile: profileOf(100, [{ name: 'amount', type: 'integer' }]),
      columnSeries: { amount: { null_rate: points([0, 0]) } },
    });
    expect(firstNull.judge(history, settings)).toEqual([]);
  });
});

describe('all_null', () => {
  const found = (past: readonly number[], nulls: number, rows?: number) =>
    allNull.judge(nullHistory(past, nulls, rows), settings).length;

  test.each([
    ['never seen', [], 100, 100, 0],
    ['always all null', [1, 1], 100, 100, 0],
    ['nearly all', [0, 0], 99, 100, 0],
    ['all', [0, 0], 100, 100, 1],
    ['all of a column with some nulls', [0.4, 0.6], 100, 100, 1],
    ['sparse column, by chance', [0.96], 100, 100, 0],
    ['sparse column, too many for chance', [0.9], 100, 100, 1],
    ['still so in the next run', [0, 0, 1], 100, 100, 1],
    ['so for four days', [0, 1, 1, 1, 1], 100, 100, 0],
    ['was so before', [0, 1, 0], 100, 100, 0],
  ] as const)('%s', (_, past, nulls, rows, expected) => {
    expect(found(past, nulls, rows)).toBe(expected);
  });

  test('says so, and first_null does not repeat it', () => {
    expect(judgeTables([nullHistory([0, 0], 100)])).toMatchObject([
      {
        check: 'all_null',
        severity: 'critical',
        message: 'sales.orders.amount is null in all of 100 rows; it had no null at 2026-11-23 02:00 UTC.',
      },
    ]);
  });
});
