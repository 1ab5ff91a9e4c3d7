import type { ColumnFields } from '../column-fields.js';
import type { DecodedColumn } from '../decoded-column.js';
import type { FieldBatch } from '../field-batch.js';

/**
 * How one family of kinds is read. Each implementation is its own monomorphic loop over a batch: a shared loop with a
 * callback per value would be megamorphic and several times slower.
 */
export interface Decoder {
  /**
   * Packs the non-null values of one column into `out`: hashes (equal exactly where SQL's `=` says so) and byte ranges.
   * Throws where a value has not the width its kind has on the wire.
   */
  hash(batch: FieldBatch, fields: ColumnFields, maxValueBytes: number, out: DecodedColumn): void;
  /**
   * Position on the number line of `count` values, NaN and ±Infinity as themselves: integers, floats and numerics by
   * value (numerics clamped to finite), dates in days and times in microseconds since 2000-01-01 or midnight UTC,
   * intervals in microseconds with 30-day months. Null for kinds without such an order.
   */
  readonly numbers:
    | ((view: DataView, offsets: Int32Array, lengths: Int32Array, count: number, out: Float64Array) => void)
    | null;
}

/** Thrown where the server's bytes are not what the column's kind has on the wire. */
export function wrongWidth(what: string, expected: number, found: number): Error {
  return new Error(`malformed ${what} value: expected ${expected} bytes, found ${found}`);
}
