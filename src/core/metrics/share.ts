import type { ColumnProfile, JsonValue } from '../model/profile.js';
import { isPersonalNumber } from '../privacy/mask.js';

/** `part` / `whole` in 0..1; undefined where either is unknown or there is nothing to take a share of. */
export function share(part: number | undefined, whole: number | undefined): number | undefined {
  if (part === undefined || whole === undefined || !(whole > 0)) return undefined;
  return Math.min(1, Math.max(0, part / whole));
}

/** Values of a column that are not null. Rates of values are taken over these, so that a null jump moves `null_rate` only. */
export function nonNullCount(column: ColumnProfile, rowCount: number): number | undefined {
  return column.nullCount === undefined ? undefined : rowCount - column.nullCount;
}

/** A quantile of a numeric column; text, dates and times have quantiles too, but no figure to follow over time. */
export function numericQuantile(column: ColumnProfile, value: JsonValue | undefined): number | undefined {
  if (column.mean === undefined || value === undefined || typeof value === 'boolean' || value === '') return undefined;
  const figure = Number(value);
  return Number.isFinite(figure) && !isPersonalNumber(column) ? figure : undefined;
}
