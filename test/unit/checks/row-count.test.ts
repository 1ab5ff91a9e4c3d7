import { describe, expect, test } from 'vitest';
import { rowCount } from '#src/core/checks/row-count.js';
import { DEFAULT_CHECK_SETTINGS } from '#src/core/checks/settings.js';
import { eventDays, steady } from '../../support/event-days.js';
import { DAY, HOUR, NOW, points, profileOf, rowHistory, tableHistory } from '../../support/table-history.js';

const severities = (past: readonly number[], rows: number, intervalMs?: number) =>
  rowCount.judge(rowHistory(past, rows, intervalMs), DEFAULT_CHECK_SETTINGS).map((finding) => finding.severity);

/** Weeks of daily runs of a table that holds a fifth at the weekend. */
function weeks(count: number): number[] {
  return Array.from({ length: count }, () => [1000, 1010, 990, 1005, 995, 200, 205]).flat();
}

describe('a short history has wide limits', () => {
  test.each([
    ['no past', [], 5, []],
    ['unchanged', [1000], 1000, []],
    ['fall by exactly half', [1000], 500, []],
    ['fall by more than half', [1000], 499, ['warn']],
    ['fall by exactly 80 %', [1000], 200, ['warn']],
    ['fall by more than 80 %', [1000], 199, ['critical']],
    ['exactly doubled', [1000], 2000, []],
    ['exactly doubled after it stood still', [1000, 1000], 2000, ['warn']],
    ['nearly doubled after it stood still', [1000, 1000], 1899, []],
    ['more than doubled', [1000], 2002, ['warn']],
    ['tiny table', [5, 5, 5], 2, []],
    ['small table, a move that may be chance', [12, 12, 12], 5, []],
    ['small table that collapsed', [40, 40, 40], 8, ['warn']],
    ['a table that was nearly empty fills', [1], 1000, []],
    ['a table that was empty fills', [0, 0], 1000, []],
    ['emptied is not said here', [1000, 1000], 0, []],
  ] as const)('%s: %j then %d', (_, past, rows, expected) => {
    expect(severities(past, rows)).toEqual(expected);
  });
});

describe('what the table does by itself is no finding', () => {
  test.each([
    ['growth by the same number each run', [100, 200, 300, 400, 500], 600],
    ['growth that starts small', [1, 101, 201], 301],
    ['steady growth, one run without a load', [1000, 1100, 1200, 1200, 1300], 1400],
    ['steady shrinking', [1000, 900, 800, 700, 600, 500, 400, 300], 200],
    ['noise that a few runs have shown', [100, 150, 80, 160, 75, 140], 50],
    ['a table that swings', [100, 1000, 120, 900, 110, 1100], 100],
    ['noise of a tenth over two weeks', [1000, 1090, 950, 1010, 920, 1080, 990, 1040, 960, 1000], 860],
    ['growth that first looks like a jump', [100, 600, 1100, 1600], 2100],
    ['mild weekends', [1000, 1010, 990, 1005, 995, 700, 690, 1000, 1010, 990], 680],
    ['hard weekends, from the third on', [...weeks(2), 1000, 1010, 990, 1005, 995], 210],
    ['a staging table that is sometimes nearly empty', [1000, 30, 1000, 30, 1000], 30],
    ['three loads missed, then made good', [1000, 2000, 3000], 4000],
  ])('%s', (_, past, rows) => {
    expect(severities(past, rows)).toEqual([]);
  });

  test('steady growth that stands still, or goes on after a late run, is none either', () => {
    expect(severities([100, 200, 300, 400], 400)).toEqual([]);
    const late = tableHistory({
      now: NOW + 2 * DAY,
      profile: profileOf(1300),
      tableSeries: { row_count: points([100, 200, 300, 400, 500]) },
    });
    expect(rowCount.judge(late, DEFAULT_CHECK_SETTINGS)).toEqual([]);
  });

  test('growth does not excuse a collapse or a tenfold jump', () => {
    expect(severities([100, 200, 300, 400, 500], 60)).toEqual(['critical']);
    expect(severities([100, 200, 300, 400, 500], 200)).toEqual(['warn']);
    expect(severities([100, 200, 300, 400, 500], 5000)).toEqual(['warn']);
    expect(severities([1000, 990, 600], 250)).toEqual(['warn']);
  });
});

describe('a week of steady runs tightens the limits', () => {
  const week = Array.from({ length: 8 }, () => 10_000);
  test.each([
    [9_100, []],
    [8_900, ['info']],
    [8_000, ['warn']],
    [1_900, ['critical']],
  ])('fall to %d', (rows, expected) => {
    expect(severities(week, rows)).toEqual(expected);
  });

  test('not for a rise of a table that never moved', () => {
    expect(severities(week, 15_000)).toEqual([]);
    expect(severities(week, 21_000)).toEqual(['warn']);
  });

  test('but for one of a table that does', () => {
    expect(severities([10_000, 10_100, 9_950, 10_020, 10_080, 9_970, 10_010, 10_040], 15_000)).toEqual(['warn']);
  });

  test('not for many runs within hours: they have not seen the night', () => {
    expect(severities(week, 8_000, HOUR)).toEqual([]);
  });
});

describe('a finding lasts until the table is back or has a new level', () => {
  test('the next run still says so', () => {
    expect(severities([1000, 1000, 300], 300)).toEqual(['warn']);
    expect(severities([1000, 300, 300, 300], 300)).toEqual(['warn']);
  });

  test('four daily runs make a new level', () => {
    expect(severities([1000, 1000, 1000, 300, 300, 300, 300], 300)).toEqual([]);
  });

  test('runs in quick succession do not', () => {
    expect(severities([1000, 1000, 1000, 300, 300, 300, 300], 300, 60_000)).toEqual(['warn']);
  });

  test('a run that was off teaches nothing', () => {
    expect(severities([1000, 100_000, 1000, 1000], 1000)).toEqual([]);
    expect(severities([1000, 1000, 100_000, 1000], 60_000)).toEqual(['warn']);
    expect(severities([1000, 1000, 200, 1000], 200)).toEqual(['warn']);
    expect(severities([...weeks(2), 1000, 1010, 990, 1005, 995], 100)).toEqual(['critical']);
  });
});

test('the sentence gives the value, the last normal run and the limit', () => {
  const [finding] = rowCount.judge(rowHistory([12_000, 10_431], 5_012), DEFAULT_CHECK_SETTINGS);
  expect(finding).toMatchObject({
    source: 'batch',
    schema: 'sales',
    table: 'orders',
    metric: 'row_count',
    check: 'row_count',
    value: 5_012,
    expected: { lower: 5_608, upper: 22_431 },
    at: '2026-11-24T02:00:00.000Z',
    message:
      'sales.orders has 5,012 rows, 52 % fewer than the 10,431 of 2026-11-23 02:00 UTC; expected at least 5,608.',
  });
});

test('a rise says how much more, or how many times', () => {
  const message = (rows: number) => rowCount.judge(rowHistory([1000], rows), DEFAULT_CHECK_SETTINGS)[0]?.message;
  expect(message(3000)).toBe(
    'sales.orders has 3,000 rows, 200 % more than the 1,000 of 2026-11-23 02:00 UTC; expected at most 2,000.',
  );
  expect(message(25_000)).toContain('25,000 rows, 25 times the 1,000 of');
});

test('the score grows with the distance and starts at the threshold', () => {
  const score = (rows: number) => rowCount.judge(rowHistory([1000], rows), DEFAULT_CHECK_SETTINGS)[0]!.score;
  expect(score(499)).toBeGreaterThanOrEqual(0.6);
  expect(score(300)).toBeGreaterThan(score(400));
  expect(score(100)).toBeGreaterThanOrEqual(0.75);
});

describe('a newest day that makes up for the deviation explains it', () => {
  /** A table of 20,000 rows, 1,000 of them of each closed day, 300 of those from Brazil; `newest` are Brazil's of the last. */
  const causes = (rows: number, newest: number, mode: 'full' | 'stats' = 'full', awaited: readonly 0[] = []) => {
    const all = steady(20, 1000, 700 + newest, ...awaited);
    const values = [
      { value: 'DE', counts: steady(20, 700, 700, ...awaited) },
      { value: 'BR', counts: steady(20, 300, newest, ...awaited) },
    ];
    const history = tableHistory({
      profile: { ...profileOf(rows), mode },
      tableSeries: { row_count: points(steady(9, 20_000)) },
      events: eventDays(all, { country: { nonNull: all, values } }),
    });
    return rowCount.judge(history, DEFAULT_CHECK_SETTINGS).map(({ cause }) => cause);
  };
  const BRAZIL = "100 % of the extra rows have country = 'BR'.";

  test.each([
    ['all of it', 45_000, 25_300, [BRAZIL]],
    ['half of it', 50_000, 15_300, [BRAZIL]],
    ['less than half of it', 50_000, 15_200, [undefined]],
    ['nothing of it', 50_000, 300, [undefined]],
    ['the opposite', 5_000, 15_300, [undefined]],
  ])('%s', (_, rows, newest, expected) => {
    expect(causes(rows, newest)).toEqual(expected);
  });

  test('the newest one that is there, where another load is still on its way', () => {
    expect(causes(45_000, 25_300, 'full', [0])).toEqual([BRAZIL]);
  });

  test('not where the figures are the planner’s', () => {
    expect(causes(45_000, 25_300, 'stats')).toEqual([undefined]);
  });
});
