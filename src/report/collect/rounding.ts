/** Five significant digits: more are not seen in a picture, and cost half the file. */
export function rounded(value: number): number {
  return Number(value.toPrecision(5));
}

export function roundedOrNull(value: number | null | undefined): number | null {
  return value == null || !Number.isFinite(value) ? null : rounded(value);
}

/** Epoch milliseconds as the seconds of the report. */
export function seconds(epochMs: number): number {
  return Math.round(epochMs / 1000);
}
