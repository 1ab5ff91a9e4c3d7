/** Epoch milliseconds as the API writes a time. */
export function iso(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

/** The same of a time that may not have come. */
export function isoOrNull(epochMs: number | null): string | null {
  return epochMs === null ? null : iso(epochMs);
}
