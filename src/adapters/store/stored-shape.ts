import type { KnownColumn, SchemaVersion } from '#src/core/model/history.js';

/** A row of `schema_version`, as `shapeJson` makes it. */
export interface StoredShape {
  readonly run: number;
  readonly time: number;
  readonly oid: number;
  readonly columns: readonly KnownColumn[];
  readonly primary_key: readonly string[];
}

export function shapeOf(stored: StoredShape | null): SchemaVersion | null {
  if (!stored) return null;
  const { primary_key: primaryKey, ...shape } = stored;
  return { ...shape, primaryKey };
}
