import { describe, expect, test } from 'vitest';
import { categories } from '#src/core/checks/categories.js';
import type { TableCheck } from '#src/core/checks/check.js';
import { drift } from '#src/core/checks/drift.js';
import { freshness } from '#src/core/checks/freshness.js';
import { growth } from '#src/core/checks/growth.js';
import { mean } from '#src/core/checks/mean.js';
import { nullRate } from '#src/core/checks/null-rate.js';
import { DEFAULT_CHECK_SETTINGS } from '#src/core/checks/settings.js';
import { share } from '#src/core/checks/share.js';
import { volume } from '#src/core/checks/volume.js';
import { recentDays } from '#src/core/events/recent-days.js';
import type { EventHistory } from '#src/core/model/event-history.js';
import type { TableHistory } from '#src/core/model/history.js';
import { eventDays, eventTable, noisy, steady } from '../../support/event-days.js';
import {
  DAY,
  HOUR,
  knownColumn,
  NOW,
  nullHistory,
  points,
  profileOf,
  shapeOf,
  tableHistory,
} from '../../support/table-history.js';

const judge = (check: TableCheck, history: TableHistory) => check.judge(history, DEFAULT_CHECK_SETTINGS);
const messages = (check: TableCheck, history: TableHistory) => judge(check, history).map(({ message }) => message);

/** 119 days of orders, fewer at the weekend, growing, with a holiday and a sale in their past. */
const WEEKDAY = [0.6, 1.1, 1.05, 1, 1.05, 1.2, 0.8];
function orders(last = 1, seed = 1): number[] {
  return noisy(
    119,
    (day) => {
      const special = day === 50 ? 0.3 : day >= 80 && day < 83 ? 1.8 : 1;
      return 5000 * 1.002 ** day * WEEKDAY[day % 7]! * special * (day === 118 ? last : 1);
    },
    0.02,
    seed,
  ).map(Math.round);
}

describe('volume', () => {
  test.each([1, 2, 3, 4, 5])('a day like its past is no finding (%i)', (seed) => {
    expect(judge(volume, eventTable(eventDays(orders(1, seed))))).toEqual([]);
  });

  test.each([
    ['half a load', 0.5, 'less'],
    ['a load twice', 2, 'more'],
  ])('%s is found, with the day and what was usual', (_, last, word) => {
    const [finding, ...others] = judge(volume, eventTable(eventDays(orders(last))));
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ check: 'volume', metric: 'rows_per_day', table: 'orders' });
    expect(['warn', 'critical']).toContain(finding!.severity);
    expect(finding!.message).toMatch(
      new RegExp(
        `^sales\\.orders got [\\d,]+ rows on 2026-11-23, \\d+ % ${word} than the usual [\\d,]+; expected [\\d,]+ to [\\d,]+\\.$`,
      ),
    );
  });

  /** A fifth of the orders is from Brazil, on the last day `lastShare` of those that Germany has. */
  const byCountry = (lastShare: number) => {
    const rows = orders();
    const de = rows.map((count) => Math.round(count * 0.8));
    const br = rows.map((count, day) => (day === 118 ? Math.round(de[day]! * lastShare) : count - de[day]!));
    const all = rows.map((_, day) => de[day]! + br[day]!);
    const values = [
      { value: 'DE', counts: de },
      { value: 'BR', counts: br },
    ];
    return eventDays(all, { country: { nonNull: all, values } }, { complete: 1 });
  };

  test.each([
    ['missing', 0],
    ['extra', 2],
  ])('where one value explains the %s rows, it is named', (which, lastShare) => {
    const [finding] = judge(volume, eventTable(byCountry(lastShare)));
    expect(finding?.cause).toMatch(new RegExp(`^\\d+ % of the ${which} rows have country = 'BR'\\.$`));
    expect(finding?.message).not.toContain('BR');
  });

  test('what explains a day is not said of an hour', () => {
    // The last of 336 hours has the place that the last day has among the complete ones.
    const all = steady(360, 1000, 700);
    const values = [
      { value: 'DE', counts: steady(360, 700) },
      { value: 'BR', counts: steady(360, 300, 0) },
    ];
    const events = eventDays(all, { country: { nonNull: all, values } }, { complete: 24 });
    const { end } = events.days;
    const starts = Array.from({ length: 336 }, (_, i) => end - (336 - i) * HOUR);
    const hours = { starts, end, complete: 0, rows: steady(336, 1000, 100), columns: {} };
    // Runs every hour.
    const tableSeries = { freshness_seconds: points(steady(48, 60), HOUR), row_count: points([350_000], HOUR) };
    const history = eventTable({ ...events, hours }, { tableSeries });
    const causes = judge(volume, history).map(({ metric, cause }) => [metric, cause]);
    expect(causes).toEqual([
      ['rows_per_day', "100 % of the missing rows have country = 'BR'."],
      ['rows_per_hour', undefined],
    ]);
  });

  test('where all values changed alike, none is named', () => {
    const rows = orders(0.5);
    const de = rows.map((count) => Math.round(count * 0.8));
    const values = [
      { value: 'DE', counts: de },
      { value: 'BR', counts: rows.map((count, day) => count - de[day]!) },
    ];
    const [finding] = judge(volume, eventTable(eventDays(rows, { country: { nonNull: rows, values } })));
    expect(finding).toMatchObject({ check: 'volume' });
    expect(finding).not.toHaveProperty('cause');
  });

  test('what a run before has judged is not judged again, but the last day always is', () => {
    const rows = orders();
    rows[115] = 100;
    const known = (judgedAt: number) =>
      eventTable(eventDays(rows), {
        previousShape: null,
        tableSeries: { row_count: [{ run: 1, time: judgedAt, value: 1 }] },
      });
    expect(judge(volume, known(NOW - 4 * DAY))).toHaveLength(1);
    expect(judge(volume, known(NOW - DAY))).toEqual([]);
    expect(judge(volume, known(NOW))).toEqual([]);
    expect(judge(volume, { ...known(NOW), events: eventDays(orders(0.4)) })).toHaveLength(1);
  });

  test('a table that is loaded on Mondays is judged by its loads', () => {
    const mondays = (last: number) =>
      noisy(119, () => 700, 0.03).map((count, day) => (day % 7 === 6 ? Math.round(day === 118 ? last : count) : 0));
    // 2026-11-23 is a Monday and the last day.
    expect(judge(volume, eventTable(eventDays(mondays(705))))).toEqual([]);
    expect(messages(volume, eventTable(eventDays(mondays(200))))).toEqual([
      expect.stringContaining('got 200 rows on 2026-11-23'),
    ]);
    expect(judge(volume, eventTable(eventDays([...mondays(700), 0, 0, 0])))).toEqual([]);
  });
});

describe('freshness by event time', () => {
  /** `lagHours` is how old the newest row was at the run of the day before; absent on first sight. */
  const stale = (rows: readonly number[], newestDaysAgo: number, lagHours: number | null = 3) =>
    eventTable(eventDays(rows), {
      insertTime: { column: 'created_at', newest: NOW - newestDaysAgo * DAY },
      tableSeries:
        lagHours === null ? {} : { freshness_seconds: [{ run: 1, time: NOW - DAY, value: lagHours * 3_600 }] },
    });

  test('a table that was loaded every day and got nothing yesterday is stale', () => {
    expect(messages(freshness, stale(steady(100, 900, 0), 1.2))).toEqual([
      'The newest created_at of sales.orders is 2026-11-22 21:12 UTC, 29 h ago; in the 99 days before, none was without rows.',
    ]);
  });

  test('a load that is usually still on its way at this hour is awaited', () => {
    const rows = steady(100, 900, 0);
    // The day before that run came after it: it was two hours late by then.
    expect(judge(freshness, stale(rows, 1.2, 27))).toEqual([]);
    expect(judge(volume, stale(rows, 1.2, 27))).toEqual([]);
    expect(judge(volume, stale(rows, 1.2))).toHaveLength(1);
    expect(judge(freshness, stale(rows, 1.2, null))).toEqual([]);
    expect(judge(freshness, stale(steady(100, 900, 0, 0), 2.2, null))).toHaveLength(1);
  });

  test('hours are judged where runs come often', () => {
    const hours = Array.from({ length: 24 * 13 }, () => 500);
    const table = (everyHours: number, last: number) => {
      const events = eventDays(steady(100, 12_000));
      const { end } = events.days;
      const starts = hours.map((_, i) => end + 2 * 3_600_000 - (hours.length - i) * 3_600_000);
      const rows = [...hours.slice(0, -1), last];
      return eventTable(
        { ...events, hours: { starts, end: end + 2 * 3_600_000, complete: 0, rows, columns: {} } },
        {
          tableSeries: {
            freshness_seconds: Array.from({ length: 48 / everyHours }, (_, i) => ({
              run: i,
              time: NOW - 48 * 3_600_000 + i * everyHours * 3_600_000,
              value: 60,
            })),
            row_count: [{ run: 47, time: NOW - everyHours * 3_600_000, value: 1_000_000 }],
          },
        },
      );
    };
    expect(messages(volume, table(1, 0))).toEqual([expect.stringContaining('got 0 rows from 01:00 to 02:00')]);
    expect(judge(volume, table(1, 500))).toEqual([]);
    expect(judge(volume, table(24, 0))).toEqual([]);
  });

  test('a table that rests at weekends is not stale on Mondays', () => {
    const weekdays = Array.from({ length: 100 }, (_, day) => (day % 7 < 5 ? 900 : 0));
    expect(judge(freshness, stale(weekdays, 1))).toEqual([]);
    expect(judge(freshness, stale(weekdays.slice(0, 98), 3))).toEqual([]);
    // Saturday's run had seen Friday's rows as early as this.
    const saturday = { run: 1, time: NOW - 4 * DAY, value: 3 * 3_600 };
    const wednesday = stale([...weekdays.slice(0, 98), 0, 0], 4);
    expect(judge(freshness, { ...wednesday, tableSeries: { freshness_seconds: [saturday] } })).toHaveLength(1);
    expect(judge(freshness, { ...wednesday, tableSeries: {} })).toEqual([]);
  });

  test('a table of few rows pauses by chance', () => {
    expect(judge(freshness, stale(steady(100, 1, 0, 0), 2))).toEqual([]);
  });
});

describe('columns by event time', () => {
  const rows = steady(119, 5000);
  const column = (means: readonly number[]) => ({
    nonNull: rows,
    mean: means,
    variance: rows.map(() => 3600),
  });

  test.each([1, 2, 3])('a mean that moves as before is no finding (%i)', (seed) => {
    const events = eventDays(rows, { total: column(noisy(119, () => 40, 0.02, seed)) });
    expect([...judge(mean, eventTable(events)), ...judge(drift, eventTable(events))]).toEqual([]);
  });

  test('a unit that changed in one segment moves the mean', () => {
    const means = noisy(119, (day) => (day === 118 ? 240 : 40), 0.02);
    expect(messages(mean, eventTable(eventDays(rows, { total: column(means) })))).toEqual([
      expect.stringMatching(
        /^The mean of sales\.orders\.total on 2026-11-23 is 2\d\d(\.\d+)?, [56](\.\d)? times the usual 40(\.\d+)?; expected /,
      ),
    ]);
  });

  test('means of keys and counters are not looked at', () => {
    const jump = column(noisy(119, (day) => (day === 118 ? 240 : 40), 0.02));
    const counter = column(Array.from({ length: 119 }, (_, day) => (day === 118 ? 90_000 : day * 100)));
    const history = eventTable(eventDays(rows, { customer_id: jump, storeId: jump, id: jump, position: counter }));
    expect(judge(mean, { ...history, shape: shapeOf([knownColumn('id', 1)], ['id']) })).toEqual([]);
  });

  test('one per cent a day is a drift, though no day is far from the one before', () => {
    const means = noisy(119, (day) => 40 * 1.01 ** Math.max(0, day - 98), 0.01);
    expect(messages(drift, eventTable(eventDays(rows, { price: column(means) })))).toEqual([
      expect.stringMatching(
        /^The mean of sales\.orders\.price has drifted from 40(\.\d+)? to 4\d(\.\d+)? in 20 days \(\d+ % up\), a little every day\.$/,
      ),
    ]);
  });

  test('what always rose is no drift', () => {
    const means = noisy(119, (day) => 40 * 1.01 ** day, 0.03);
    expect(judge(drift, eventTable(eventDays(rows, { price: column(means) })))).toEqual([]);
  });

  test('more nulls than ever are found, fewer are not', () => {
    const nulls = (last: number) =>
      noisy(119, () => 0.05, 0.05).map((rate, day) => Math.round(5000 * (1 - (day === 118 ? last : rate))));
    const table = (last: number) => eventTable(eventDays(rows, { coupon: { nonNull: nulls(last) } }));
    expect(judge(nullRate, table(0.05))).toEqual([]);
    expect(judge(nullRate, table(0))).toEqual([]);
    expect(messages(nullRate, table(0.4))).toEqual([
      expect.stringMatching(
        /^sales\.orders\.coupon is null in 40 % of the rows inserted on 2026-11-23, usually in 5(\.\d)? %; expected at most /,
      ),
    ]);
  });

  const shares = (last: number) => {
    const card = noisy(119, () => 3000, 0.01).map((count, day) => Math.round(day === 118 ? last : count));
    return {
      nonNull: rows,
      values: [
        { value: 'card', counts: card },
        { value: 'cash', counts: card.map((count) => 5000 - count) },
      ],
    };
  };

  test('a value that is suddenly rare is found once', () => {
    expect(judge(share, eventTable(eventDays(rows, { method: shares(3000) })))).toEqual([]);
    expect(messages(share, eventTable(eventDays(rows, { method: shares(1500) })))).toEqual([
      expect.stringMatching(/^(30|70) % of sales\.orders\.method on 2026-11-23 is '(card|cash)', usually /),
    ]);
  });
});

describe('categories', () => {
  const rows = steady(60, 500);
  const table = (...values: readonly (readonly [string | number, readonly number[]])[]) =>
    eventTable(
      eventDays(rows, {
        channel: { nonNull: rows, values: values.map(([value, counts]) => ({ value, counts })) },
      }),
    );

  test('a value that was never seen before is new', () => {
    expect(messages(categories, table(['web', steady(60, 500, 480)], ['app', steady(60, 0, 20)]))).toEqual([
      "sales.orders.channel: the value 'app' is new, in 20 rows (4 %) inserted on 2026-11-23; it was never seen in the 59 days before.",
    ]);
  });

  test('a value that was there every day and is no more has vanished', () => {
    expect(messages(categories, table(['web', steady(60, 450, 500)], ['shop', steady(60, 50, 0)]))).toEqual([
      "sales.orders.channel: the value 'shop' is missing from the rows inserted on 2026-11-23; it was in 10 % of them in the 28 days before.",
    ]);
  });

  test('a value that looks personal is not shown, by its column or by itself', () => {
    const personal = (column: string, value: string) =>
      judge(
        categories,
        eventTable(
          eventDays(rows, {
            [column]: {
              nonNull: rows,
              values: [
                { value: 'ada@example.com', counts: steady(60, 500, 480) },
                { value, counts: steady(60, 0, 20) },
              ],
            },
          }),
        ),
      );
    for (const found of [personal('contact', 'bob@example.com'), personal('customer_name', 'Bob')]) {
      expect(found).toMatchObject([{ value: null }]);
      expect(found[0]!.message).toContain(': the value (not shown, as it looks personal) is new, in 20 rows');
      expect(JSON.stringify(found)).not.toMatch(/bob/i);
    }
  });

  test.each([
    ['a rare value that is back', ['fax', [...steady(30, 0, 1), ...steady(30, 0, 5)]]],
    ['a rare value that is away', ['fax', steady(60, 2, 0)]],
    ['a value that is away now and then', ['fax', Array.from({ length: 60 }, (_, day) => (day % 10 === 9 ? 0 : 50))]],
    ['one or two rows of a new value', ['fax', steady(60, 0, 2)]],
  ] as const)('%s is no finding', (_, value) => {
    expect(judge(categories, table(['web', rows], value))).toEqual([]);
  });

  test('of a column whose values come and go, no share is said either', () => {
    const weeks = Array.from({ length: 9 }, (_, week) => ({
      value: `week-${week}`,
      counts: rows.map((_, day) => (Math.floor((day + 4) / 7) === week ? 500 : 0)),
    }));
    const events = eventDays(rows, { campaign: { nonNull: rows, values: weeks } });
    expect(judge(share, eventTable(events))).toEqual([]);
  });

  test('a column that often gets new values only mentions them', () => {
    const codes = Array.from(
      { length: 8 },
      (_, i) => [`c${i}`, rows.map((_, day) => (day >= i * 7 ? 50 : 0))] as const,
    );
    expect(
      judge(categories, table(['web', rows], ...codes, ['c9', steady(60, 0, 20)])).map(({ severity }) => severity),
    ).toEqual(['info']);
  });
});

describe('columns whose rows change after they came', () => {
  const rows = steady(60, 500);
  /** Pending for the last day or two: `today`, and as it was a day ago. */
  const statuses = (days: number, shift: number) => {
    const pending = rows.map((_, day) => (day >= 60 - shift - days && day < 60 - shift ? 500 : 0));
    return {
      status: {
        nonNull: rows,
        values: [
          { value: 'pending', counts: pending },
          { value: 'done', counts: pending.map((count) => 500 - count) },
        ],
      },
    };
  };
  const orders = (before: EventHistory | undefined) => {
    const { eventsBefore: _, ...table } = eventTable(eventDays(rows, statuses(1, 0)));
    return before ? { ...table, eventsBefore: { days: recentDays(before).days, seenAt: before.days.end } } : table;
  };

  test('are judged by days that no longer change', () => {
    const yesterday = eventDays(rows, statuses(1, 1));
    expect(judge(share, orders(yesterday))).toEqual([]);
    expect(judge(categories, orders(yesterday))).toEqual([]);
  });

  test('a value that is new on days that do not change is said', () => {
    const yesterday = eventDays(rows, statuses(0, 0));
    const same = { ...yesterday, days: { ...yesterday.days, starts: yesterday.days.starts.slice(0, 59) } };
    expect(judge(categories, orders(same)).map(({ severity }) => severity)).toContain('warn');
  });

  test('what was seen later after a closing says nothing of so early a day', () => {
    const half = eventTable(eventDays(steady(60, 1_000, 500)));
    const seenAfter = (hours: number) => ({
      ...half.eventsBefore!,
      seenAt: half.eventsBefore!.days.end + hours * HOUR,
    });
    expect(judge(volume, { ...half, eventsBefore: seenAfter(3) })[0]!.severity).not.toBe('info');
    expect(judge(volume, { ...half, eventsBefore: seenAfter(6) })[0]!.severity).toBe('info');
  });

  test('on first sight nobody knows, so it is only shown', () => {
    const findings = [...judge(share, orders(undefined)), ...judge(categories, orders(undefined))];
    expect(findings.length).toBeGreaterThan(0);
    expect(new Set(findings.map(({ severity }) => severity))).toEqual(new Set(['info']));
  });
});

describe('by run, where there is no event time', () => {
  test('a growing table that gained too little is found', () => {
    let total = 0;
    const past = noisy(20, () => 1000, 0.03).map((gain) => (total += Math.round(gain)));
    const grown = (gain: number) =>
      tableHistory({ profile: profileOf(past.at(-1)! + gain), tableSeries: { row_count: points(past) } });
    expect(judge(growth, grown(1010))).toEqual([]);
    expect(messages(growth, grown(300))).toEqual([
      expect.stringMatching(
        /^sales\.orders gained 300 rows since 2026-11-23 02:00 UTC, 69 % less than the usual 983; expected /,
      ),
    ]);
  });

  test('a null rate that leaps needs no long past, one that creeps does', () => {
    expect(judge(nullRate, nullHistory([0.1, 0.1], 25))).toEqual([]);
    expect(messages(nullRate, nullHistory([0.1, 0.1], 60))).toEqual([
      'sales.orders.amount is null in 60 % of the rows, after 10 % at 2026-11-23 02:00 UTC; expected at most 30 %.',
    ]);
  });
});
