import { expect, test } from 'vitest';
import { eventSeries } from '#src/core/events/series.js';
import type { EventHistory } from '#src/core/model/event-history.js';

const HISTORY: EventHistory = {
  column: 'at',
  declared: false,
  timeZone: 'UTC',
  days: {
    starts: [0, 10, 20, 30],
    end: 40,
    complete: 1,
    rows: [3, 4, 0, 8],
    columns: {
      at: { nonNull: [3, 4, 0, 8] },
      amount: { nonNull: [3, 1, 0, 8], mean: [1, 5, null, 6], variance: [1, null, null, 2] },
      kind: { nonNull: [3, 4, 0, 8], values: [{ value: 'a', counts: [3, 1, 0, 8] }] },
    },
  },
  hours: { starts: [31, 32], end: 33, complete: 0, rows: [7, 1], columns: {} },
};

test('rows, and of each column but the insert time null rates, means and shares, of complete buckets alone', () => {
  expect(eventSeries(HISTORY)).toEqual([
    {
      column: null,
      metric: 'rows_per_day',
      kind: 'row_count',
      interval: 'D',
      points: [
        { time: 10, value: 4 },
        { time: 20, value: 0 },
        { time: 30, value: 8 },
      ],
    },
    {
      column: null,
      metric: 'rows_per_hour',
      kind: 'row_count',
      interval: 'H',
      points: [
        { time: 31, value: 7 },
        { time: 32, value: 1 },
      ],
    },
    {
      column: 'amount',
      metric: 'null_rate',
      kind: 'null_rate',
      interval: 'D',
      points: [
        { time: 10, ...rate(3, 4) },
        { time: 20, value: null },
        { time: 30, ...rate(0, 8) },
      ],
    },
    {
      column: 'amount',
      metric: 'mean',
      kind: 'mean',
      interval: 'D',
      points: [
        { time: 10, value: 5 },
        { time: 20, value: null },
        { time: 30, value: 6, stdError: 0.5 },
      ],
    },
    {
      column: 'kind',
      metric: 'null_rate',
      kind: 'null_rate',
      interval: 'D',
      points: [
        { time: 10, ...rate(0, 4) },
        { time: 20, value: null },
        { time: 30, ...rate(0, 8) },
      ],
    },
    {
      column: 'kind',
      metric: 'share',
      kind: 'rate',
      interval: 'D',
      value: 'a',
      points: [
        { time: 10, ...rate(1, 4) },
        { time: 20, value: null },
        { time: 30, ...rate(8, 8) },
      ],
    },
  ]);
});

/** A share, with the error of half a case more of each kind: it is above 0 for none and for all. */
function rate(part: number, whole: number) {
  const likely = (part + 0.5) / (whole + 1);
  return { value: part / whole, stdError: expect.closeTo(Math.sqrt((likely * (1 - likely)) / whole), 12) };
}
