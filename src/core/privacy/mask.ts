import type { ColumnProfile, JsonValue, Quantiles, TableProfile } from '../model/profile.js';
import { looksPersonal, type PersonalKind, personalName, personalValue } from './personal.js';

/** What stands in place of a value that looks personal. */
export const MASK = '***';

/** True for a value that is not to be shown: its column's name, or itself, looks personal. */
export function isPersonal(column: string, value: JsonValue): boolean {
  return personalName(column) !== null || personalValue(value) !== null;
}

/** What makes a column personal, by its name or its minimum, maximum and frequent values; null where nothing does. */
export function personalColumn({ name, min, max, topValues = [] }: ColumnProfile): PersonalKind | null {
  const values = [...topValues.map(({ value }) => value), ...[min, max].filter((value) => value !== undefined)];
  return looksPersonal(name, values);
}

/** Numbers below this are no phone, card or account numbers, whatever their column is called. */
const MIN_PERSONAL_NUMBER = 1e6;

/** True for a column of numbers that are a person's (a phone, a card): their mean and quantiles say nothing of the data, and may be one of them. */
export function isPersonalNumber(column: ColumnProfile): boolean {
  return Number(column.max) >= MIN_PERSONAL_NUMBER && personalColumn(column) !== null;
}

/**
 * A profile as people may see it: columns that look personal without what shows values (minimum, maximum, mean, quantiles,
 * frequent values), and single values that look personal in other columns replaced.
 */
export function maskProfile(profile: TableProfile): TableProfile {
  return { ...profile, columns: profile.columns.map(maskColumn) };
}

/** One column of `maskProfile`. */
export function maskColumn(column: ColumnProfile): ColumnProfile {
  const masked = personalColumn(column);
  if (masked !== null) {
    const { min: _min, max: _max, mean: _mean, quantiles: _quantiles, topValues: _topValues, ...rest } = column;
    return { ...rest, masked };
  }
  const { min, max, quantiles, topValues } = column;
  const shown = (value: JsonValue) => (isPersonal(column.name, value) ? MASK : value);
  return {
    ...column,
    ...(min !== undefined && { min: shown(min) }),
    ...(max !== undefined && { max: shown(max) }),
    ...(quantiles && { quantiles: mapQuantiles(quantiles, shown) }),
    ...(topValues && { topValues: topValues.map((top) => ({ ...top, value: shown(top.value) })) }),
  };
}

function mapQuantiles(quantiles: Quantiles, shown: (value: JsonValue) => JsonValue): Quantiles {
  return Object.fromEntries(
    Object.entries(quantiles).map(([name, value]) => [name, shown(value)]),
  ) as unknown as Quantiles;
}
