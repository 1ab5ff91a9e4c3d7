import { spread } from './report.js';

/** What one quantity did over a soak. */
export interface Flatness {
  readonly unit: string;
  readonly median: number;
  /** Growth a minute: the median of the slopes between all pairs of samples (Theil 1950, Sen 1968), so that a few high ones do not count. */
  readonly slopePerMinute: number;
  /** The slope over the time that was looked at. */
  readonly growth: number;
  readonly allowedGrowth: number;
  readonly isFlat: boolean;
}

export interface Sample {
  readonly atMs: number;
  readonly value: number;
}

/** The first samples are of a program that warms up. */
const WARM_UP_SHARE = 0.25;

export function flatness(samples: readonly Sample[], unit: string, allowedGrowth: number): Flatness {
  const seen = samples.slice(Math.floor(samples.length * WARM_UP_SHARE));
  const slopes = seen.flatMap((a, index) =>
    seen.slice(index + 1).map((b) => ((b.value - a.value) * 60_000) / (b.atMs - a.atMs)),
  );
  const slopePerMinute = slopes.length > 0 ? spread(slopes).median : 0;
  const minutes = seen.length > 1 ? (seen.at(-1)!.atMs - seen[0]!.atMs) / 60_000 : 0;
  const growth = slopePerMinute * minutes;
  const median = seen.length > 0 ? spread(seen.map(({ value }) => value)).median : 0;
  return { unit, median, slopePerMinute, growth, allowedGrowth, isFlat: seen.length > 3 && growth <= allowedGrowth };
}
