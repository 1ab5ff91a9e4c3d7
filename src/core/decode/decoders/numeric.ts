import type { ColumnFields } from '../column-fields.js';
import type { DecodedColumn } from '../decoded-column.js';
import type { FieldBatch } from '../field-batch.js';
import { hashBytes } from '../hash.js';
import { checkNumeric, leadingZeros, NUMERIC_SPECIAL, numericToNumber } from '../numeric.js';
import type { Decoder } from './decoder.js';

const HEADER = 8;

function hashNumeric(batch: FieldBatch, fields: ColumnFields, _cap: number, out: DecodedColumn): void {
  const { view, rows, offsets, lengths, stride } = batch;
  const { h1, h2, offsets: starts, lengths: sizes } = out;
  const base = fields.value * stride;
  let n = 0;
  for (let i = base; i < base + rows; i++) {
    const length = lengths[i]!;
    if (length < 0) continue;
    const start = offsets[i]!;
    checkNumeric(view, start, length);
    hashValue(view, start, h1, h2, n);
    starts[n] = start;
    sizes[n++] = length;
  }
  out.count = n;
  out.nulls = rows - n;
}

/** By sign, weight and digit groups without zero groups at either end; the display scale is no part of the value. */
function hashValue(view: DataView, start: number, h1: Int32Array, h2: Int32Array, at: number): void {
  const sign = view.getUint16(start + 4);
  if ((sign & NUMERIC_SPECIAL) === NUMERIC_SPECIAL) {
    hashBytes(view, start, 0, sign, h1, h2, at);
    return;
  }
  let groups = view.getUint16(start);
  let weight = view.getInt16(start + 2);
  let first = start + HEADER;
  if (groups > 0 && view.getUint16(first) === 0) {
    const zeros = leadingZeros(view, start);
    groups -= zeros;
    weight -= zeros;
    first += 2 * zeros;
  }
  while (groups > 0 && view.getUint16(first + 2 * groups - 2) === 0) groups--;
  if (groups === 0) hashBytes(view, first, 0, 0, h1, h2, at);
  else {
    const salt = (weight << 16) | groups;
    hashBytes(view, first, 2 * groups, sign === 0 ? salt : ~salt, h1, h2, at);
  }
}

export const numeric: Decoder = {
  hash: hashNumeric,
  numbers(view, offsets, _lengths, count, out) {
    for (let i = 0; i < count; i++) out[i] = numericToNumber(view, offsets[i]!);
  },
};
