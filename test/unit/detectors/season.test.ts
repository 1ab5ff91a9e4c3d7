import { expect, test } from 'vitest';
import { seasons } from '#src/core/detectors/season.js';
import { DAY, HOUR, START } from '../../support/series.js';

const phases = (interval: 'D' | 'H', name: string, step: number, length: number) => {
  const season = seasons[interval].find((each) => each.name === name)!;
  return Array.from({ length }, (_, i) => season.phase(START + i * step));
};

test('days of the week are seven phases', () => {
  expect(phases('D', 'day of week', DAY, 9)).toEqual([1, 2, 3, 4, 5, 6, 0, 1, 2]);
});

test('a weekend is Saturday and Sunday', () => {
  expect(phases('D', 'weekend', DAY, 8)).toEqual([0, 0, 0, 0, 0, 1, 1, 0]);
});

test('hours of the day come again after 24', () => {
  const hours = phases('H', 'hour of day', HOUR, 48);
  expect(hours.slice(0, 24)).toEqual(hours.slice(24));
  expect(new Set(hours).size).toBe(24);
});

test('hours of a weekend are phases of their own', () => {
  const [friday, saturday, sunday] = [4, 5, 6].map((day) =>
    phases('H', 'hour of day and weekend', HOUR, 168).slice(24 * day, 24 * day + 24),
  );
  expect(saturday).toEqual(sunday);
  expect(saturday!.some((phase) => friday!.includes(phase))).toBe(false);
});

test('hours of the week come again after 168', () => {
  const hours = phases('H', 'hour of week', HOUR, 336);
  expect(hours.slice(0, 168)).toEqual(hours.slice(168));
  expect(new Set(hours).size).toBe(168);
});

test.each(Object.values(seasons).flat())(
  'every phase of $name is in its range, at any time',
  ({ phase, phases: count }) => {
    for (const time of [-7 * DAY - 1, 0, START + 17 * HOUR + 1, 4e12]) {
      expect(phase(time)).toBeGreaterThanOrEqual(0);
      expect(phase(time)).toBeLessThan(count);
    }
  },
);

test.each([
  ['Europe/London', 0, 1],
  ['Europe/Berlin', 1, 2],
  ['Pacific/Auckland', 13, 12],
  ['America/New_York', -5, -4],
  ['America/Adak', -10, -9],
])('a Monday of %s is one before and after clocks change', (_, winter, summer) => {
  const midnight = (date: number, offset: number) => date - offset * 3_600_000;
  const mondays = [midnight(Date.UTC(2026, 0, 5), winter), midnight(Date.UTC(2026, 6, 6), summer)];
  for (const season of seasons.D) expect(new Set(mondays.map((time) => season.phase(time))).size).toBe(1);
  const sundays = [midnight(Date.UTC(2026, 0, 4), winter), midnight(Date.UTC(2026, 6, 5), summer)];
  const weekend = seasons.D.find(({ name }) => name === 'weekend')!;
  for (const time of sundays) expect(weekend.phase(time)).toBe(1);
  for (const time of mondays) expect(weekend.phase(time)).toBe(0);
});
