import { decodeUtf8, encodeUtf8 } from '../decode/utf8.js';
import type { EventBuckets, EventColumn, EventHistory, EventValue } from '../model/event-history.js';
import type { JsonValue } from '../model/profile.js';
import { ByteReader, ByteWriter, CorruptState } from '../sketches/bytes.js';

const VERSION = 1;
/** What a column has beside its non-null counts. */
const NULLS = 1;
const MOMENTS = 2;
const VALUES = 4;
/** Buckets and columns beyond this are none that we wrote. */
const MOST = 65_535;

/** A history as versioned bytes, as it is sent and stored: counts take a byte or two, and empty buckets have no moments. */
export function encodeEvents(history: EventHistory): Uint8Array {
  const w = new ByteWriter(8 * 1024);
  w.u8(VERSION);
  w.bytes(encodeUtf8(history.column));
  w.u8(history.declared ? 1 : 0);
  w.bytes(encodeUtf8(history.timeZone));
  writeBuckets(w, history.days);
  w.u8(history.hours ? 1 : 0);
  if (history.hours) writeBuckets(w, history.hours);
  return w.finish();
}

/** The history that `encodeEvents` wrote. Throws `CorruptState`. */
export function decodeEvents(bytes: Uint8Array): EventHistory {
  const r = new ByteReader(bytes);
  r.version('event history', VERSION);
  const column = readText(r);
  const declared = r.u8() === 1;
  const timeZone = readText(r);
  const days = readBuckets(r);
  const history: EventHistory =
    r.u8() === 1 ? { column, declared, timeZone, days, hours: readBuckets(r) } : { column, declared, timeZone, days };
  if (r.remaining !== 0) throw new CorruptState(`expected the end of the history, found ${r.remaining} bytes more`);
  return history;
}

function writeBuckets(w: ByteWriter, { starts, end, complete, rows, columns }: EventBuckets): void {
  w.varint(starts.length);
  w.f64(end);
  for (const start of starts) w.f64(start);
  w.varint(complete);
  for (const count of rows) w.varint(count);
  const entries = Object.entries(columns);
  w.varint(entries.length);
  for (const [name, column] of entries) {
    w.bytes(encodeUtf8(name));
    writeColumn(w, column, rows);
  }
}

function readBuckets(r: ByteReader): EventBuckets {
  const count = r.count('buckets', MOST, 9);
  const end = r.f64();
  const starts = Array.from({ length: count }, () => r.f64());
  const complete = r.varint();
  if (complete > count) throw new CorruptState(`expected at most ${count} incomplete buckets, found ${complete}`);
  const rows = Array.from({ length: count }, () => r.varint());
  // Names are other people's: on an ordinary object, `__proto__` would not become a property.
  const columns: Record<string, EventColumn> = Object.create(null);
  for (let left = r.count('columns', MOST, 2); left > 0; left--) columns[readText(r)] = readColumn(r, rows);
  return { starts, end, complete, rows, columns };
}

function writeColumn(w: ByteWriter, { nonNull, mean, variance, values }: EventColumn, rows: readonly number[]): void {
  const hasNulls = nonNull.some((count, i) => count !== rows[i]);
  w.u8((hasNulls ? NULLS : 0) | (mean ? MOMENTS : 0) | (values ? VALUES : 0));
  if (hasNulls) nonNull.forEach((count, i) => void w.varint(rows[i]! - count));
  if (mean && variance)
    for (let i = 0; i < rows.length; i++)
      if (nonNull[i]! > 0) {
        w.f64(mean[i] ?? Number.NaN);
        w.f64(variance[i] ?? Number.NaN);
      }
  if (!values) return;
  w.varint(values.length);
  for (const { value, counts } of values) {
    writeValue(w, value);
    for (const count of counts) w.varint(count);
  }
}

function readColumn(r: ByteReader, rows: readonly number[]): EventColumn {
  const form = r.u8();
  const nonNull = (form & NULLS) === 0 ? [...rows] : rows.map((count) => count - r.varint());
  if (nonNull.some((count) => count < 0)) throw new CorruptState('expected at most as many nulls as rows');
  const column = { nonNull };
  const moments: Pick<EventColumn, 'mean' | 'variance'> = {};
  if ((form & MOMENTS) !== 0) {
    const mean = new Array<number | null>(rows.length).fill(null);
    const variance = mean.slice();
    for (let i = 0; i < rows.length; i++)
      if (nonNull[i]! > 0) {
        mean[i] = readFinite(r);
        variance[i] = readFinite(r);
      }
    Object.assign(moments, { mean, variance });
  }
  if ((form & VALUES) === 0) return { ...column, ...moments };
  const values = Array.from(
    { length: r.count('values', MOST, 1) },
    (): EventValue => ({ value: readValue(r), counts: rows.map(() => r.varint()) }),
  );
  return { ...column, ...moments, values };
}

function writeValue(w: ByteWriter, value: JsonValue): void {
  if (typeof value === 'boolean') w.u8(value ? 1 : 0);
  else if (typeof value === 'number') {
    w.u8(2);
    w.f64(value);
  } else {
    w.u8(3);
    w.bytes(encodeUtf8(value));
  }
}

function readValue(r: ByteReader): JsonValue {
  const form = r.u8();
  if (form < 2) return form === 1;
  if (form === 2) return r.f64();
  if (form === 3) return readText(r);
  throw new CorruptState(`expected a value, found form ${form}`);
}

function readFinite(r: ByteReader): number | null {
  const value = r.f64();
  return Number.isFinite(value) ? value : null;
}

function readText(r: ByteReader): string {
  const bytes = r.bytes();
  return decodeUtf8(bytes, 0, bytes.length);
}
