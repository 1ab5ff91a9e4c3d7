import { describe, expect, test } from 'vitest';
import { recentDays } from '#src/core/events/recent-days.js';
import { unsettledDays } from '#src/core/events/settled.js';
import type { EventBuckets, EventColumn } from '#src/core/model/event-history.js';
import { eventDays, steady } from '../../support/event-days.js';

/** Thirty days; what they were a day earlier has the last one missing. */
function compared(
  now: { rows: readonly number[]; columns?: Record<string, EventColumn> },
  before: { rows: readonly number[]; columns?: Record<string, EventColumn> } = now,
) {
  const is = eventDays(now.rows, now.columns).days;
  const all = eventDays(before.rows, before.columns);
  const was = recentDays({ ...all, days: withoutLast(all.days) }).days;
  return unsettledDays(is, was);
}

function withoutLast({ starts, end, complete, rows, columns }: EventBuckets): EventBuckets {
  const cut = <T>(items: readonly T[]) => items.slice(0, -1);
  return {
    starts: cut(starts),
    end: starts.at(-1) ?? end,
    complete,
    rows: cut(rows),
    columns: Object.fromEntries(
      Object.entries(columns).map(([name, { nonNull, mean, values }]) => [
        name,
        {
          nonNull: cut(nonNull),
          ...(mean && { mean: cut(mean) }),
          ...(values && { values: values.map(({ value, counts }) => ({ value, counts: cut(counts) })) }),
        },
      ]),
    ),
  };
}

const rows = steady(30, 1_000);
/** A status that is pending for `days` days: seen on `today`, and a day earlier. */
const status = (days: number, shift: number): Record<string, EventColumn> => {
  const pending = rows.map((_, day) => (day >= 30 - shift - days ? 1_000 : 0));
  return {
    status: {
      nonNull: rows,
      values: [
        { value: 'pending', counts: pending },
        { value: 'done', counts: pending.map((count) => 1_000 - count) },
      ],
    },
  };
};

describe('unsettledDays', () => {
  test('days that are as they were have settled', () => {
    expect(compared({ rows, columns: status(3, 0) })).toEqual({ rows: 0, columns: {} });
  });

  test('rows that come a day late leave the last day open, as they did a day earlier', () => {
    expect(compared({ rows: steady(30, 1_000, 1_000, 900) }, { rows: steady(30, 1_000, 900, 0) }).rows).toBe(1);
    expect(compared({ rows: steady(30, 1_000, 1_000, 990) }, { rows: steady(30, 1_000, 990, 0) }).rows).toBe(0);
  });

  test('a day that was half empty and has been mended says nothing of others', () => {
    expect(compared({ rows }, { rows: steady(30, 1_000, 500, 0) }).rows).toBe(0);
  });

  test('a status that moves on is open for a day', () => {
    expect(compared({ rows, columns: status(1, 0) }, { rows, columns: status(1, 1) }).columns).toEqual({ status: 1 });
  });

  test('nulls that are filled later, and means that grow, are open', () => {
    const filled = (last: number) => ({ shipped: { nonNull: steady(30, 1_000, last, last) } });
    expect(compared({ rows, columns: filled(1_000) }, { rows, columns: filled(400) }).columns).toEqual({ shipped: 1 });
    const clicks = (last: number) => ({ clicks: { nonNull: rows, mean: steady(30, 50, last, last) } });
    expect(compared({ rows, columns: clicks(50) }, { rows, columns: clicks(20) }).columns).toEqual({ clicks: 1 });
  });

  test('what changed on every day that is known never settles', () => {
    const mean = (value: number) => ({ clicks: { nonNull: rows, mean: steady(30, value) } });
    expect(compared({ rows, columns: mean(60) }, { rows, columns: mean(50) }).columns).toEqual({
      clicks: Number.POSITIVE_INFINITY,
    });
  });

  test('histories that have no day in common are not compared', () => {
    const { days } = eventDays(rows);
    expect(unsettledDays(days, { ...days, starts: days.starts.map((start) => start + 1) })).toEqual({
      rows: 0,
      columns: {},
    });
  });
});
