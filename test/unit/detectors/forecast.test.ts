import { describe, expect, test } from 'vitest';
import { Forecast } from '#src/core/detectors/forecast.js';
import { DAY, noise, START, series } from '../../support/series.js';

const weekday = (time: number) => new Date(time).getUTCDay();
const known = (length: number, value: (i: number, time: number) => number) =>
  series(length, value).map(({ time, value: each }) => ({ time, value: each!, stdError: 0 }));

describe('after 8 weeks of a steady count', () => {
  const random = noise(1);
  const history = known(56, () => Math.round(10_000 + 200 * random()));
  const forecast = () => new Forecast('row_count', 'D', 1, history);
  const tomorrow = START + 56 * DAY;

  test('the expectation is the level, and the band holds the noise', () => {
    const { value, lower, upper } = forecast().expect({ time: tomorrow, value: 10_000, stdError: 0 }, 56);
    expect(value).toBeGreaterThan(9_900);
    expect(value).toBeLessThan(10_100);
    for (const each of history) {
      expect(each.value).toBeGreaterThan(lower);
      expect(each.value).toBeLessThan(upper);
    }
  });

  test('what lies beyond the band is beyond 1, what lies in it is not', () => {
    const { lower, upper } = forecast().expect({ time: tomorrow, value: 10_000, stdError: 0 }, 56);
    const distance = (value: number) => forecast().expect({ time: tomorrow, value: value, stdError: 0 }, 56).distance;
    expect(distance(0.99 * lower)).toBeGreaterThan(1);
    expect(distance(1.01 * upper)).toBeGreaterThan(1);
    expect(distance(1.01 * lower)).toBeLessThan(1);
    expect(distance(0.99 * upper)).toBeLessThan(1);
  });

  test('fewer points before it, or a stricter judge, bring every value nearer', () => {
    const q = (points: number, strictness = 1) =>
      new Forecast('row_count', 'D', strictness, history).expect({ time: tomorrow, value: 5_000, stdError: 0 }, points)
        .distance;
    expect(q(8)).toBeLessThan(q(56));
    expect(q(56, 2)).toBeCloseTo(q(56) / 2);
  });

  test("a measurement's own error widens what may be", () => {
    const exact = forecast().expect({ time: tomorrow, value: 12_000, stdError: 0 }, 56);
    const rough = forecast().expect({ time: tomorrow, value: 12_000, stdError: 1_000 }, 56);
    expect(rough.distance).toBeLessThan(exact.distance / 2);
    expect(rough.upper).toBeGreaterThan(exact.upper);
  });

  test('a level it is moved to is what it expects', () => {
    const moved = forecast();
    moved.moveTo([{ time: tomorrow, value: 20_000, stdError: 0 }]);
    expect(moved.expect({ time: tomorrow + DAY, value: 20_000, stdError: 0 }, 57).distance).toBeLessThan(0.5);
    expect(moved.expect({ time: tomorrow + DAY, value: 10_000, stdError: 0 }, 57).distance).toBeGreaterThan(1);
  });
});

describe('a week with a quiet Sunday', () => {
  const random = noise(2);
  const history = known(70, (_, time) =>
    Math.round((weekday(time) === 0 ? 2_000 : 10_000) * Math.exp(0.02 * random())),
  );
  const forecast = new Forecast('row_count', 'D', 1, history);
  const sunday = START + 76 * DAY;

  test('is learned without being told', () => {
    expect(forecast.expect({ time: sunday, value: 2_000, stdError: 0 }, 70).value).toBeCloseTo(2_000, -3);
    expect(forecast.expect({ time: sunday + DAY, value: 10_000, stdError: 0 }, 70).value).toBeCloseTo(10_000, -3);
    expect(forecast.expect({ time: sunday, value: 2_050, stdError: 0 }, 70).distance).toBeLessThan(1);
  });

  test('a Sunday as busy as a Monday is far off, and so is a Monday as quiet as a Sunday', () => {
    expect(forecast.expect({ time: sunday, value: 10_000, stdError: 0 }, 70).distance).toBeGreaterThan(1);
    expect(forecast.expect({ time: sunday + DAY, value: 2_000, stdError: 0 }, 70).distance).toBeGreaterThan(1);
  });
});

test('it follows what it learns', () => {
  const forecast = new Forecast(
    'mean',
    'D',
    1,
    known(20, (i) => 100 + (i % 2)),
  );
  for (let i = 20; i < 60; i++) forecast.learn({ time: START + i * DAY, value: 104 + (i % 2), stdError: 0 });
  expect(forecast.expect({ time: START + 60 * DAY, value: 104, stdError: 0 }, 60).value).toBeGreaterThan(103.5);
});
