import type { JsonValue } from '../model/profile.js';
import { isPersonal } from '../privacy/mask.js';

/** The pieces that the checks' sentences are made of. No locale is involved: the same figures give the same words. */

/** Controls, invisible and direction-changing characters, lone surrogates, line separators, spaces but the plain one. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|(?! )\p{Zs}|(?<= ) |^ | $/gu;
const PLAIN_NAME = /^[\p{L}\p{M}_][\p{L}\p{M}\p{N}_$]*$/u;

/** Text of unknown origin on one line: what cannot be seen is written `\u{…}`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/** A Postgres name for a sentence; in double quotes where it would else be misread. */
export function name(identifier: string): string {
  return PLAIN_NAME.test(identifier) ? identifier : `"${printable(identifier).replaceAll('"', '""')}"`;
}

export function tableName(table: { readonly schema: string; readonly table: string }): string {
  return `${name(table.schema)}.${name(table.table)}`;
}

export function columnName(table: { readonly schema: string; readonly table: string }, column: string): string {
  return `${tableName(table)}.${name(column)}`;
}

/** `1234567` → `1,234,567`; rounded to a whole number. */
export function grouped(count: number): string {
  if (!Number.isFinite(count)) return 'an unknown number of';
  return BigInt(Math.round(count))
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 row`, `2,000 rows`. */
export function counted(count: number, singular: string, plural = `${singular}s`): string {
  return `${grouped(count)} ${Math.round(count) === 1 ? singular : plural}`;
}

/** `0.42` → `42 %`. What is not nothing is never `0 %`, what is not all is never `100 %`. */
export function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 0.1) return 'under 0.1 %';
  if (value >= 99.5 && value < 100) return 'over 99 %';
  if (value >= 10) return `${grouped(value)} %`;
  return `${Number(value.toFixed(1))} %`;
}

/** A measured figure to four significant digits: `1,234,000`, `12.35`, `0.00042`. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return 'unknown';
  const rounded = Number(value.toPrecision(4));
  if (Math.abs(rounded) >= 1000 && Math.abs(rounded) < 1e15)
    return (rounded < 0 ? '-' : '') + grouped(Math.abs(rounded));
  return String(rounded);
}

/** A value of a column in quotes, cut where it is long. */
function quoted(value: string | number | boolean): string {
  const text = printable(String(value));
  return `'${text.length > 60 ? `${text.slice(0, 60)}…` : text}'`;
}

/** A value of this column in quotes; words in its place where it looks personal: sentences go to logs and receivers of alerts. */
export function quotedValue(column: string, value: JsonValue): string {
  return isPersonal(column, value) ? '(not shown, as it looks personal)' : quoted(value);
}

/** Epoch milliseconds → `2026-11-23 02:00 UTC`. */
export function time(epochMs: number): string {
  const date = new Date(epochMs);
  if (Number.isNaN(date.getTime())) return 'an unknown time';
  return `${date.toISOString().slice(0, -8).replace('T', ' ')} UTC`;
}

/** `40 s`, `90 min`, `26 h`, `3.2 days`. */
export function duration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  const days = seconds / 86_400;
  return days < 10 ? `${Number(days.toFixed(1))} days` : `${grouped(days)} days`;
}

const BYTE_UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** `2.3 GiB`. */
export function byteSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value < 10 && unit > 0 ? Number(value.toFixed(1)) : grouped(value)} ${BYTE_UNITS[unit]}`;
}

/** `a`, `a and b`, `a, b and c`, `a, b, c and 4 more`: at most `limit` of them are named. */
export function list(items: readonly string[], limit = 5): string {
  const named = items.length > limit ? items.slice(0, limit) : items.slice(0, -1);
  const last = items.length > limit ? `${grouped(items.length - limit)} more` : items.at(-1);
  if (last === undefined) return 'none';
  return named.length === 0 ? last : `${named.join(', ')} and ${last}`;
}

/** `38 times the usual 110`, `12 % less than the usual 110`, `where 0 is usual`: a figure against what it usually is. */
export function changed(value: number, usual: number, words: (figure: number) => string): string {
  const ratio = value / usual;
  if (!(ratio > 0) || !Number.isFinite(ratio)) return `where ${words(usual)} is usual`;
  if (ratio >= 3) return `${figure(Number(ratio.toPrecision(2)))} times the usual ${words(usual)}`;
  return `${percent(Math.abs(1 - ratio))} ${ratio < 1 ? 'less' : 'more'} than the usual ${words(usual)}`;
}
