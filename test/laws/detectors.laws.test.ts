import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSeriesJudge, DEFAULT_JUDGE_SETTINGS, judgeSeries } from '#src/core/detectors/index.js';
import type { SeriesKind, SeriesPoint, SeriesSpec, Verdict } from '#src/core/model/series.js';
import { DAY, HOUR, noise, START } from '../support/series.js';

const KINDS: readonly SeriesKind[] = [
  'row_count',
  'cumulative',
  'distinct',
  'rate',
  'null_rate',
  'mean',
  'freshness',
  'stream',
];

const spec: fc.Arbitrary<SeriesSpec> = fc
  .tuple(fc.constantFrom(...KINDS), fc.constantFrom('D' as const, 'H' as const, undefined))
  .map(([kind, interval]) => (interval ? { kind, interval } : { kind }));

const step = ({ interval }: SeriesSpec) => (interval === 'H' ? HOUR : DAY);

const at = (values: readonly (number | null)[], each: number): SeriesPoint[] =>
  values.map((value, i) => ({ time: START + i * each, value }));

/** Any finite number, often one that breaks arithmetic, often the one before. */
const extreme = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(
    0,
    -0,
    1,
    -1,
    Number.MAX_VALUE,
    -Number.MAX_VALUE,
    Number.MIN_VALUE,
    -Number.MIN_VALUE,
    2 ** 53,
    1e-300,
  ),
  fc.nat(1_000),
);
const hostile = fc.oneof(
  fc.array(fc.option(extreme, { freq: 8 }), { maxLength: 60 }),
  fc
    .tuple(extreme, fc.nat(50), fc.array(extreme, { maxLength: 10 }))
    .map(([value, length, more]) => [...Array.from({ length }, () => value), ...more]),
);
const hostilePoints = fc.tuple(hostile, fc.array(extreme, { maxLength: 5 })).chain(([values, errors]) =>
  spec.map((each) => ({
    spec: each,
    points: at(values, step(each)).map((point, i): SeriesPoint => {
      const stdError = errors[i % 7];
      return stdError === undefined ? point : { ...point, stdError: Math.abs(stdError) };
    }),
  })),
);

/** A series as tables have them: a level, a weekly season, noise, and now and then something quite different. */
const plausible = fc
  .record({
    seed: fc.nat(),
    length: fc.integer({ min: 20, max: 120 }),
    share: fc.constantFrom(0.01, 0.05, 0.2),
    weekend: fc.constantFrom(1, 0.3),
    odd: fc.array(fc.tuple(fc.nat(119), fc.constantFrom(0.1, 0.5, 2, 10)), { maxLength: 6 }),
  })
  .map(({ seed, length, share, weekend, odd }) => {
    const random = noise(seed);
    const factors = new Map(odd);
    return Array.from(
      { length },
      (_, i) => Math.exp(share * random()) * (i % 7 > 4 ? weekend : 1) * (factors.get(i) ?? 1),
    );
  });

describe('whatever it is given', () => {
  test('the judge answers, in range, and an anomaly is a score above one half', () => {
    fc.assert(
      fc.property(hostilePoints, ({ spec, points }) => {
        for (const verdict of judgeSeries(spec, points)) check(verdict);
      }),
      { numRuns: 400 },
    );
  });

  test('a point that is unknown is nothing', () => {
    fc.assert(
      fc.property(hostilePoints, ({ spec, points }) => {
        judgeSeries(spec, points).forEach((verdict, i) => {
          if (points[i]!.value === null) expect(verdict.score).toBe(0);
        });
      }),
    );
  });
});

function check({ q, score, anomaly, direction, expected, detector }: Verdict): void {
  expect(q).toBeGreaterThanOrEqual(0);
  expect(Number.isFinite(q)).toBe(true);
  expect(score).toBeGreaterThanOrEqual(0);
  expect(score).toBeLessThanOrEqual(1);
  expect(anomaly).toBe(score > 0.5);
  expect(anomaly).toBe(q > 1);
  if (!anomaly) expect(direction).toBeNull();
  if (anomaly) expect(detector).not.toBeNull();
  if (expected === null) return;
  for (const figure of Object.values(expected)) expect(figure).not.toBeNaN();
  expect(expected.lower).toBeLessThanOrEqual(expected.value);
  expect(expected.value).toBeLessThanOrEqual(expected.upper);
}

test('a verdict rests on the points before it alone: judged in parts or as a whole, it is the same', () => {
  fc.assert(
    fc.property(spec, plausible, fc.nat(119), (each, values, cut) => {
      const points = at(
        values.map((value) => 1_000 * value),
        step(each),
      );
      const whole = judgeSeries(each, points);
      expect(judgeSeries(each, points.slice(0, cut))).toEqual(whole.slice(0, cut));
      const judge = createSeriesJudge(each);
      for (const point of points.slice(0, cut)) judge.observe(point);
      expect(points.slice(cut).map((point) => judge.observe(point))).toEqual(whole.slice(cut));
    }),
  );
});

test('a factor on all values changes nothing where distances are factors', () => {
  const scaled = fc.record({
    kind: fc.constantFrom<SeriesKind>('mean', 'row_count', 'distinct', 'freshness'),
    interval: fc.constantFrom<'D' | 'H'>('D', 'H'),
    factor: fc.constantFrom(0.25, 3, 1_000),
  });
  fc.assert(
    fc.property(scaled, plausible, ({ factor, ...each }, values) => {
      // so many that neither the + 1 of a logarithm nor the Poisson floor is seen
      const points = values.map((value) => 1e12 * value);
      const found = judgeSeries(each, at(points, step(each)));
      const scaledFound = judgeSeries(
        each,
        at(
          points.map((value) => factor * value),
          step(each),
        ),
      );
      found.forEach(({ q }, i) => {
        // to a hair at the limit, rounding may decide
        if (Math.abs(q - 1) > 1e-6) expect(scaledFound[i]!.anomaly).toBe(q > 1);
      });
    }),
  );
});

test('what is unknown in between changes nothing where there is no season', () => {
  const noSeason = fc.constantFrom<SeriesKind>(...KINDS);
  fc.assert(
    fc.property(noSeason, plausible, fc.array(fc.nat(119), { maxLength: 20 }), (kind, values, gaps) => {
      // every five hours: no interval that has a season
      const points = at(
        values.map((value) => 1_000 * value),
        5 * HOUR,
      );
      const holes = new Set(gaps);
      const withGaps = points.flatMap((point, i) =>
        holes.has(i) ? [{ time: point.time - HOUR, value: null }, point] : [point],
      );
      const verdicts = judgeSeries({ kind }, withGaps).filter((_, i) => withGaps[i]!.value !== null);
      expect(verdicts).toEqual(judgeSeries({ kind }, points));
    }),
  );
});

test('a stricter judge finds no more, as long as it has learned the same', () => {
  fc.assert(
    fc.property(spec, plausible, (each, values) => {
      const points = at(
        values.map((value) => 1_000 * value),
        step(each),
      );
      const first = (strictness: number) =>
        judgeSeries(each, points, { ...DEFAULT_JUDGE_SETTINGS, strictness }).findIndex(({ anomaly }) => anomaly);
      const [usual, strict] = [first(1), first(2)];
      if (usual < 0) expect(strict).toBe(-1);
      else if (strict >= 0) expect(strict).toBeGreaterThanOrEqual(usual);
    }),
  );
});
