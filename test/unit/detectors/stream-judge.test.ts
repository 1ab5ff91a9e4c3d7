import { describe, expect, test } from 'vitest';
import {
  createSeriesJudge,
  DEFAULT_JUDGE_SETTINGS,
  type JudgeSettings,
  judgeSeries,
} from '#src/core/detectors/index.js';
import type { SeriesPoint } from '#src/core/model/series.js';
import { DAY, HOUR, noise, replaced, series } from '../../support/series.js';

const MINUTES = 5 * 60_000;
const STREAM = { kind: 'stream' } as const;
const anomalies = (points: readonly SeriesPoint[], settings?: JudgeSettings) =>
  judgeSeries(STREAM, points, settings).flatMap(({ anomaly }, i) => (anomaly ? [i] : []));

/** Readings every five minutes that are higher in the afternoon. */
function readings(length: number, seed = 41) {
  const random = noise(seed);
  return series(length, (_, time) => 60 + 20 * Math.sin(((time % DAY) / DAY) * 2 * Math.PI) + random(), MINUTES);
}
const changed = (points: readonly SeriesPoint[], from: number, length: number, value: (value: number) => number) =>
  replaced(
    points,
    Object.fromEntries(points.slice(from, from + length).map((point, i) => [from + i, value(point.value!)])),
  );

describe('readings with a daily swing', () => {
  const points = readings(3_000);

  test('are quiet', () => {
    expect(anomalies(points)).toEqual([]);
  });

  test('a rise and a fall beyond all of them are said soon, once, with their direction', () => {
    for (const [by, direction] of [
      [100, 'rise'],
      [-100, 'fall'],
    ] as const) {
      const altered = changed(points, 2_000, 50, (value) => value + by);
      const found = anomalies(altered);
      expect(found).toHaveLength(1);
      expect(found[0]).toBeGreaterThanOrEqual(2_000);
      expect(found[0]).toBeLessThan(2_005);
      expect(judgeSeries(STREAM, altered)[found[0]!]).toMatchObject({ direction, detector: 'stream' });
    }
  });

  test('a noon as low as a midnight is said, though midnights are as low', () => {
    // six in the morning is the highest of the sine
    const top = points.findIndex(({ time }, i) => i > 2_000 && time % DAY === 6 * HOUR);
    const found = anomalies(changed(points, top, 12, () => 40));
    expect(found[0]).toBeGreaterThanOrEqual(top);
    expect(found[0]).toBeLessThan(top + 12);
  });

  test('that stop moving are said', () => {
    const found = anomalies(changed(points, 2_000, 300, () => 60));
    expect(found[0]).toBeGreaterThanOrEqual(2_000);
    expect(found[0]).toBeLessThan(2_200);
  });

  test('that start to swing are said, though their level stays', () => {
    const found = anomalies(
      points.map((point, i) => (i < 2_000 ? point : { ...point, value: point.value! + (i % 2 ? 9 : -9) })),
    );
    expect(found[0]).toBeGreaterThanOrEqual(2_000);
    expect(found[0]).toBeLessThan(2_100);
  });

  test('what comes again and again is said the first time', () => {
    const spikes = replaced(points, { 999: 300, 1149: 300, 1299: 300 });
    expect(anomalies(spikes)).toEqual([999]);
  });

  test('the first day is no alarm, and the first seven points have no score', () => {
    const wild = changed(points, 150, 30, (value) => 50 * value);
    expect(anomalies(wild).filter((i) => i < 288)).toEqual([]);
    expect(
      judgeSeries(STREAM, wild)
        .slice(0, 7)
        .map(({ score }) => score),
    ).toEqual(Array(7).fill(0));
  });

  test('unknown readings change nothing', () => {
    const gaps = points.flatMap((point, i) => (i % 100 === 50 ? [{ time: point.time, value: null }, point] : [point]));
    expect(judgeSeries(STREAM, gaps).filter((_, i) => gaps[i]!.value !== null)).toEqual(judgeSeries(STREAM, points));
  });

  test('the band holds the readings and grows with what they did', () => {
    const verdicts = judgeSeries(STREAM, points);
    for (let i = 1_000; i < points.length; i++) {
      expect(points[i]!.value).toBeGreaterThan(verdicts[i]!.expected!.lower);
      expect(points[i]!.value).toBeLessThan(verdicts[i]!.expected!.upper);
    }
    const after = judgeSeries(
      STREAM,
      changed(points, 2_000, 50, (value) => value + 100),
    );
    expect(after[2_900]!.expected!.upper).toBeGreaterThan(verdicts[2_900]!.expected!.upper);
  });
});

test('a restless stream that rests has no direction', () => {
  const random = noise(43);
  const restless = series(1_500, (i) => (i < 1_000 ? 50 + 5 * random() : 50), MINUTES);
  const verdict = judgeSeries(STREAM, restless).find(({ anomaly }) => anomaly);
  expect(verdict).toMatchObject({ direction: null, detector: 'stream' });
});

test('a constant is quiet, and a change below the least effect too', () => {
  const constant = series(1_500, () => 100, MINUTES);
  expect(anomalies(constant)).toEqual([]);
  expect(anomalies(changed(constant, 1_000, 1, () => 100.9))).toEqual([]);
  expect(anomalies(changed(constant, 1_000, 100, () => 110))[0]).toBeLessThan(1_010);
});

test('the least effect and the strictness are what the settings say', () => {
  const points = changed(readings(3_000), 2_000, 50, (value) => value + 60);
  const { minimumEffect } = DEFAULT_JUDGE_SETTINGS;
  expect(anomalies(points)).not.toEqual([]);
  expect(anomalies(points, { ...DEFAULT_JUDGE_SETTINGS, strictness: 20 })).toEqual([]);
  const rough = { ...minimumEffect, stream: { relative: 0, absolute: 100 } };
  expect(anomalies(points, { ...DEFAULT_JUDGE_SETTINGS, minimumEffect: rough })).toEqual([]);
});

test('what comes once a day is judged by forecast, though nobody said so', () => {
  const random = noise(44);
  const days = replaced(
    series(60, () => 100 + random()),
    { 59: 300 },
  );
  expect(judgeSeries(STREAM, days).at(-1)).toMatchObject({ anomaly: true, detector: 'forecast' });
});

test('a person may accept at any time', () => {
  const judge = createSeriesJudge(STREAM);
  const points = readings(300);
  const verdicts = points.map((point) => {
    judge.accept();
    return judge.observe(point);
  });
  expect(verdicts).toEqual(judgeSeries(STREAM, points));
});
