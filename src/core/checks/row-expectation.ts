import type { Point } from '../model/history.js';
import { median, quantile } from '../statistics.js';
import { coversWeek } from './past.js';
import { differences, steadyTrend } from './row-trend.js';
import type { CheckSettings } from './settings.js';

/** What a table's row count should be. All figures in rows but the two limits, which are differences of logarithms. */
export interface RowExpectation {
  readonly lower: number;
  readonly upper: number;
  /** The centre the limits are taken from: one figure, or the stretch between those that are all plausible. */
  readonly low: number;
  readonly high: number;
  readonly fallLimit: number;
  readonly riseLimit: number;
}

/** A row count outside its expectation. */
export interface RowDeviation {
  readonly direction: 'fall' | 'rise';
  /** In limits, above 1; from 1.5 on it is worth a warning, and any way beyond the wide limits is. */
  readonly distance: number;
}

/** From this distance on, a deviation is a warning; before it, it is only shown. */
export const WARN_DISTANCE = 1.5;

/** Standard deviations of a learned limit with n points: 4.5 (1 + 6 / n), wide while little is known. */
const THRESHOLD = 4.5;
const LEARNED_MIN_POINTS = 7;
/** Standard deviations that a count of independent rows may move by chance, under the wide limits. */
const CHANCE_DEVIATIONS = 3;
/** MAD and 90 % quantile of the absolute residuals of a normal distribution, as standard deviations. */
const MAD_TO_SIGMA = 1.4826;
const Q90_TO_SIGMA = 1 / 1.645;
/** Share of `riseShare` that is enough for a table that never moved: an exact doubling is one. */
const STILL_RISE = 0.9;
/** A table that has moved this often shows how it moves. */
const TELLING_MOVES = 3;

type Limits = CheckSettings['rowCount'];

/**
 * What the row count should be at `now`, from normal points: the median of the last of them, or the extrapolated trend
 * where they grow or shrink steadily, with limits on the log scale. Null without points. A history of a week or more
 * tightens the limits to what the table itself does; a noisy one widens them.
 */
export function expectRows(points: readonly Point[], now: number, limits: Limits): RowExpectation | null {
  const used = points.slice(-limits.points);
  if (used.length === 0) return null;
  const values = used.map((point) => point.value);
  const level = median(values);
  const trend = steadyTrend(used, now);
  const residuals = trend
    ? values.slice(1).map((value, i) => Math.abs(logRatio(value, values[i]! + trend.step)))
    : values.map((value) => Math.abs(logRatio(value, level)));
  const learned = used.length >= LEARNED_MIN_POINTS && coversWeek(used);
  const { fallLimit, riseLimit } = learned
    ? learnedLimits(values, residuals, level, limits)
    : wideLimits(values, residuals, level, limits);

  const plausible = trend ? [trend.last, trend.next] : [level];
  const low = Math.max(0, Math.min(...plausible));
  const high = Math.max(0, ...plausible);
  const lower = Math.max(0, (low + 0.5) * Math.exp(-fallLimit) - 0.5);
  const upper = (high + 0.5) * Math.exp(riseLimit) - 0.5;
  return { lower, upper, low, high, fallLimit, riseLimit };
}

/** How far outside its expectation a row count is, and which way; null where it is not, or where too few rows are concerned. */
export function rowDeviation(rows: number, expected: RowExpectation, limits: Limits): RowDeviation | null {
  const { lower, upper, low, high, fallLimit, riseLimit } = expected;
  if (rows < lower && low >= limits.minRows && low - rows >= limits.minEffectRows) {
    return { direction: 'fall', distance: distance(-logRatio(rows, low), fallLimit, fallLog(limits.fallShare)) };
  }
  if (rows > upper && high >= limits.minRows && rows - high >= limits.minEffectRows) {
    return {
      direction: 'rise',
      distance: distance(logRatio(rows, high), riseLimit, Math.log(1 + STILL_RISE * limits.riseShare)),
    };
  }
  return null;
}

function learnedLimits(values: readonly number[], residuals: readonly number[], level: number, limits: Limits) {
  const sigma = Math.max(MAD_TO_SIGMA * median(residuals), Q90_TO_SIGMA * quantile(residuals, 0.9), chance(level));
  const spread = THRESHOLD * (1 + 6 / values.length) * sigma;
  // A table that has not moved yet does not say how large its next load is, but it does say that nothing is taken away.
  const moves = differences(values).filter((step) => step !== 0).length >= TELLING_MOVES;
  return {
    fallLimit: Math.max(fallLog(limits.minEffectShare), spread),
    riseLimit: Math.max(Math.log(1 + (moves ? limits.minEffectShare : riseShare(values, limits))), spread),
  };
}

function wideLimits(values: readonly number[], residuals: readonly number[], level: number, limits: Limits) {
  const noise = residuals.length < 3 ? 0 : MAD_TO_SIGMA * median(residuals);
  const spread = Math.max(THRESHOLD * noise, CHANCE_DEVIATIONS * chance(level));
  return {
    fallLimit: Math.max(fallLog(limits.fallShare), spread),
    riseLimit: Math.max(Math.log(1 + riseShare(values, limits)), spread),
  };
}

/** A table that fills may double at its second load; one that stood still and doubles was loaded twice. */
function riseShare(values: readonly number[], limits: Limits): number {
  const still = values.length > 1 && values.every((value) => value === values[0]);
  return limits.riseShare * (still ? STILL_RISE : 1);
}

/** Where even the wide limits are crossed, the limit itself is where a warning begins. */
function distance(deviation: number, limit: number, wideLimit: number): number {
  return (deviation / limit) * (limit >= wideLimit ? WARN_DISTANCE : 1);
}

/** Standard deviation of the logarithm of a count of independent rows (Poisson). */
function chance(level: number): number {
  return 1 / Math.sqrt(Math.max(1, level));
}

function fallLog(share: number): number {
  return -Math.log(1 - share);
}

/** Half a row is added so that nothing is infinitely far from none. */
function logRatio(rows: number, reference: number): number {
  return Math.log((Math.max(0, rows) + 0.5) / (Math.max(0, reference) + 0.5));
}
