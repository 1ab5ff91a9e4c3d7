import { parseTimestamp } from '#src/core/checks/parse-timestamp.js';
import type { ColumnProfile, JsonValue, Quantiles } from '#src/core/model/profile.js';
import type { Trend } from '../report-data.js';
import { encodeTrend } from './trend.js';

const STEPS = 32;
const PROBABILITIES = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99] as const;

/** How a column's values are spread. */
export interface Shape {
  /** Density from the 1st to the 99th percentile, made from seven quantiles and smoothed. */
  readonly density: Trend;
  /** Place of the median between them, 0..1. */
  readonly median: number;
}

/** Null for columns without an order that can be drawn, and where the middle 98 % are one value. */
export function shapeOf({ quantiles, type }: ColumnProfile): Shape | null {
  const points = quantiles && numbersOf(quantiles, type);
  if (!points) return null;
  const [low, high] = [points[0]!, points.at(-1)!];
  if (!(high > low)) return null;
  const width = (high - low) / STEPS;
  const shares = Array.from({ length: STEPS }, (_, i) => {
    const to = i === STEPS - 1 ? high : low + (i + 1) * width;
    return shareUpTo(points, to) - (i === 0 ? PROBABILITIES[0] : shareUpTo(points, low + i * width));
  });
  const smooth = smoothed(smoothed(shares));
  const density = encodeTrend(smooth, { low: 0, high: Math.max(...smooth) })!;
  return { density: { ...density, low, high }, median: Number(((points[3]! - low) / (high - low)).toFixed(3)) };
}

function numbersOf(quantiles: Quantiles, type: string): number[] | null {
  const { p01, p05, p25, p50, p75, p95, p99 } = quantiles;
  const isTime = /^(date|timestamp)/.test(type);
  const numbers = [p01, p05, p25, p50, p75, p95, p99].map((value) => (isTime ? epochSeconds(value) : Number(value)));
  return numbers.every(Number.isFinite) ? numbers : null;
}

function epochSeconds(value: JsonValue): number {
  const time = typeof value === 'string' ? parseTimestamp(value) : null;
  return time === null ? Number.NaN : time / 1000;
}

/** Share of values up to `x`, straight between quantiles; a value that several quantiles share counts whole. */
function shareUpTo(points: readonly number[], x: number): number {
  const after = points.findIndex((point) => point > x);
  if (after < 0) return PROBABILITIES[6];
  const [from, to] = [points[after - 1]!, points[after]!];
  const [low, high] = [PROBABILITIES[after - 1]!, PROBABILITIES[after]!];
  return low + ((x - from) / (to - from)) * (high - low);
}

/** Quantiles know no more than steps; what is drawn should not look as if they did. */
function smoothed(shares: readonly number[]): number[] {
  return shares.map((share, i) => (2 * share + (shares[i - 1] ?? share) + (shares[i + 1] ?? share)) / 4);
}
