import { describe, expect, test } from 'vitest';
import { EVENT_DAYS, EVENT_HOURS, eventClock } from '#src/core/events/event-clock.js';
import { isTimeZone, TimeZone } from '#src/core/events/time-zone.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const AS_OF = Date.UTC(2026, 10, 3, 10, 20);
const widths = (edges: readonly number[]) => edges.slice(1).map((edge, i) => (edge - edges[i]!) / HOUR);

test.each(['Europe/Berlin', 'UTC', 'America/St_Johns', 'EST5EDT', 'Asia/Kolkata'])('%s is a time zone', (name) => {
  expect(isTimeZone(name)).toBe(true);
});

test.each(['', 'Berlin', '+02:00', 'Europe/Berlin ', 'Mars/Olympus'])('"%s" is none', (name) => {
  expect(isTimeZone(name)).toBe(false);
});

describe('a wall time', () => {
  const berlin = new TimeZone('Europe/Berlin');
  const wall = (hour: number, month = 9, day = 25) => Date.UTC(2026, month, day, hour);

  test('that comes twice is the first of the two', () => {
    expect(berlin.instantOf(wall(2))).toBe(Date.UTC(2026, 9, 25, 0));
  });

  test('that is skipped is the change', () => {
    expect(berlin.instantOf(wall(2, 2, 29))).toBe(Date.UTC(2026, 2, 29, 1));
  });

  test('of midnight is the start of the day, also where midnight is skipped', () => {
    expect(berlin.instantOf(wall(0))).toBe(Date.UTC(2026, 9, 24, 22));
    expect(new TimeZone('America/Havana').instantOf(Date.UTC(2026, 2, 8))).toBe(Date.UTC(2026, 2, 8, 5));
  });
});

test('closed days and hours end where the open ones begin', () => {
  const clock = eventClock('Europe/Berlin', AS_OF);
  expect([clock.days.length, clock.hours.length]).toEqual([EVENT_DAYS + 1, EVENT_HOURS + 1]);
  expect(clock.days.at(-1)).toBe(Date.UTC(2026, 10, 2, 23));
  expect(clock.hours.at(-1)).toBe(Date.UTC(2026, 10, 3, 10));
  expect(eventClock('UTC', Date.UTC(2026, 10, 3)).hours.at(-1)).toBe(Date.UTC(2026, 10, 3));
});

test('days are as long as the clock makes them, hours are hours', () => {
  const { days, hours } = eventClock('Europe/Berlin', AS_OF);
  const lengths = widths(days);
  expect(lengths.filter((width) => width !== 24).sort()).toEqual([23, 25, 25]);
  expect(lengths.lastIndexOf(25)).toBe(days.indexOf(Date.UTC(2026, 9, 24, 22)));
  expect(new Set(widths(hours))).toEqual(new Set([1]));
  expect(new Set(widths(eventClock('UTC', AS_OF).days))).toEqual(new Set([24]));
});

test('hours begin with the wall clock, half an hour off UTC where it is', () => {
  expect(eventClock('Asia/Kolkata', AS_OF).hours.at(-1)).toBe(Date.UTC(2026, 10, 3, 9, 30));
});

test('a cell is an hour where hours are kept, a day before that, and belongs to its day', () => {
  const clock = eventClock('UTC', AS_OF);
  const { bounds, count, day, hour } = clock.cells('timestamptz');
  const start = (cell: number) => bounds[cell]! / 1000 + Date.UTC(2000, 0, 1);
  expect(bounds).toHaveLength(count + 1);
  for (let cell = 0; cell < count; cell++) {
    if (hour[cell]! >= 0) expect(start(cell)).toBe(clock.hours[hour[cell]!]);
    if (day[cell]! < 0) expect(start(cell)).toBeGreaterThanOrEqual(clock.days.at(-1)!);
    else {
      expect(start(cell)).toBeGreaterThanOrEqual(clock.days[day[cell]!]!);
      expect(start(cell)).toBeLessThan(clock.days[day[cell]! + 1]!);
    }
  }
  expect(start(count)).toBe(clock.hours.at(-1));
  expect([...day].filter((index) => index >= 0)).toEqual([...day].filter((index) => index >= 0).sort((a, b) => a - b));
});

test('a date is in days alone', () => {
  const { bounds, count, hour } = eventClock('Pacific/Auckland', AS_OF).cells('date');
  expect([count, new Set(hour)]).toEqual([EVENT_DAYS, new Set([-1])]);
  expect(bounds.at(-1)).toBe((Date.UTC(2026, 10, 3) - Date.UTC(2000, 0, 1)) / DAY);
});
