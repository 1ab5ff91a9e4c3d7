import type { SeriesPoint } from '#src/core/model/series.js';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
/** A Monday. */
export const START = Date.UTC(2026, 0, 5);

/** Numbers of about unit variance and mean 0, the same ones for the same seed (a sum of uniforms of Steele's mulberry32). */
export function noise(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => 2 * (uniform() + uniform() + uniform() - 1.5);
}

/** Points one step apart from START; `value` is asked for each with its index and time. */
export function series(
  length: number,
  value: (i: number, time: number) => number | null,
  step: number = DAY,
): SeriesPoint[] {
  return Array.from({ length }, (_, i) => {
    const time = START + i * step;
    return { time, value: value(i, time) };
  });
}

/** The same points with some of them replaced, by index. */
export function replaced(
  points: readonly SeriesPoint[],
  values: Readonly<Record<number, number | null>>,
): SeriesPoint[] {
  return points.map((point, i) => (i in values ? { ...point, value: values[i]! } : point));
}
