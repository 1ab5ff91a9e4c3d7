import { describe, expect, test } from 'vitest';
import { type EventKind, eventClock } from '#src/core/events/event-clock.js';
import { EventState } from '#src/core/events/event-state.js';
import { summariseEvents } from '#src/core/events/event-summary.js';
import { TableState } from '#src/core/sketches/table-state.js';
import {
  column,
  copyBytes,
  decodeStream,
  type Field,
  int4,
  int8,
  plainFields,
  text,
} from '../../support/copy-bytes.js';
import { eventSpecs, eventState, eventTime } from '../../support/event-rows.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const asOfMs = Date.UTC(2026, 10, 3, 10, 20);
const TODAY = Date.UTC(2026, 10, 3);

function history(times: readonly number[], kind: EventKind = 'timestamptz', timeZone = 'UTC') {
  const rows = times.map((time): Field[] => [eventTime(kind, time)]);
  return summariseEvents(eventState(eventSpecs(kind, []), rows, { asOfMs, timeZone }), false);
}

describe('what is counted', () => {
  test('rows from the first day with any to the last closed one, empty days with 0', () => {
    const { days } = history([TODAY - 3 * DAY, TODAY - 3 * DAY + 1, TODAY - DAY]);
    expect(days.starts).toEqual([TODAY - 3 * DAY, TODAY - 2 * DAY, TODAY - DAY]);
    expect([days.rows, days.end]).toEqual([[2, 0, 1], TODAY]);
  });

  test('not the open day, nor the open hour, nor the future', () => {
    const { days, hours } = history([TODAY, TODAY + 10 * HOUR - 1, TODAY + 10 * HOUR, asOfMs + 1, asOfMs + 9 * DAY]);
    expect([days.starts, days.rows]).toEqual([[], []]);
    expect([hours!.starts[0], hours!.rows]).toEqual([TODAY, [1, 0, 0, 0, 0, 0, 0, 0, 0, 1]]);
    expect(hours!.end).toBe(TODAY + 10 * HOUR);
  });

  test('no infinite time', () => {
    const infinite = [int8(2n ** 63n - 1n), int8(-(2n ** 63n))].map((field): Field[] => [field]);
    const state = eventState(
      eventSpecs('timestamptz', []),
      [...infinite, [eventTime('timestamptz', TODAY - 400 * DAY)]],
      { asOfMs },
    );
    expect(summariseEvents(state, true)).toMatchObject({ declared: true, days: { complete: 1 } });
    expect(summariseEvents(state, true).days.rows).toHaveLength(400);
    const dates = eventState(eventSpecs('date', []), [[int4(-(2 ** 31))], [int4(2 ** 31 - 1)]], { asOfMs });
    expect([dates.older, summariseEvents(dates, false).days.rows]).toEqual([0, []]);
  });

  test('at most 400 days and 336 hours', () => {
    const { days, hours } = history([
      TODAY - 401 * DAY,
      TODAY - 400 * DAY,
      TODAY - 14 * DAY - 1,
      TODAY - 14 * DAY + 10 * HOUR,
    ]);
    expect([days.rows.length, days.rows[0]]).toEqual([400, 1]);
    expect([hours!.rows.length, hours!.rows[0]]).toEqual([336, 1]);
  });
});

describe('what is complete', () => {
  test('everything, where rows of before the window are there', () => {
    const daily = Array.from({ length: 402 }, (_, i) => TODAY - (i + 1) * DAY);
    const { days, hours } = history(daily);
    expect([days.complete, hours!.complete]).toEqual([0, 0]);
  });

  test('not the first day with rows, which a retention cut may have left', () => {
    const daily = Array.from({ length: 30 }, (_, i) => TODAY - (i + 1) * DAY);
    const { days, hours } = history(daily);
    expect([days.complete, hours!.complete]).toEqual([1, 0]);
  });

  test('not from before a gap up to the window: one old row does not vouch for what was cut', () => {
    const daily = Array.from({ length: 30 }, (_, i) => TODAY - (i + 1) * DAY);
    expect(history([TODAY - 3000 * DAY, ...daily]).days.complete).toBe(1);
  });

  test('of a table of some hours, all but the first', () => {
    const { days, hours } = history([asOfMs - 3 * HOUR, asOfMs - 2 * HOUR, asOfMs - HOUR]);
    expect([days.complete, days.rows]).toEqual([0, []]);
    expect([hours!.complete, hours!.rows]).toEqual([1, [1, 1, 1]]);
  });

  test('no hour before a wall clock that showed one twice', () => {
    const hourly = Array.from({ length: 400 }, (_, i) => asOfMs - i * HOUR);
    const complete = (kind: EventKind) => {
      const { hours } = history(hourly, kind, 'Europe/Berlin');
      return hours!.starts[hours!.complete];
    };
    expect(complete('timestamptz')).toBe(Date.UTC(2026, 9, 20, 10));
    expect(complete('timestamp')).toBe(Date.UTC(2026, 9, 25, 2));
  });
});

test('a column named __proto__ is a column', () => {
  const specs = [column('at', 'timestamptz'), column('__proto__', 'int4')];
  const { days } = summariseEvents(
    eventState(specs, [[eventTime('timestamptz', TODAY - DAY), int4(7)]], { asOfMs }),
    false,
  );
  expect(Object.entries(days.columns)).toEqual([
    ['at', { nonNull: [1] }],
    ['__proto__', { nonNull: [1], mean: [7], variance: [null], values: [{ value: 7, counts: [1] }] }],
  ]);
});

test('values are counted of the first 64 columns; all have nulls and means', () => {
  const specs = [column('at', 'timestamptz'), ...Array.from({ length: 70 }, (_, i) => column(`c${i}`, 'int4'))];
  const rows = [3, 5].map((n): Field[] => [
    eventTime('timestamptz', TODAY - DAY),
    ...Array.from({ length: 70 }, () => int4(n)),
  ]);
  const { columns } = summariseEvents(eventState(specs, rows, { asOfMs }), false).days;
  expect(Object.values(columns).filter(({ values }) => values !== undefined)).toHaveLength(63);
  expect(columns.c69).toEqual({ nonNull: [2], mean: [4], variance: [2] });
});

test('a value that the server cut is no category', () => {
  const specs = eventSpecs('timestamptz', ['text']);
  const rows = [[eventTime('timestamptz', TODAY - DAY), text('x'.repeat(100))]];
  const events = new EventState(specs, { column: 0, clock: eventClock('UTC', asOfMs) });
  const table = TableState.create(specs, plainFields(2), { maxValueBytes: 99, seed: 1 });
  decodeStream(copyBytes(2, rows), (batch) => table.addBatch(batch, events));
  expect(summariseEvents(events, false).days.columns.text).toEqual({ nonNull: [1] });
});
