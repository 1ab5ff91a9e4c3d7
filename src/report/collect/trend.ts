import type { Trend } from '../report-data.js';
import { rounded } from './rounding.js';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Values as one digit each between their extremes, or the given limits; undefined where none is known. */
export function encodeTrend(
  values: readonly (number | null)[],
  limits?: { readonly low: number; readonly high: number },
): Trend | undefined {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return undefined;
  const low = limits?.low ?? Math.min(...known);
  const high = limits?.high ?? Math.max(...known);
  const scale = high > low ? (DIGITS.length - 1) / (high - low) : 0;
  const digit = (value: number) => DIGITS[Math.max(0, Math.min(DIGITS.length - 1, Math.round((value - low) * scale)))];
  return {
    points: values.map((value) => (value === null ? '-' : digit(value))).join(''),
    low: rounded(low),
    high: rounded(high),
  };
}
