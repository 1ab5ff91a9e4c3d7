/** The q-quantile (0..1) of `values`, linearly interpolated (Hyndman & Fan 1996, type 7); NaN where there are none. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const index = (sorted.length - 1) * q;
  const low = sorted[Math.floor(index)];
  const high = sorted[Math.ceil(index)];
  if (low === undefined || high === undefined) return Number.NaN;
  return low + (high - low) * (index - Math.floor(index));
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}
