import { byteSize, duration, figure, grouped, percent, printable } from '../../core/checks/sentence.js';
import type { FigureUnit } from '../report-data.js';
import { h } from './dom.js';

const DAY = 86_400;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** A figure in full: `12,340`, `4.2 %`, `26 h`. */
export function figureIn(unit: FigureUnit, value: number): string {
  if (unit === 'share') return percent(value);
  if (unit === 'seconds') return duration(value);
  if (unit === 'bytes') return byteSize(value);
  return unit === 'count' && value >= 10 ? grouped(value) : figure(value);
}

/** The same for an axis, as short as can be: `12k`, `4 %`. */
export function axisFigure(unit: FigureUnit, value: number): string {
  if (unit === 'share') return `${Number((value * 100).toPrecision(3))} %`;
  if (unit === 'seconds' || unit === 'bytes') return figureIn(unit, value).replace(' days', ' d');
  return shortCount(value);
}

/** `980`, `12.3k`, `4.1M`. */
export function shortCount(value: number): string {
  const size = Math.abs(value);
  for (const [limit, suffix] of [
    [1e9, 'B'],
    [1e6, 'M'],
    [1e4, 'k'],
  ] as const)
    if (size >= limit) return `${Number((value / (suffix === 'k' ? 1e3 : limit)).toPrecision(3))}${suffix}`;
  return figure(value);
}

/** `24 Nov 2026`. */
export function day(seconds: number): string {
  const date = new Date(seconds * 1000);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

export function shortDay(seconds: number): string {
  return day(seconds).slice(0, -5);
}

export function month(seconds: number): string {
  return MONTHS[new Date(seconds * 1000).getUTCMonth()]!;
}

/** `Tue 24 Nov 2026`. */
export function weekday(seconds: number): string {
  return `${WEEKDAYS[new Date(seconds * 1000).getUTCDay()]} ${day(seconds)}`;
}

/** `02:00`. */
export function clock(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(11, 16);
}

/** `24 Nov 2026, 02:00 UTC`. */
export function moment(seconds: number): string {
  return `${day(seconds)}, ${clock(seconds)} UTC`;
}

/** A time span: `40 min`, `26 h`, `4 days`. */
export function span(seconds: number): string {
  return duration(seconds < 10 * DAY ? seconds : Math.round(seconds / DAY) * DAY);
}

/** `40 min ago`, `in 3 h`. */
export function ago(seconds: number, now: number): string {
  return seconds > now ? `in ${span(seconds - now)}` : `${span(now - seconds)} ago`;
}

/** `1 table`, `2,000 tables`. */
export function count(number: number, singular: string, plural = `${singular}s`): string {
  return `${figure(number)} ${number === 1 ? singular : plural}`;
}

/** A finding's sentence: a date or a share is never broken over two lines. */
export function sentence(text: string): HTMLElement {
  const parts = printable(text).split(/(\d{4}-\d\d-\d\d|[\d.,]+ %)/);
  return h('bdi', {}, ...parts.map((part, i) => (i % 2 === 1 ? h('span', { class: 'unbroken' }, part) : part)));
}

/** Text of unknown origin: on one line, nothing invisible, and no influence on the direction of what is around it. */
export function foreign(text: string, className?: string): HTMLElement {
  return h('bdi', { class: className }, printable(text));
}
