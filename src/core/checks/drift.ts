import type { SeriesPoint } from '../model/series.js';
import { median } from '../statistics.js';
import type { TableCheck } from './check.js';
import { newEventSeries, severityOfDays } from './event-past.js';
import { makeFinding } from './finding.js';
import { isCounter, isIdentifier } from './identifier.js';
import { columnName, figure, percent } from './sentence.js';

/** Days over which a drift is looked for: long enough to outlast noise, short enough to matter. */
const WINDOW = 20;
/** Windows before it that show how much the column moves by itself. */
const MIN_WINDOWS = 30;
/** Standard deviations of the Mann–Kendall statistic. */
const MIN_TREND = 4;
/** How much steeper than the steepest window before. */
const MIN_STEEPNESS = 2;
/** Change over the window that is worth a word. */
const MIN_EFFECT = 0.05;
const WARN_EFFECT = 0.08;

/**
 * A mean that moves slowly but steadily, a little every day, so that no day is far from the one before. Trend by Mann (1945)
 * and Kendall (1975), slope by Theil (1950) and Sen (1968), held against the slopes of all earlier windows of the same column.
 */
export const drift: TableCheck = {
  name: 'drift',
  judge(history) {
    return newEventSeries(history, 'mean').flatMap(({ column, points }) => {
      if (column === null || isIdentifier(history, column) || isCounter(points)) return [];
      const seen = findDrift(points);
      if (seen === null) return [];
      const { before, now, effect, steepness } = seen;
      return makeFinding(history, {
        check: this.name,
        metric: 'mean',
        column,
        severity: severityOfDays(history, Math.abs(effect) >= WARN_EFFECT ? 'warn' : 'info'),
        value: now,
        expected: {},
        distance: steepness / MIN_STEEPNESS,
        message:
          `The mean of ${columnName(history, column)} has drifted from ${figure(before)} to ${figure(now)} in ${WINDOW} days ` +
          `(${percent(Math.abs(effect))} ${effect < 0 ? 'down' : 'up'}), a little every day.`,
      });
    });
  },
};

interface Drift {
  readonly before: number;
  readonly now: number;
  /** Change over the window as a share of the level before it. */
  readonly effect: number;
  /** Slope in slopes of the steepest window before. */
  readonly steepness: number;
}

function findDrift(points: readonly SeriesPoint[]): Drift | null {
  const values = points.flatMap(({ value }) => (value === null ? [] : [value]));
  const windows = values.length - 2 * WINDOW + 1;
  if (windows < MIN_WINDOWS) return null;
  const recent = values.slice(-WINDOW);
  const trend = mannKendall(recent);
  if (Math.abs(trend) < MIN_TREND) return null;
  const level = median(values.slice(-2 * WINDOW, -WINDOW));
  const slope = theilSen(recent);
  const effect = (slope * (WINDOW - 1)) / Math.abs(level);
  if (!(Math.abs(effect) >= MIN_EFFECT)) return null;
  // Windows that reach into the recent one know of the drift.
  let steepest = 0;
  for (let start = 0; start < windows; start++) {
    steepest = Math.max(steepest, Math.abs(theilSen(values.slice(start, start + WINDOW))));
  }
  const steepness = Math.abs(slope) / Math.max(steepest, Math.abs(level) * 1e-9);
  if (steepness < MIN_STEEPNESS) return null;
  const middle = median(recent);
  return { before: middle - (slope * (WINDOW - 1)) / 2, now: middle + (slope * (WINDOW - 1)) / 2, effect, steepness };
}

/** Mann–Kendall's S in its own standard deviations; ties are taken as no move. */
function mannKendall(values: readonly number[]): number {
  let s = 0;
  for (let j = 1; j < values.length; j++) for (let i = 0; i < j; i++) s += Math.sign(values[j]! - values[i]!);
  const n = values.length;
  return s / Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
}

/** The median slope over all pairs, per point. */
function theilSen(values: readonly number[]): number {
  const slopes: number[] = [];
  for (let j = 1; j < values.length; j++) for (let i = 0; i < j; i++) slopes.push((values[j]! - values[i]!) / (j - i));
  slopes.sort((a, b) => a - b);
  const middle = slopes.length >> 1;
  return slopes.length % 2 === 1 ? slopes[middle]! : (slopes[middle - 1]! + slopes[middle]!) / 2;
}
