import type { JsonValue } from '../model/profile.js';
import type { ValueKind } from '../model/relation.js';
import { clockText, dateText, intervalText, timestampText, zoneText } from './calendar.js';
import { numericToText } from './numeric.js';
import { DAY_US, IntervalSpan } from './time-values.js';
import { decodeUtf8 } from './utf8.js';

const INFINITE = ['-infinity', '', 'infinity'] as const;
const INT64_MAX = 9223372036854775807n;
const HOUR_US = 3_600_000_000;
/** Seconds from UTC to the farthest zone a timetz can have. */
const FARTHEST_ZONE = 57_599;
const span = new IntervalSpan();

/**
 * A value's bytes as Postgres's `to_json` writes it with TimeZone UTC and DateStyle ISO; integers beyond 2^53 and
 * numerics are strings, so that nothing is lost in a double.
 */
export function render(kind: ValueKind, bytes: Uint8Array, view: DataView, start: number, length: number): JsonValue {
  switch (kind) {
    case 'int2':
      return view.getInt16(start);
    case 'int4':
      return view.getInt32(start);
    case 'oid':
      return view.getUint32(start);
    case 'int8':
      return integer(view.getBigInt64(start));
    case 'float4':
      return renderNumber(kind, view.getFloat32(start));
    case 'float8':
      return renderNumber(kind, view.getFloat64(start));
    case 'numeric':
      return numericToText(view, start);
    case 'bool':
      return bytes[start] !== 0;
    case 'bytea':
      return `\\x${hex(bytes, start, start + length)}`;
    case 'uuid':
      return uuidText(bytes, start);
    case 'date':
      return dateOrInfinity(view.getInt32(start));
    case 'time':
      return clockText(view.getBigInt64(start));
    case 'timetz':
      return clockText(view.getBigInt64(start)) + zoneText(view.getInt32(start + 8));
    case 'timestamp':
      return instant(view.getBigInt64(start), '');
    case 'timestamptz':
      return instant(view.getBigInt64(start), '+00:00');
    case 'interval':
      span.read(view, start);
      if (span.infinite !== 0) return INFINITE[span.infinite + 1]!;
      return intervalText(view.getInt32(start + 12), view.getInt32(start + 8), view.getBigInt64(start));
    default:
      return decodeUtf8(bytes, start, length);
  }
}

/**
 * A position on the number line of a kind (see `Decoder.numbers`), e.g. a quantile, as its value: numbers as numbers
 * (integers rounded), dates, times and intervals as text.
 */
export function renderNumber(kind: ValueKind, value: number): JsonValue {
  if (!Number.isFinite(value)) return infiniteNumber(kind, value);
  switch (kind) {
    case 'int2':
    case 'int4':
    case 'int8':
    case 'oid':
      return Math.round(value) + 0;
    case 'float4':
      return shortestFloat4(value) + 0;
    case 'date':
      return dateText(Math.round(value));
    case 'time':
      return clockText(microseconds(value));
    case 'timetz':
      return timetzText(value);
    case 'timestamp':
      return timestampText(microseconds(value), '');
    case 'timestamptz':
      return timestampText(microseconds(value), '+00:00');
    case 'interval': {
      const days = Math.trunc(value / DAY_US);
      return intervalText(0, days, microseconds(value - days * DAY_US));
    }
    default:
      return value + 0; // −0 becomes 0
  }
}

/** An instant before or after the day in UTC is only to be had in another zone: `00:00:00+02` is two hours before it. */
function timetzText(value: number): string {
  const beyond = value < 0 ? value : Math.max(0, value - DAY_US);
  const seconds = Math.min(Math.ceil(Math.abs(beyond) / HOUR_US) * 3600, FARTHEST_ZONE);
  const secondsWest = Math.sign(beyond) * seconds;
  return clockText(microseconds(value - secondsWest * 1e6)) + zoneText(secondsWest);
}

function infiniteNumber(kind: ValueKind, value: number): string {
  const named = kind === 'date' || kind === 'timestamp' || kind === 'timestamptz' || kind === 'interval';
  return named ? INFINITE[Math.sign(value) + 1]! : String(value);
}

function integer(value: bigint): JsonValue {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

function microseconds(value: number): bigint {
  return BigInt(Math.round(value));
}

function dateOrInfinity(days: number): string {
  if (days === 0x7fffffff) return 'infinity';
  return days === -0x80000000 ? '-infinity' : dateText(days);
}

function instant(value: bigint, zone: string): string {
  if (value === INT64_MAX) return 'infinity';
  return value === -INT64_MAX - 1n ? '-infinity' : timestampText(value, zone);
}

/** The shortest decimal that reads back as the same float4, as a double. */
function shortestFloat4(value: number): number {
  const single = Math.fround(value);
  for (let digits = 1; digits < 9; digits++) {
    const decimal = Number(single.toPrecision(digits));
    if (Math.fround(decimal) === single) return decimal;
  }
  return Number(single.toPrecision(9));
}

function uuidText(bytes: Uint8Array, start: number): string {
  const text = hex(bytes, start, start + 16);
  return `${text.slice(0, 8)}-${text.slice(8, 12)}-${text.slice(12, 16)}-${text.slice(16, 20)}-${text.slice(20)}`;
}

function hex(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let p = start; p < end; p++) text += (bytes[p]! + 0x100).toString(16).slice(1);
  return text;
}
