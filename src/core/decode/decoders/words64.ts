import type { ColumnFields } from '../column-fields.js';
import type { DecodedColumn } from '../decoded-column.js';
import type { FieldBatch } from '../field-batch.js';
import { hashWords } from '../hash.js';
import { type Decoder, wrongWidth } from './decoder.js';

const TWO_32 = 4294967296;

function hashInt8(batch: FieldBatch, fields: ColumnFields, _cap: number, out: DecodedColumn): void {
  const { view, rows, offsets, lengths, stride } = batch;
  const { h1, h2, offsets: starts, lengths: sizes } = out;
  const base = fields.value * stride;
  let n = 0;
  for (let i = base; i < base + rows; i++) {
    const length = lengths[i]!;
    if (length === 8) {
      const start = offsets[i]!;
      hashWords(view.getInt32(start + 4), view.getInt32(start), h1, h2, n);
      starts[n] = start;
      sizes[n++] = 8;
    } else if (length >= 0) throw wrongWidth('8-byte', 8, length);
  }
  out.count = n;
  out.nulls = rows - n;
}

function hashFloat8(batch: FieldBatch, fields: ColumnFields, _cap: number, out: DecodedColumn): void {
  const { view, rows, offsets, lengths, stride } = batch;
  const { h1, h2, offsets: starts, lengths: sizes } = out;
  const base = fields.value * stride;
  let n = 0;
  for (let i = base; i < base + rows; i++) {
    const length = lengths[i]!;
    if (length === 8) {
      const start = offsets[i]!;
      let high = view.getInt32(start);
      let low = view.getInt32(start + 4);
      if ((high & 0x7ff00000) === 0x7ff00000 && ((high & 0xfffff) | low) !== 0) {
        high = 0x7ff80000; // one NaN
        low = 0;
      } else if (high === -0x80000000 && low === 0) high = 0; // −0 = 0
      hashWords(low, high, h1, h2, n);
      starts[n] = start;
      sizes[n++] = 8;
    } else if (length >= 0) throw wrongWidth('float8', 8, length);
  }
  out.count = n;
  out.nulls = rows - n;
}

export const float8: Decoder = {
  hash: hashFloat8,
  numbers(view, offsets, _lengths, count, out) {
    for (let i = 0; i < count; i++) out[i] = view.getFloat64(offsets[i]!) + 0; // −0 becomes 0
  },
};

/** Beyond 2^53 the double is rounded, monotonically. */
export const int8: Decoder = {
  hash: hashInt8,
  numbers(view, offsets, _lengths, count, out) {
    for (let i = 0; i < count; i++) {
      const start = offsets[i]!;
      out[i] = view.getInt32(start) * TWO_32 + view.getUint32(start + 4);
    }
  },
};

/** Microseconds since 2000-01-01 UTC; the extremes of int8 are ±infinity. `time` never reaches them. */
export const timestamp: Decoder = {
  hash: hashInt8,
  numbers(view, offsets, _lengths, count, out) {
    for (let i = 0; i < count; i++) {
      const start = offsets[i]!;
      const high = view.getInt32(start);
      const low = view.getInt32(start + 4);
      if (high === 0x7fffffff && low === -1) out[i] = Number.POSITIVE_INFINITY;
      else if (high === -0x80000000 && low === 0) out[i] = Number.NEGATIVE_INFINITY;
      else out[i] = high * TWO_32 + (low >>> 0);
    }
  },
};
