import { describe, expect, test } from 'vitest';
import {
  createSeriesJudge,
  DEFAULT_JUDGE_SETTINGS,
  type JudgeSettings,
  judgeSeries,
} from '#src/core/detectors/index.js';
import type { SeriesKind, SeriesPoint, SeriesSpec } from '#src/core/model/series.js';
import { DAY, HOUR, noise, replaced, START, series } from '../../support/series.js';

const DAILY: SeriesSpec = { kind: 'row_count', interval: 'D' };
const around = (level: number, share = 0.02, seed = 3) => {
  const random = noise(seed);
  return () => Math.round(level * Math.exp(share * random()));
};
const anomalies = (spec: SeriesSpec, points: readonly SeriesPoint[], settings?: JudgeSettings) =>
  judgeSeries(spec, points, settings).flatMap(({ anomaly }, i) => (anomaly ? [i] : []));
const last = (spec: SeriesSpec, points: readonly SeriesPoint[], settings?: JudgeSettings) =>
  judgeSeries(spec, points, settings).at(-1)!;

describe('a steady daily count', () => {
  const points = series(90, around(10_000));

  test('is quiet', () => {
    expect(anomalies(DAILY, points)).toEqual([]);
  });

  test('half a load, a double one and none are said at once, with their direction', () => {
    for (const [value, direction] of [
      [5_000, 'fall'],
      [20_000, 'rise'],
      [0, 'fall'],
    ] as const) {
      const verdict = last(DAILY, replaced(points, { 89: value }));
      expect([value, verdict.anomaly, verdict.direction, verdict.detector]).toEqual([
        value,
        true,
        direction,
        'forecast',
      ]);
      expect(verdict.score).toBeCloseTo(verdict.q / (1 + verdict.q));
    }
  });

  test('what is normal lies in the band, and the ends of the band are where the alarm begins', () => {
    const { expected } = last(DAILY, points);
    for (const { value } of points) {
      expect(value).toBeGreaterThan(expected!.lower);
      expect(value).toBeLessThan(expected!.upper);
    }
    for (const [value, anomaly] of [
      [expected!.lower * 0.99, true],
      [expected!.lower * 1.01, false],
      [expected!.upper * 0.99, false],
      [expected!.upper * 1.01, true],
    ] as const)
      expect([value, last(DAILY, replaced(points, { 89: value })).anomaly]).toEqual([value, anomaly]);
  });

  test('a gap is unknown: never an alarm, never filled in', () => {
    const gaps = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [40 + i, null]));
    const verdicts = judgeSeries(DAILY, replaced(points, gaps));
    expect(verdicts.filter(({ anomaly }) => anomaly)).toEqual([]);
    expect(verdicts[50]).toEqual({ q: 0, score: 0, anomaly: false, direction: null, expected: null, detector: null });
    // what comes after it is judged by what was before it: as if the gap were not there
    const without = [...points.slice(0, 40), ...points.slice(70)];
    const flat: SeriesSpec = { kind: 'row_count' };
    const compact = without.map((point, i) => ({ ...point, time: START + i * 5 * HOUR }));
    const withGap = compact.flatMap((point, i) =>
      i === 40 ? [{ time: point.time - HOUR, value: null }, point] : [point],
    );
    expect(judgeSeries(flat, withGap).filter((_, i) => i !== 40)).toEqual(judgeSeries(flat, compact));
  });

  test('a value that is no number is unknown too', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(last(DAILY, replaced(points, { 89: value })).q).toBe(0);
  });

  test('a point that was off teaches nothing: the next one is expected as before', () => {
    const before = judgeSeries(DAILY, points)[89]!.expected!;
    const after = judgeSeries(DAILY, replaced(points, { 88: 100_000 }))[89]!.expected!;
    expect(after.value).toBeCloseTo(before.value, -2);
    expect(after.upper).toBeCloseTo(before.upper, -3);
    expect(anomalies(DAILY, replaced(points, { 86: 0, 87: 100_000, 88: 0, 89: 5_000 }))).toEqual([86, 87, 88, 89]);
  });

  test('the first seven points say nothing, however wild; the eighth may', () => {
    const wild = series(7, (i) => 10 ** i);
    expect(judgeSeries(DAILY, wild).map(({ q, expected }) => [q, expected])).toEqual(Array(7).fill([0, null]));
    const eighth = last(DAILY, [...points.slice(0, 7), { time: START + 7 * DAY, value: 0 }]);
    expect([eighth.anomaly, eighth.expected === null]).toEqual([true, false]);
  });
});

describe('a new level', () => {
  const daily = series(60, (i) => (i < 40 ? 10_000 + (i % 5) * 60 : 20_000 + (i % 5) * 120));
  const hourly = series(500, (i) => (i < 400 ? 10_000 + (i % 5) * 60 : 20_000 + (i % 5) * 120), HOUR);

  test('is accepted after four days', () => {
    expect(anomalies(DAILY, daily)).toEqual([40, 41, 42, 43]);
  });

  test('is accepted after ten hours', () => {
    expect(anomalies({ kind: 'row_count', interval: 'H' }, hourly)).toEqual(
      Array.from({ length: 10 }, (_, i) => 400 + i),
    );
  });

  test('is not what goes up and down: that stays wrong', () => {
    const swinging = replaced(
      daily,
      Object.fromEntries([40, 41, 42, 43, 44, 45].map((i) => [i, i % 2 ? 100 : 90_000])),
    );
    expect(anomalies(DAILY, swinging.slice(0, 46))).toEqual([40, 41, 42, 43, 44, 45]);
  });

  test('is accepted at once when a person says so, and what was before is then wrong', () => {
    const judge = createSeriesJudge(DAILY);
    const verdicts = daily.slice(0, 45).map((point, i) => {
      const verdict = judge.observe(point);
      if (i === 40) judge.accept();
      return verdict.anomaly;
    });
    expect(verdicts.lastIndexOf(true)).toBe(40);
    expect(judge.observe({ time: START + 45 * DAY, value: 10_000 }).anomaly).toBe(true);
  });

  test('is not made by accepting what was never off', () => {
    const judge = createSeriesJudge(DAILY);
    const twin = createSeriesJudge(DAILY);
    for (const point of daily.slice(0, 40)) {
      judge.observe(point);
      judge.accept();
      twin.observe(point);
    }
    expect(judge.observe(daily[40]!)).toEqual(twin.observe(daily[40]!));
  });

  test('keeps the season of the old one', () => {
    const random = noise(9);
    const week = (i: number, time: number) =>
      (i < 70 ? 1 : 3) * (new Date(time).getUTCDay() === 0 ? 2_000 : 10_000) * Math.exp(0.02 * random());
    expect(anomalies(DAILY, series(120, week)).filter((i) => i >= 74)).toEqual([]);
  });
});

describe('seasons are found', () => {
  test('a quiet weekend', () => {
    const random = noise(4);
    const week = series(120, (_, time) => {
      const day = new Date(time).getUTCDay();
      return Math.round((day === 0 || day === 6 ? 3_000 : 10_000) * Math.exp(0.03 * random()));
    });
    expect(anomalies(DAILY, week).filter((i) => i >= 21)).toEqual([]);
    const saturday = week.findLastIndex(({ time }) => new Date(time).getUTCDay() === 6);
    expect(anomalies(DAILY, replaced(week.slice(0, saturday + 1), { [saturday]: 10_000 }))).toContain(saturday);
  });

  test('a quiet night', () => {
    const random = noise(6);
    const hours = series(
      24 * 21,
      (_, time) => 1_000 * (1.2 + Math.sin((new Date(time).getUTCHours() / 12) * Math.PI)) * Math.exp(0.03 * random()),
      HOUR,
    );
    const spec: SeriesSpec = { kind: 'row_count', interval: 'H' };
    expect(anomalies(spec, hours).filter((i) => i >= 96)).toEqual([]);
    // as much at six in the evening, the quietest hour, as at six in the morning
    expect(anomalies(spec, replaced(hours, { [24 * 20 + 18]: 2_200 }))).toContain(24 * 20 + 18);
  });

  test('a public holiday is off, and the days after it are not', () => {
    const random = noise(7);
    const week = series(
      120,
      (_, time) => (new Date(time).getUTCDay() % 6 === 0 ? 3_000 : 10_000) * Math.exp(0.03 * random()),
    );
    const wednesday = week.findIndex(({ time }, i) => i > 90 && new Date(time).getUTCDay() === 3);
    expect(anomalies(DAILY, replaced(week, { [wednesday]: 3_000 })).filter((i) => i > 21)).toEqual([wednesday]);
  });
});

describe('directions that matter', () => {
  test('fewer nulls are good news', () => {
    const points = series(60, () => 0.3 + 0.001 * random());
    expect(last({ kind: 'null_rate', interval: 'D' }, replaced(points, { 59: 0.05 })).anomaly).toBe(false);
    expect(last({ kind: 'null_rate', interval: 'D' }, replaced(points, { 59: 0.6 })).direction).toBe('rise');
    expect(last({ kind: 'rate', interval: 'D' }, replaced(points, { 59: 0.05 })).direction).toBe('fall');
  });

  test('fresher than ever is good news', () => {
    const points = series(60, () => 3_600 + 60 * random());
    expect(last({ kind: 'freshness', interval: 'D' }, replaced(points, { 59: 5 })).anomaly).toBe(false);
    expect(last({ kind: 'freshness', interval: 'D' }, replaced(points, { 59: 90_000 })).direction).toBe('rise');
  });

  test('their band is open at the harmless end', () => {
    const points = series(60, () => 0.3 + 0.001 * random());
    expect(last({ kind: 'null_rate', interval: 'D' }, points).expected!.lower).toBe(0);
    expect(last({ kind: 'rate', interval: 'D' }, points).expected!.lower).toBeGreaterThan(0.2);
  });

  const random = noise(8);
});

describe('an effect too small to matter', () => {
  /** A series that never changes, and then by so much. */
  const change = (kind: SeriesKind, from: number, to: number, settings?: JudgeSettings) =>
    last(
      { kind, interval: 'D' },
      replaced(
        series(60, () => from),
        { 59: to },
      ),
      settings,
    ).anomaly;

  test.each([
    ['row_count', 10_000, 10_900, 11_200],
    ['row_count', 3, 20, 60],
    ['distinct', 3, 5, 7],
    ['distinct', 50, 54, 56],
    ['rate', 0.5, 0.503, 0.51],
    ['null_rate', 0, 0.003, 0.005],
    ['mean', 100, 100.9, 101.5],
    ['freshness', 3_600, 3_900, 4_100],
  ] as const)('%s from %d to %d is not said, to %d it is', (kind, from, small, large) => {
    expect([change(kind, from, small), change(kind, from, large)]).toEqual([false, true]);
  });

  test('is what the settings say', () => {
    const { minimumEffect } = DEFAULT_JUDGE_SETTINGS;
    const exact = {
      ...DEFAULT_JUDGE_SETTINGS,
      minimumEffect: { ...minimumEffect, distinct: { relative: 0, absolute: 1 } },
    };
    const rough = {
      ...DEFAULT_JUDGE_SETTINGS,
      minimumEffect: { ...minimumEffect, distinct: { relative: 0.5, absolute: 1 } },
    };
    expect(change('distinct', 50, 54, exact)).toBe(true);
    expect(change('distinct', 50, 60, rough)).toBe(false);
  });

  test('lies in the band', () => {
    const { expected } = last(
      { kind: 'distinct', interval: 'D' },
      series(60, () => 50),
    );
    expect(expected).toMatchObject({ lower: 45, upper: 55 });
  });
});

test('a stricter judge says less, by its factor', () => {
  const points = replaced(series(60, around(10_000)), { 59: 5_000 });
  const q = (strictness: number) => last(DAILY, points, { ...DEFAULT_JUDGE_SETTINGS, strictness }).q;
  expect(q(2)).toBeCloseTo(q(1) / 2);
  expect(q(0.5)).toBeCloseTo(q(1) * 2);
});

describe('runs at odd times', () => {
  /** Daily runs, some minutes to an hour early or late. */
  const irregular = (points: readonly SeriesPoint[], seed = 11) => {
    const random = noise(seed);
    return points.map((point) => ({ ...point, time: point.time + Math.round(20 * 60_000 * random()) + 3 * HOUR }));
  };
  const random = noise(12);
  const week = series(
    90,
    (_, time) => (new Date(time).getUTCDay() % 6 === 0 ? 3_000 : 10_000) * Math.exp(0.02 * random()),
  );

  test('are daily where they come about every day: the weekly season is found', () => {
    expect(anomalies({ kind: 'row_count' }, irregular(week)).filter((i) => i >= 21)).toEqual([]);
    const saturday = week.findLastIndex(({ time }) => new Date(time).getUTCDay() === 6);
    const loud = replaced(irregular(week), { [saturday]: 10_000 });
    expect(anomalies({ kind: 'row_count' }, loud).filter((i) => i >= 21)).toEqual([saturday]);
  });

  test('are judged without a season where they come every few minutes', () => {
    const minutes = series(200, around(5_000), 7 * 60_000);
    expect(anomalies({ kind: 'row_count' }, minutes)).toEqual([]);
    expect(anomalies({ kind: 'row_count' }, replaced(minutes, { 150: 100 }))).toEqual([150]);
  });

  test('a new level is accepted after four of them over three days, or after ten', () => {
    const level = (i: number) => (i < 40 ? 10_000 : 20_000) + (i % 7) * 50;
    const everyTwoDays = series(60, level, 2 * DAY);
    expect(anomalies({ kind: 'row_count' }, everyTwoDays)).toEqual([40, 41, 42, 43]);
    const everyTenMinutes = series(60, level, 10 * 60_000);
    expect(anomalies({ kind: 'row_count' }, everyTenMinutes)).toEqual(Array.from({ length: 10 }, (_, i) => 40 + i));
  });
});

describe('a cumulative total', () => {
  const spec: SeriesSpec = { kind: 'cumulative', interval: 'D' };
  const total = (added: (i: number) => number) => {
    let sum = 1_000_000;
    return series(60, (i) => (sum += added(i)));
  };
  const grows = around(1_000, 0.05);

  test('that grows as ever is quiet, and its band is around the total', () => {
    const points = total(grows);
    const verdict = last(spec, points);
    expect(anomalies(spec, points)).toEqual([]);
    expect(verdict.expected!.lower).toBeLessThan(points[59]!.value!);
    expect(verdict.expected!.upper).toBeGreaterThan(points[59]!.value!);
    expect(verdict.expected!.lower).toBeGreaterThan(points[58]!.value!);
  });

  test('that grows ten times as much is said once: the total it left behind is the next base', () => {
    expect(
      anomalies(
        spec,
        total((i) => (i === 50 ? 10_000 : grows())),
      ),
    ).toEqual([50]);
  });

  test('that falls is a warning by itself, even among the first points', () => {
    const verdicts = judgeSeries(
      spec,
      total((i) => (i === 4 ? -1 : grows())),
    );
    expect(verdicts[4]).toMatchObject({ anomaly: true, direction: 'fall', detector: 'falling_total' });
    expect(verdicts[4]!.q).toBeGreaterThan(1.5);
  });

  test('after a gap is measured by what was due in it', () => {
    const points = total(grows);
    const gap = replaced(points, Object.fromEntries(Array.from({ length: 9 }, (_, i) => [45 + i, null])));
    expect(anomalies(spec, gap)).toEqual([]);
  });
});

describe('a value that stands still', () => {
  const random = noise(13);
  const moving = series(60, (i) => (i < 50 ? 80 + random() : 80.5));

  test('is said while that is news, without a direction, and then is how it is', () => {
    const found = anomalies({ kind: 'mean', interval: 'D' }, moving);
    expect(found).toHaveLength(4);
    expect(found[0]).toBeGreaterThan(51);
    expect(judgeSeries({ kind: 'mean', interval: 'D' }, moving)[found[0]!]).toMatchObject({
      detector: 'standstill',
      direction: null,
    });
  });

  test('is quiet at once when a person says so, until it moves and stops again', () => {
    const again = [
      ...moving,
      ...series(40, (i) => (i < 30 ? 80 + random() : 80.2)).map((point, i) => ({
        ...point,
        time: START + (60 + i) * DAY,
      })),
    ];
    const judge = createSeriesJudge({ kind: 'mean', interval: 'D' });
    const found: number[] = [];
    again.forEach((point, i) => {
      if (!judge.observe(point).anomaly) return;
      found.push(i);
      judge.accept();
    });
    expect(found).toHaveLength(2);
    expect(found[1]).toBeGreaterThan(90);
  });

  test('from the first point on is a constant, and no news for years', () => {
    for (const kind of ['row_count', 'mean', 'rate', 'cumulative', 'distinct'] as const)
      expect(
        anomalies(
          { kind, interval: 'D' },
          series(1_500, () => 42),
        ),
      ).toEqual([]);
  });
});
