import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DEFAULT_CHECK_SETTINGS, judgeTables } from '#src/core/checks/index.js';
import { rowCount } from '#src/core/checks/row-count.js';
import { metricPoints } from '#src/core/metrics/index.js';
import type { TableHistory } from '#src/core/model/history.js';
import type { ColumnProfile } from '#src/core/model/profile.js';
import {
  DAY,
  freshnessHistory,
  HOUR,
  NOW,
  points,
  profileOf,
  rowHistory,
  tableHistory,
} from '../support/table-history.js';

const interval = fc.constantFrom(1_000, 60_000, HOUR, DAY, 7 * DAY);
const rows = fc.oneof(fc.nat(30), fc.nat(1_000_000_000));
const past = fc.array(rows, { maxLength: 45 });

/** A column of a table of so many rows. */
const column = (rowCount: number, name: string): fc.Arbitrary<ColumnProfile> =>
  fc.nat(rowCount).map((nullCount) => ({ name, type: 'integer', nullCount }));

/** A table and runs of it, all of which saw what the present one sees. */
const unchanged = fc.tuple(rows, fc.integer({ min: 0, max: 15 }), interval).chain(([rowCount, runs, ms]) =>
  fc.tuple(column(rowCount, 'a'), column(rowCount, 'b')).map((columns): TableHistory => {
    const profile = profileOf(rowCount, columns);
    const series = (name: string | null) =>
      Object.fromEntries(
        metricPoints(profile)
          .filter((point) => point.column === name)
          .map((point) => [point.metric, points(Array(runs).fill(point.value), ms)]),
      );
    return tableHistory({
      profile,
      tableSeries: series(null),
      columnSeries: { a: series('a'), b: series('b') },
    });
  }),
);

const anything = fc
  .record({
    table: fc.constantFrom('a', 'b', 'c'),
    past,
    rows,
    interval,
    nulls: fc.nat(100),
    nullRates: fc.array(fc.constantFrom(0, 0.01, 0.5, 1), { maxLength: 10 }),
    gone: fc.boolean(),
  })
  .map(({ table, past, rows, interval, nulls, nullRates, gone }): TableHistory => {
    const profile = profileOf(rows, [{ name: 'amount', type: 'integer', nullCount: Math.min(rows, nulls) }]);
    const history = tableHistory({
      table,
      profile,
      tableSeries: { row_count: points(past, interval) },
      columnSeries: { amount: { null_rate: points(nullRates, interval) } },
    });
    return gone ? { ...history, profile: null, shape: null } : history;
  });

describe('quiet', () => {
  test('what every run saw alike is no finding', () => {
    fc.assert(
      fc.property(unchanged, (history) => {
        expect(judgeTables([history])).toEqual([]);
      }),
    );
  });

  test('the unknown is no finding', () => {
    fc.assert(
      fc.property(anything, fc.constantFrom('failed' as const, 'skipped' as const), (history, status) => {
        const present = { ...history, shape: history.previousShape };
        const profile = { ...profileOf(0), status };
        expect(
          judgeTables([
            { ...present, profile: null },
            { ...present, profile },
          ]),
        ).toEqual([]);
      }),
    );
  });

  test('growth by the same number each run is no finding', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.integer({ min: 1, max: 100_000 }),
        fc.integer({ min: 3, max: 30 }),
        interval,
        (start, step, runs, ms) => {
          const counts = Array.from({ length: runs }, (_, i) => start + i * step);
          expect(judgeTables([rowHistory(counts, start + runs * step, ms)])).toEqual([]);
        },
      ),
    );
  });

  test('loads that come at equal intervals are no finding, whatever the interval of the runs', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 48 }),
        fc.integer({ min: 1, max: 48 }),
        fc.integer({ min: 0, max: 47 }),
        fc.integer({ min: 1, max: 60 }),
        (loadHours, runHours, phase, runs) => {
          const newestAt = (time: number) =>
            Math.floor((time - phase * HOUR) / (loadHours * HOUR)) * loadHours * HOUR + phase * HOUR;
          const judged = Array.from({ length: runs }, (_, i) => NOW - (runs - i) * runHours * HOUR);
          const history = freshnessHistory(
            judged.map((time) => ({ time, newest: newestAt(time) })),
            newestAt(NOW),
          );
          expect(judgeTables([history])).toEqual([]);
        },
      ),
      { numRuns: 500 },
    );
  });
});

test('the order of tables changes nothing', () => {
  fc.assert(
    fc.property(fc.array(anything, { maxLength: 8 }), fc.infiniteStream(fc.nat()), (histories, order) => {
      const shuffled = histories
        .map((history) => ({ history, key: order.next().value ?? 0 }))
        .sort((a, b) => a.key - b.key)
        .map(({ history }) => history);
      expect(judgeTables(shuffled)).toEqual(judgeTables(histories));
    }),
  );
});

test('sentences hold together, scores and limits are numbers', () => {
  fc.assert(
    fc.property(anything, (history) => {
      for (const finding of judgeTables([history])) {
        expect(finding.message).toMatch(/^[^ ].*[^ .]\.$/);
        expect(finding.message).not.toMatch(/ {2}|undefined|NaN|Infinity|-\d+ rows/);
        expect(finding.score).toBeGreaterThanOrEqual(0.5);
        expect(finding.score).toBeLessThan(1);
        for (const bound of Object.values(finding.expected)) expect(bound).toSatisfy(Number.isFinite);
      }
    }),
    { numRuns: 500 },
  );
});

test('a row count that fell further is never scored lower', () => {
  fc.assert(
    fc.property(past, rows, rows, interval, (counts, a, b, ms) => {
      const score = (count: number) =>
        rowCount.judge(rowHistory(counts, count, ms), DEFAULT_CHECK_SETTINGS).find(fell)?.score ?? 0;
      const [low, high] = [Math.min(a, b) + 1, Math.max(a, b) + 1];
      expect(score(low)).toBeGreaterThanOrEqual(score(high));
    }),
    { numRuns: 500 },
  );
});

function fell(finding: { readonly message: string }): boolean {
  return finding.message.includes('at least');
}
