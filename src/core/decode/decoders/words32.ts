import type { ColumnFields } from '../column-fields.js';
import type { DecodedColumn } from '../decoded-column.js';
import type { FieldBatch } from '../field-batch.js';
import { hashWords } from '../hash.js';
import { type Decoder, wrongWidth } from './decoder.js';

const FLOAT4_NAN = 0x7fc00000;
const FLOAT4_INFINITY = 0x7f800000;
const DATE_INFINITY = 0x7fffffff;

function hashInt4(batch: FieldBatch, fields: ColumnFields, _cap: number, out: DecodedColumn): void {
  const { view, rows, offsets, lengths, stride } = batch;
  const { h1, h2, offsets: starts, lengths: sizes } = out;
  const base = fields.value * stride;
  let n = 0;
  for (let i = base; i < base + rows; i++) {
    const length = lengths[i]!;
    if (length === 4) {
      const start = offsets[i]!;
      hashWords(view.getInt32(start), 0, h1, h2, n);
      starts[n] = start;
      sizes[n++] = 4;
    } else if (length >= 0) throw wrongWidth('4-byte', 4, length);
  }
  out.count = n;
  out.nulls = rows - n;
}

function hashInt2(batch: FieldBatch, fields: ColumnFields, _cap: number, out: DecodedColumn): void {
  const { view, rows, offsets, lengths, stride } = batch;
  const { h1, h2, offsets: starts, lengths: sizes } = out;
  const base = fields.value * stride;
  let n = 0;
  for (let i = base; i < base + rows; i++) {
    const length = lengths[i]!;
    if (length === 2) {
      const start = offsets[i]!;
      hashWords(view.getInt16(start), 0, h1, h2, n);
      starts[n] = start;
      sizes[n++] = 2;
    } else if (length >= 0) throw wrongWidth('int2', 2, length);
  }
  out.count = n;
  out.nulls = rows - n;
}

function hashBool(batch: FieldBatch, fields: ColumnFields, _cap: number, out: DecodedColumn): void {
  const { bytes, rows, offsets, lengths, stride } = batch;
  const { h1, h2, offsets: starts, lengths: sizes } = out;
  const base = fields.value * stride;
  let n = 0;
  for (let i = base; i < base + rows; i++) {
    const length = lengths[i]!;
    if (length === 1) {
      const start = offsets[i]!;
      hashWords(bytes[start] === 0 ? 0 : 1, 0, h1, h2, n);
      starts[n] = start;
      sizes[n++] = 1;
    } else if (length >= 0) throw wrongWidth('bool', 1, length);
  }
  out.count = n;
  out.nulls = rows - n;
}

function hashFloat4(batch: FieldBatch, fields: ColumnFields, _cap: number, out: DecodedColumn): void {
  const { view, rows, offsets, lengths, stride } = batch;
  const { h1, h2, offsets: starts, lengths: sizes } = out;
  const base = fields.value * stride;
  let n = 0;
  for (let i = base; i < base + rows; i++) {
    const length = lengths[i]!;
    if (length === 4) {
      const start = offsets[i]!;
      let bits = view.getInt32(start);
      if ((bits & 0x7fffffff) > FLOAT4_INFINITY) bits = FLOAT4_NAN;
      else if (bits === -0x80000000) bits = 0; // −0 = 0
      hashWords(bits, 0, h1, h2, n);
      starts[n] = start;
      sizes[n++] = 4;
    } else if (length >= 0) throw wrongWidth('float4', 4, length);
  }
  out.count = n;
  out.nulls = rows - n;
}

export const int2: Decoder = {
  hash: hashInt2,
  numbers(view, offsets, _lengths, count, out) {
    for (let i = 0; i < count; i++) out[i] = view.getInt16(offsets[i]!);
  },
};

export const int4: Decoder = {
  hash: hashInt4,
  numbers(view, offsets, _lengths, count, out) {
    for (let i = 0; i < count; i++) out[i] = view.getInt32(offsets[i]!);
  },
};

export const oid: Decoder = {
  hash: hashInt4,
  numbers(view, offsets, _lengths, count, out) {
    for (let i = 0; i < count; i++) out[i] = view.getUint32(offsets[i]!);
  },
};

/** Days since 2000-01-01; the extremes of int4 are ±infinity. */
export const date: Decoder = {
  hash: hashInt4,
  numbers(view, offsets, _lengths, count, out) {
    for (let i = 0; i < count; i++) {
      const days = view.getInt32(offsets[i]!);
      if (days === DATE_INFINITY) out[i] = Number.POSITIVE_INFINITY;
      else out[i] = days === ~DATE_INFINITY ? Number.NEGATIVE_INFINITY : days;
    }
  },
};

export const float4: Decoder = {
  hash: hashFloat4,
  numbers(view, offsets, _lengths, count, out) {
    for (let i = 0; i < count; i++) out[i] = view.getFloat32(offsets[i]!) + 0; // −0 becomes 0
  },
};

export const bool: Decoder = { hash: hashBool, numbers: null };
