/** What lies beyond counts as this large, and what is smaller than its inverse as 0: arithmetic stays finite. */
const LARGEST = 1e150;

/** The value itself, or the nearest one that can be reckoned with. */
export function bounded(value: number): number {
  return Math.abs(value) < 1 / LARGEST ? 0 : Math.max(-LARGEST, Math.min(LARGEST, value));
}

/** The median of some values, not none. */
export function middle(values: readonly number[]): number {
  return quantileOfSorted(Float64Array.from(values).sort(), 0.5);
}

/** The q-quantile of numbers in ascending order, not none, linearly interpolated (Hyndman & Fan 1996, type 7). */
export function quantileOfSorted(sorted: Float64Array, q: number): number {
  const position = (sorted.length - 1) * q;
  const below = Math.floor(position);
  const low = sorted[below]!;
  return low + (position - below) * ((sorted[below + 1] ?? low) - low);
}

/** The usual time between neighbours, of two or more points. */
export function usualStep(points: readonly { readonly time: number }[]): number {
  return middle(points.slice(1).map(({ time }, i) => time - points[i]!.time));
}
