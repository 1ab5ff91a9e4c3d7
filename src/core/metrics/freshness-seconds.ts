/** How far ahead of the clock a newest value may be and still count as fresh: time zones and clock skew, in seconds. */
export const FUTURE_TOLERANCE_SECONDS = 86_400;

/** Name of the table-level series of `freshnessSeconds`. */
export const FRESHNESS_METRIC = 'freshness_seconds';

/**
 * Seconds between the newest insert time and `now` (both epoch milliseconds): 0 up to a day ahead of the clock, and
 * undefined beyond that or where there is no newest value, for a time in the future says nothing about freshness.
 */
export function freshnessSeconds(newest: number | null, now: number): number | undefined {
  if (newest === null || !Number.isFinite(newest)) return undefined;
  const seconds = (now - newest) / 1000;
  if (seconds < -FUTURE_TOLERANCE_SECONDS) return undefined;
  return Math.max(0, seconds);
}
