import type { ColumnFields } from '../column-fields.js';
import type { DecodedColumn } from '../decoded-column.js';
import type { FieldBatch } from '../field-batch.js';
import { hashBytes } from '../hash.js';
import { characterBoundary, withoutBlanks } from '../utf8.js';
import { type Decoder, wrongWidth } from './decoder.js';

/**
 * Text, enum labels and whatever travels as its text. A value longer than the cap is its prefix of at most that many
 * bytes plus its true length, however much of it was sent: guarded and unguarded reads agree. Where `padded`, values that
 * differ in trailing blanks are equal; a whole one keeps them, since SQL shows them.
 */
function hashText(batch: FieldBatch, fields: ColumnFields, cap: number, out: DecodedColumn, padded: boolean): void {
  const { bytes, view, rows, offsets, lengths, stride } = batch;
  const { h1, h2, offsets: starts, lengths: kept, sizes, characters } = out;
  const base = fields.value * stride;
  const sizeBase = fields.length < 0 ? -1 : fields.length * stride;
  let n = 0;
  let truncated = 0;
  for (let r = 0; r < rows; r++) {
    const length = lengths[base + r]!;
    if (length < 0) continue;
    const start = offsets[base + r]!;
    let size = length;
    if (sizeBase >= 0 && lengths[sizeBase + r]! >= 0) {
      const whole = int4Field(view, offsets, lengths, sizeBase + r);
      if (whole > cap) size = whole;
    }
    if (size > cap) {
      let prefix = length > cap ? characterBoundary(bytes, start, cap) : length;
      if (padded) prefix = withoutBlanks(bytes, start, prefix);
      hashBytes(view, start, prefix, ~size, h1, h2, n);
      kept[n] = prefix;
      sizes[n] = ~size;
      characters[n] = -1;
      truncated++;
    } else {
      const content = padded ? withoutBlanks(bytes, start, length) : length;
      characters[n] = hashBytes(view, start, content, content, h1, h2, n) === 0 ? content : -1;
      kept[n] = length;
      sizes[n] = length;
    }
    starts[n++] = start;
  }
  out.count = n;
  out.nulls = rows - n;
  out.truncated = truncated;
}

function hashBytea(batch: FieldBatch, fields: ColumnFields, cap: number, out: DecodedColumn): void {
  const { view, rows, offsets, lengths, stride } = batch;
  const { h1, h2, offsets: starts, lengths: kept, sizes, characters } = out;
  const base = fields.value * stride;
  const sizeBase = fields.length < 0 ? -1 : fields.length * stride;
  let n = 0;
  let truncated = 0;
  for (let r = 0; r < rows; r++) {
    const length = lengths[base + r]!;
    if (length < 0) continue;
    const start = offsets[base + r]!;
    let size = length;
    if (sizeBase >= 0 && lengths[sizeBase + r]! >= 0) {
      const whole = int4Field(view, offsets, lengths, sizeBase + r);
      if (whole > cap) size = whole;
    }
    const cut = size > cap;
    const prefix = cut && length > cap ? cap : length;
    hashBytes(view, start, prefix, cut ? ~size : length, h1, h2, n);
    kept[n] = prefix;
    sizes[n] = cut ? ~size : length;
    characters[n] = length;
    truncated += cut ? 1 : 0;
    starts[n++] = start;
  }
  out.count = n;
  out.nulls = rows - n;
  out.truncated = truncated;
}

/** An array travels as its text; its length field counts elements, so a cut one is known by its prefix and that. */
function hashArray(batch: FieldBatch, fields: ColumnFields, cap: number, out: DecodedColumn): void {
  const { bytes, view, rows, offsets, lengths, stride } = batch;
  const { h1, h2, offsets: starts, lengths: kept, sizes, characters } = out;
  const base = fields.value * stride;
  const sizeBase = fields.length < 0 ? -1 : fields.length * stride;
  let n = 0;
  let truncated = 0;
  for (let r = 0; r < rows; r++) {
    const length = lengths[base + r]!;
    if (length < 0) continue;
    const start = offsets[base + r]!;
    const elements =
      sizeBase >= 0 && lengths[sizeBase + r]! >= 0
        ? int4Field(view, offsets, lengths, sizeBase + r)
        : countElements(bytes, start, length);
    const cut = length > cap;
    const prefix = cut ? characterBoundary(bytes, start, cap) : length;
    hashBytes(view, start, prefix, cut ? ~elements : length, h1, h2, n);
    kept[n] = prefix;
    sizes[n] = cut ? ~elements : elements;
    characters[n] = length;
    truncated += cut ? 1 : 0;
    starts[n++] = start;
  }
  out.count = n;
  out.nulls = rows - n;
  out.truncated = truncated;
}

/** Elements of an array's text: separators outside quotes, plus one unless it is empty. */
function countElements(bytes: Uint8Array, start: number, length: number): number {
  const end = start + length;
  let separators = 0;
  let content = false;
  for (let p = start; p < end; p++) {
    const byte = bytes[p]!;
    if (byte === 0x22) {
      content = true;
      for (p++; p < end && bytes[p] !== 0x22; p++) if (bytes[p] === 0x5c) p++;
    } else if (byte === 0x2c) separators++;
    else if (byte === 0x3d)
      content = false; // what came before was the bounds of a subscript
    else if (byte !== 0x7b && byte !== 0x7d) content = true;
  }
  return content ? separators + 1 : 0;
}

function hashUuid(batch: FieldBatch, fields: ColumnFields, _cap: number, out: DecodedColumn): void {
  const { view, rows, offsets, lengths, stride } = batch;
  const { h1, h2, offsets: starts, lengths: kept } = out;
  const base = fields.value * stride;
  let n = 0;
  for (let i = base; i < base + rows; i++) {
    const length = lengths[i]!;
    if (length === 16) {
      const start = offsets[i]!;
      hashBytes(view, start, 16, 16, h1, h2, n);
      starts[n] = start;
      kept[n++] = 16;
    } else if (length >= 0) throw wrongWidth('uuid', 16, length);
  }
  out.count = n;
  out.nulls = rows - n;
}

function int4Field(view: DataView, offsets: Int32Array, lengths: Int32Array, at: number): number {
  if (lengths[at] !== 4) throw wrongWidth('length', 4, lengths[at]!);
  const size = view.getInt32(offsets[at]!);
  if (size < 0) throw new Error(`malformed length value: ${size}`);
  return size;
}

export const text: Decoder = {
  hash: (batch, fields, cap, out) => hashText(batch, fields, cap, out, false),
  numbers: null,
};
export const bpchar: Decoder = {
  hash: (batch, fields, cap, out) => hashText(batch, fields, cap, out, true),
  numbers: null,
};
export const bytea: Decoder = { hash: hashBytea, numbers: null };
export const array: Decoder = { hash: hashArray, numbers: null };
export const uuid: Decoder = { hash: hashUuid, numbers: null };
