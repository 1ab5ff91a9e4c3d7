import type { ColumnFields } from '../column-fields.js';
import type { DecodedColumn } from '../decoded-column.js';
import type { FieldBatch } from '../field-batch.js';
import { hashWords } from '../hash.js';
import { DAY_US, IntervalSpan, timetzInstant } from '../time-values.js';
import { type Decoder, wrongWidth } from './decoder.js';

const span = new IntervalSpan();

function hashInterval(batch: FieldBatch, fields: ColumnFields, _cap: number, out: DecodedColumn): void {
  const { view, rows, offsets, lengths, stride } = batch;
  const { h1, h2, offsets: starts, lengths: sizes } = out;
  const base = fields.value * stride;
  let n = 0;
  for (let i = base; i < base + rows; i++) {
    const length = lengths[i]!;
    if (length === 16) {
      const start = offsets[i]!;
      span.read(view, start);
      hashTwo(span.days, span.microseconds, h1, h2, n);
      starts[n] = start;
      sizes[n++] = 16;
    } else if (length >= 0) throw wrongWidth('interval', 16, length);
  }
  out.count = n;
  out.nulls = rows - n;
}

/** Postgres orders by instant and then by zone, so equal means both are. */
function hashTimetz(batch: FieldBatch, fields: ColumnFields, _cap: number, out: DecodedColumn): void {
  const { view, rows, offsets, lengths, stride } = batch;
  const { h1, h2, offsets: starts, lengths: sizes } = out;
  const base = fields.value * stride;
  let n = 0;
  for (let i = base; i < base + rows; i++) {
    const length = lengths[i]!;
    if (length === 12) {
      const start = offsets[i]!;
      hashTwo(timetzInstant(view, start), view.getInt32(start + 8), h1, h2, n);
      starts[n] = start;
      sizes[n++] = 12;
    } else if (length >= 0) throw wrongWidth('timetz', 12, length);
  }
  out.count = n;
  out.nulls = rows - n;
}

/** Two integers below 2^53, chained through the 64-bit mix. */
function hashTwo(x: number, y: number, h1: Int32Array, h2: Int32Array, at: number): void {
  hashWords(x | 0, Math.floor(x / 4294967296) | 0, h1, h2, at);
  hashWords(h1[at]! ^ (y | 0), h2[at]! ^ (Math.floor(y / 4294967296) | 0), h1, h2, at);
}

/** Infinities (Postgres 17) are the extremes of all three parts. */
export const interval: Decoder = {
  hash: hashInterval,
  numbers(view, offsets, _lengths, count, out) {
    for (let i = 0; i < count; i++) {
      span.read(view, offsets[i]!);
      out[i] = span.infinite === 0 ? span.days * DAY_US + span.microseconds : span.infinite / 0;
    }
  },
};

/** Microseconds since midnight UTC; negative or beyond a day where the zone shifts it there. */
export const timetz: Decoder = {
  hash: hashTimetz,
  numbers(view, offsets, _lengths, count, out) {
    for (let i = 0; i < count; i++) out[i] = timetzInstant(view, offsets[i]!);
  },
};
