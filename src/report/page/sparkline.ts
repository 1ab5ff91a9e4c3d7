import type { ReportSeries, Trend } from '../report-data.js';
import { s } from './dom.js';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const HEIGHT = 24;

/** A line without axes; `marks` are drawn as dots. `label` says what it shows to those who do not see it. */
export function sparkline(
  values: readonly (number | null)[],
  label: string,
  marks: ReportSeries['marks'] = [],
): SVGElement {
  const known = values.filter((value) => value !== null);
  const [low, high] = [Math.min(0, ...known), Math.max(...known)];
  const y = (value: number) => HEIGHT - 2 - ((value - low) / (high - low || 1)) * (HEIGHT - 4);
  return picture(
    label,
    Math.max(1, values.length - 1),
    s('path', { class: 'spark', d: linePath(values, y) }),
    ...marks.flatMap(([index, severity]) => {
      const value = values[index];
      return value == null ? [] : [s('path', { class: `dot ${severity}`, d: `M${index} ${y(value)}h0` })];
    }),
  );
}

/** A trend between its own limits. */
export function trendLine(trend: Trend, label: string): SVGElement {
  const y = (value: number) => HEIGHT - 2 - value * (HEIGHT - 4);
  const values = trendValues(trend);
  return picture(label, Math.max(1, values.length - 1), s('path', { class: 'spark', d: linePath(values, y) }));
}

/** A density as an area, with a tick where the median is. */
export function shapeArea(shape: Trend, label: string, median?: number): SVGElement {
  const values = trendValues(shape).map((value) => value ?? 0);
  const last = values.length - 1;
  const points = values.map((value, i) => `L${i} ${round(HEIGHT - value * (HEIGHT - 2))}`).join('');
  return picture(
    label,
    last,
    s('path', { class: 'area', d: `M0 ${HEIGHT}${points}L${last} ${HEIGHT}Z` }),
    median === undefined ? null : s('path', { class: 'median', d: `M${round(median * last)} 0V${HEIGHT}` }),
  );
}

function picture(label: string, width: number, ...children: readonly (SVGElement | null)[]): SVGElement {
  return s(
    'svg',
    {
      class: 'sparkline',
      viewBox: `0 0 ${width} ${HEIGHT}`,
      preserveAspectRatio: 'none',
      role: 'img',
      'aria-label': label,
    },
    ...children,
  );
}

function trendValues({ points }: Trend): (number | null)[] {
  return [...points].map((digit) => (digit === '-' ? null : DIGITS.indexOf(digit) / (DIGITS.length - 1)));
}

function linePath(values: readonly (number | null)[], y: (value: number) => number): string {
  let path = '';
  let pen = 'M';
  for (const [i, value] of values.entries()) {
    if (value === null) pen = 'M';
    else {
      path += `${pen}${i} ${round(y(value))}`;
      pen = 'L';
    }
  }
  return path;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
