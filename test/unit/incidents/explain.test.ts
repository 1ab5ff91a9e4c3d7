import { describe, expect, test } from 'vitest';
import { explainRows } from '#src/core/incidents/explain.js';
import type { EventBuckets, EventColumn } from '#src/core/model/event-history.js';
import type { JsonValue } from '#src/core/model/profile.js';
import { eventDays, noisy, steady } from '../../support/event-days.js';

const DAYS = 60;
const LAST = DAYS - 1;
const TWICE = 'Every value came about twice as often: the load may have run twice.';

/** What each value of a column has day by day; the rows in none of them have no value. */
type Counts = readonly (readonly [JsonValue, readonly number[]])[];

function columnOf(rows: readonly number[], values: Counts): EventColumn {
  return {
    nonNull: rows.map((_, day) => values.reduce((sum, [, counts]) => sum + counts[day]!, 0)),
    values: values.map(([value, counts]) => ({ value, counts })),
  };
}

function daysOf(
  rows: readonly number[],
  columns: Readonly<Record<string, Counts>>,
  complete: { readonly complete?: number } = {},
): EventBuckets {
  const figures = Object.entries(columns).map(([name, values]) => [name, columnOf(rows, values)]);
  return eventDays(rows, Object.fromEntries(figures), complete).days;
}

/** 1,000 rows a day of two countries, or without one; what is not said of the last day is as before. */
function countries({ DE = 600, BR = 300, none = 100 }, days = DAYS): EventBuckets {
  return daysOf(steady(days, 1000, DE + BR + none), {
    country: [
      ['DE', steady(days, 600, DE)],
      ['BR', steady(days, 300, BR)],
    ],
  });
}

describe('one group of rows explains', () => {
  test.each([
    ['a value that went', { BR: 0 }, "100 % of the missing rows have country = 'BR'."],
    ['a value that nearly went', { BR: 18, DE: 582 }, "94 % of the missing rows have country = 'BR'."],
    ['a frequent value that went', { DE: 0 }, "100 % of the missing rows have country = 'DE'."],
    ['a value that came too often', { BR: 1300, DE: 650 }, "95 % of the extra rows have country = 'BR'."],
    ['nearly all', { BR: 30_300, DE: 690 }, "100 % of the extra rows have country = 'BR'."],
    ['a little more than all', { BR: 0, DE: 630 }, "100 % of the missing rows have country = 'BR'."],
    ['rows without a value that went', { DE: 610, none: 0 }, '100 % of the missing rows have no country.'],
    ['rows without a value that came', { none: 900 }, '100 % of the extra rows have no country.'],
  ])('%s', (_, last, cause) => {
    expect(explainRows(countries(last), LAST, 1000)).toBe(cause);
  });

  test('of a column whose values are not counted, those without one', () => {
    const rows = steady(DAYS, 1000, 1800);
    const days = eventDays(rows, { email: { nonNull: steady(DAYS, 990, 1000) } }).days;
    expect(explainRows(days, LAST, 1000)).toBe('99 % of the extra rows have no email.');
  });

  test('a value that was never there before', () => {
    const days = daysOf(steady(DAYS, 1000, 2500), {
      country: [
        ['DE', steady(DAYS, 1000, 1015)],
        ['XX', steady(DAYS, 0, 1485)],
      ],
    });
    expect(explainRows(days, LAST, 1000)).toBe("99 % of the extra rows have country = 'XX'.");
  });

  test('the column that says most is named, and of equal ones the first', () => {
    const half = (name: string, last: number) => [name, steady(DAYS, 500, last)] as const;
    const of = (many: JsonValue, few: JsonValue): Counts => [
      [many, steady(DAYS, 700, 700)],
      [few, steady(DAYS, 300, 0)],
    ];
    const days = daysOf(steady(DAYS, 1000, 700), {
      region: [half('south', 200), half('north', 500)],
      'Country code': of('DE', 'BR'),
      country_id: of(49, 55),
    });
    expect(explainRows(days, LAST, 1000)).toBe(`100 % of the missing rows have "Country code" = 'BR'.`);
  });

  test('a weekday is measured against its like', () => {
    const counts = (likeLast: number, others: number, last: number) =>
      Array.from({ length: DAYS }, (_, day) => (day === LAST ? last : (LAST - day) % 7 === 0 ? likeLast : others));
    const web = counts(900, 300, 100);
    const shop = counts(100, 1700, 100);
    const rows = web.map((count, day) => count + shop[day]!);
    const days = daysOf(rows, {
      channel: [
        ['web', web],
        ['shop', shop],
      ],
    });
    expect(explainRows(days, LAST, 1000)).toBe("100 % of the missing rows have channel = 'web'.");
  });

  test('days without rows are passed over', () => {
    const days = countries({ BR: 0 });
    const without = (counts: readonly number[]) => counts.map((count, day) => (day === LAST - 7 ? 0 : count));
    const { nonNull, values } = days.columns.country!;
    const country = {
      nonNull: without(nonNull),
      values: values!.map(({ value, counts }) => ({ value, counts: without(counts) })),
    };
    expect(explainRows({ ...days, rows: without(days.rows), columns: { country } }, LAST, 1000)).toBe(
      "100 % of the missing rows have country = 'BR'.",
    );
  });

  test('of days that are wrong one after the other, the second is explained, too', () => {
    const days = daysOf(steady(DAYS, 1000, 700, 700), {
      country: [
        ['DE', steady(DAYS, 700)],
        ['BR', steady(DAYS, 300, 0, 0)],
      ],
    });
    expect(explainRows(days, LAST, 1000)).toBe("100 % of the missing rows have country = 'BR'.");
  });
});

describe('a load that came twice', () => {
  test.each([
    ['exactly', { DE: 1200, BR: 600, none: 200 }, TWICE],
    ['about', { DE: 1100, BR: 640, none: 230 }, TWICE],
    ['few of them by chance less exactly', { DE: 1200, BR: 600, none: 160 }, TWICE],
    ['a little too little', { DE: 1110, BR: 555, none: 185 }, null],
    ['but for one value', { DE: 1300, BR: 440, none: 200 }, null],
    ['a little too much', { DE: 1290, BR: 630, none: 210 }, null],
    ['three times', { DE: 1800, BR: 900, none: 300 }, null],
  ])('%s', (_, last, cause) => {
    expect(explainRows(countries(last), LAST, 1000)).toBe(cause);
  });

  test('is not doubted for a value that is rare, or not there any more', () => {
    const days = daysOf(steady(DAYS, 1020, 2010), {
      country: [
        ['DE', steady(DAYS, 500, 1000)],
        ['BR', steady(DAYS, 500, 1000)],
        ['FR', steady(DAYS, 20, 10)],
        ['DDR', [10, ...steady(DAYS - 1, 0)]],
      ],
    });
    expect(explainRows(days, LAST, 1020)).toBe(TWICE);
  });

  test('is not seen where a column has one value alone', () => {
    const rows = steady(DAYS, 1000, 2000);
    expect(explainRows(daysOf(rows, { currency: [['EUR', rows]] }), LAST, 1000)).toBeNull();
    expect(explainRows(daysOf(rows, {}), LAST, 1000)).toBeNull();
  });
});

describe('nothing explains', () => {
  test.each([
    ['that all values halved', { DE: 300, BR: 150, none: 50 }],
    ['that all values halved, more or less', { DE: 330, BR: 130, none: 40 }],
    ['that nearly all is gone', { DE: 20, BR: 0, none: 0 }],
    ['that all is gone', { DE: 0, BR: 0, none: 0 }],
    ['what two values have a part in', { DE: 425, BR: 125, none: 100 }],
    ['what is little more than half a value’s', { DE: 800, BR: 530, none: 670 }],
    ['a fall that others made good in part', { DE: 850, BR: 0, none: 0 }],
    ['a day that is as expected', {}],
  ])('%s', (_, last) => {
    expect(explainRows(countries(last), LAST, 1000)).toBeNull();
  });

  test('a fall of all by half, though one value has most of the rows', () => {
    const days = daysOf(steady(DAYS, 1000, 520), {
      currency: [
        ['EUR', steady(DAYS, 800, 400)],
        ['USD', steady(DAYS, 200, 120)],
      ],
    });
    expect(explainRows(days, LAST, 1000)).toBeNull();
  });

  test('that nearly all is gone, whatever is left', () => {
    const of = (last: number) =>
      daysOf(steady(DAYS, 1000, last), {
        country: [
          ['DE', steady(DAYS, 960, 0)],
          ['BR', steady(DAYS, 40, last)],
        ],
      });
    expect(explainRows(of(31), LAST, 1000)).toBe("99 % of the missing rows have country = 'DE'.");
    expect(explainRows(of(29), LAST, 1000)).toBeNull();
  });

  test('before a week of complete days is known', () => {
    expect(explainRows(countries({ BR: 0 }, 8), 7, 1000)).not.toBeNull();
    expect(explainRows(countries({ BR: 0 }, 7), 6, 1000)).toBeNull();
    expect(explainRows({ ...countries({ BR: 0 }), complete: DAYS - 8 }, LAST, 1000)).not.toBeNull();
    expect(explainRows({ ...countries({ BR: 0 }), complete: DAYS - 7 }, LAST, 1000)).toBeNull();
  });

  test('where few rows may differ by chance, or shares move by themselves', () => {
    const tens = daysOf(steady(DAYS, 10, 7), {
      country: [
        ['DE', steady(DAYS, 7, 7)],
        ['BR', steady(DAYS, 3, 0)],
      ],
    });
    expect(explainRows(tens, LAST, 10)).toBeNull();
    const web = noisy(DAYS, (day) => (day === LAST ? 300 : 500), 0.4).map(Math.round);
    const unsteady = daysOf(
      web.map((count, day) => (day === LAST ? 800 : 500 + count)),
      {
        channel: [
          ['web', web.map((count, day) => (day === LAST ? 300 : count))],
          ['shop', steady(DAYS, 500)],
        ],
      },
    );
    expect(explainRows(unsteady, LAST, 1000)).toBeNull();
  });

  test('by values that are new every time', () => {
    const rows = steady(DAYS, 1000, 8000);
    const batches = rows.map((_, day) => [day, rows.map((count, each) => (each === day ? count : 0))] as const);
    expect(explainRows(daysOf(rows, { batch: batches.slice(-50) }), LAST, 1000)).toBeNull();
  });

  test('by a status that the rows of the last days have not reached yet', () => {
    // Half of the orders are shipped after a day, most after two.
    const orders = (shipped: number, open: number, failed: number) =>
      daysOf(steady(DAYS, 1000, shipped + open + failed), {
        status: [
          ['shipped', steady(DAYS, 900, 450, shipped)],
          ['open', steady(DAYS, 0, 450, open)],
          ['failed', steady(DAYS, 100, 100, failed)],
        ],
      });
    expect(explainRows(orders(50, 175, 25), LAST, 1000)).toBeNull();
    expect(explainRows(orders(650, 1150, 200), LAST, 1000)).toBeNull();
  });

  test('by a value that is somebody’s', () => {
    const days = daysOf(steady(DAYS, 1000, 700), {
      contact: [
        ['ann@example.com', steady(DAYS, 700, 700)],
        ['bob@example.com', steady(DAYS, 300, 0)],
      ],
    });
    expect(explainRows(days, LAST, 1000)).toBeNull();
  });
});
