import type { SeriesKind, SeriesPoint } from '../model/series.js';

/** A kind of incident that is put into a series to see whether it would be found. */
export interface Injection {
  readonly name: string;
  /** What people call it. */
  readonly title: string;
  readonly kinds: readonly SeriesKind[];
  /** Points it lasts. */
  readonly length: number;
  /** What the series shows `step` points (from 0) into the incident where it would have shown `value`; `before` was the last good value. */
  readonly alter: (value: number, step: number, before: number) => number;
}

const COUNTS: readonly SeriesKind[] = ['row_count'];
const RATES: readonly SeriesKind[] = ['null_rate', 'rate'];

/** The incidents that are tried. A new one is one entry here. */
export const injections: readonly Injection[] = [
  {
    name: 'partial30',
    title: '30 % of a load missing',
    kinds: COUNTS,
    length: 1,
    alter: (value) => Math.round(0.7 * value),
  },
  { name: 'partial50', title: 'half a load', kinds: COUNTS, length: 1, alter: (value) => Math.round(0.5 * value) },
  { name: 'duplicate', title: 'a load twice', kinds: COUNTS, length: 1, alter: (value) => 2 * value },
  { name: 'missing', title: 'no load', kinds: COUNTS, length: 2, alter: () => 0 },
  {
    name: 'null_jump',
    title: '5 points more nulls',
    kinds: RATES,
    length: 3,
    alter: (value) => Math.min(1, value + 0.05),
  },
  { name: 'all_null', title: 'everything null', kinds: RATES, length: 1, alter: () => 1 },
  { name: 'unit_change', title: 'another unit (× 100)', kinds: ['mean'], length: 3, alter: (value) => 100 * value },
  { name: 'shift', title: 'a mean 20 % higher', kinds: ['mean'], length: 3, alter: (value) => 1.2 * value },
  {
    name: 'standstill',
    title: 'the same value again and again',
    kinds: ['mean', 'row_count'],
    length: 5,
    alter: (_, __, before) => before,
  },
];

/** The series up to the end of an incident that begins at `start`; null where there is nothing that it would change. */
export function inject(
  points: readonly SeriesPoint[],
  start: number,
  { length, alter }: Injection,
): SeriesPoint[] | null {
  const before = points[start - 1]?.value;
  if (before === undefined || before === null || start + length > points.length) return null;
  let changed = false;
  const altered = points.slice(0, start + length).map((point, i): SeriesPoint => {
    if (i < start || point.value === null) return point;
    const value = alter(point.value, i - start, before);
    changed ||= value !== point.value;
    return { ...point, value };
  });
  return changed ? altered : null;
}
