import { describe, expect, test } from 'vitest';
import { emptyTable } from '#src/core/checks/empty-table.js';
import { DEFAULT_CHECK_SETTINGS } from '#src/core/checks/settings.js';
import { profileOf, rowHistory, tableHistory } from '../../support/table-history.js';

const judge = (past: readonly number[], rows: number, intervalMs?: number) =>
  emptyTable.judge(rowHistory(past, rows, intervalMs), DEFAULT_CHECK_SETTINGS);

describe('quiet', () => {
  test.each([
    ['no past', [], 0],
    ['always empty', [0, 0, 0], 0],
    ['not empty', [5], 1],
    ['emptied and refilled as a matter of course', [100, 0, 80, 0, 120], 0],
    ['empty for four days', [100, 100, 0, 0, 0, 0], 0],
  ])('%s', (_, past, rows) => {
    expect(judge(past, rows)).toEqual([]);
  });

  test('where only the statistics say so', () => {
    const stats = tableHistory({ profile: { ...profileOf(0), mode: 'stats' } });
    expect(emptyTable.judge(stats, DEFAULT_CHECK_SETTINGS)).toEqual([]);
  });
});

describe('critical', () => {
  test.each([
    ['rows before, none now', [3], 0],
    ['still empty in the next run', [100, 0], 0],
    ['still empty after three days', [100, 0, 0, 0], 0],
    ['emptied once before', [100, 0, 100], 0],
  ])('%s', (_, past, rows) => {
    expect(judge(past, rows)).toMatchObject([{ severity: 'critical', value: 0, metric: 'row_count' }]);
  });

  test('runs in quick succession do not make emptiness normal', () => {
    expect(judge([100, 0, 0, 0, 0, 0], 0, 60_000)).toHaveLength(1);
  });
});

test('the sentence says when it had rows', () => {
  expect(judge([10_431, 0], 0)[0]?.message).toBe('sales.orders is empty; it had 10,431 rows at 2026-11-22 02:00 UTC.');
  expect(judge([1], 0)[0]?.message).toBe('sales.orders is empty; it had 1 row at 2026-11-23 02:00 UTC.');
});
