import type { SeriesPoint, SeriesSpec } from '#src/core/model/series.js';

/** What a method says of a point; above 0.5 is an anomaly. */
export type Scores = (spec: SeriesSpec, points: readonly SeriesPoint[]) => number[];

const LIMIT = 3;
const DAYS = 14;
/** Rates of level, trend and season. */
const [ALPHA, BETA, GAMMA] = [0.2, 0.01, 0.1];

/** Three standard deviations from the mean of the last 14 points, which is how the best-known open tool judges. */
export const rollingScores: Scores = (_, points) => {
  const past: number[] = [];
  return points.map(({ value }) => {
    if (value === null) return 0;
    const window = past.slice(-DAYS);
    past.push(value);
    if (window.length < DAYS) return 0;
    const { mean, deviation } = moments(window);
    return scoreOf(value - mean, deviation);
  });
};

/** Additive Holt-Winters smoothing (Winters 1960) with a season of a week or a day: three standard deviations of its residuals. */
export const holtWintersScores: Scores = ({ interval }, points) => {
  const season = interval === 'H' ? 24 : 7;
  const known = points.flatMap(({ value }) => (value === null ? [] : [value]));
  const first = moments(known.slice(0, season)).mean;
  let [level, trend] = [first, 0];
  const phases = known.slice(0, season).map((value) => value - first);
  let [residuals, squares] = [0, 0];
  return points.map(({ value }, i) => {
    const phase = i % season;
    if (value === null || i < season || phases[phase] === undefined) return 0;
    const residual = value - level - trend - phases[phase];
    const score = residuals < season ? 0 : scoreOf(residual, Math.sqrt(squares / residuals));
    residuals++;
    squares += residual ** 2;
    const before = level;
    level = ALPHA * (value - phases[phase]) + (1 - ALPHA) * (level + trend);
    trend = BETA * (level - before) + (1 - BETA) * trend;
    phases[phase] = GAMMA * (value - level) + (1 - GAMMA) * phases[phase];
    return score;
  });
};

function scoreOf(residual: number, deviation: number): number {
  if (residual === 0) return 0;
  const q = Math.abs(residual) / (LIMIT * deviation);
  return Number.isFinite(q) ? q / (1 + q) : 1;
}

function moments(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / Math.max(1, values.length - 1)) };
}
