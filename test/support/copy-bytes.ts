import type { ColumnFields } from '#src/core/decode/column-fields.js';
import { CopyStreamDecoder } from '#src/core/decode/copy-stream-decoder.js';
import type { FieldBatch } from '#src/core/decode/field-batch.js';
import type { ColumnSpec, ValueKind } from '#src/core/model/relation.js';

/** A field of a row as it is on the wire; null is SQL NULL. */
export type Field = Uint8Array | null;

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');

/** A backend message: type, length, body. */
export function message(type: string, body: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** CopyOutResponse of a binary COPY with so many fields. */
export function copyOut(fields: number): Buffer {
  const body = Buffer.alloc(3 + 2 * fields);
  body[0] = 1;
  body.writeUInt16BE(fields, 1);
  for (let i = 0; i < fields; i++) body.writeInt16BE(1, 3 + 2 * i);
  return message('H', body);
}

/** The 19 bytes before the first row. */
export function copyHeader(): Buffer {
  return Buffer.concat([SIGNATURE, Buffer.alloc(8)]);
}

/** One row as it is in CopyData. */
export function rowBytes(fields: readonly Field[]): Buffer {
  const parts: Uint8Array[] = [int2(fields.length)];
  for (const field of fields) {
    parts.push(int4(field === null ? -1 : field.length));
    if (field !== null) parts.push(field);
  }
  return Buffer.concat(parts);
}

/** The trailer: a field count of −1. */
export const COPY_TRAILER = Buffer.from([0xff, 0xff]);

/** A whole COPY as Postgres sends it: a message a row, the header in the first, then the trailer and CopyDone. */
export function copyBytes(fields: number, rows: readonly (readonly Field[])[]): Buffer {
  const data = rows.map(rowBytes);
  data[0] = Buffer.concat([copyHeader(), ...data.slice(0, 1)]);
  return Buffer.concat([
    copyOut(fields),
    ...data.map((row) => message('d', row)),
    message('d', COPY_TRAILER),
    message('c', Buffer.alloc(0)),
  ]);
}

export function int2(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

export function int4(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export function int8(value: bigint | number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}

export function float4(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatBE(value);
  return bytes;
}

export function float8(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes;
}

export function text(value: string): Buffer {
  return Buffer.from(value, 'utf8');
}

export function bool(value: boolean): Buffer {
  return Buffer.from([value ? 1 : 0]);
}

export function interval(months: number, days: number, microseconds: bigint | number): Buffer {
  return Buffer.concat([int8(microseconds), int4(days), int4(months)]);
}

/** `NaN`, `Infinity`, `-Infinity` or decimal text, as `numeric_send` writes it. */
export function numeric(value: string): Buffer {
  const special = { NaN: 0xc000, Infinity: 0xd000, '-Infinity': 0xf000 }[value];
  if (special !== undefined) return numericWords(0, special, 0, []);
  const [, sign, integer = '', fraction = ''] = /^(-?)(\d*)\.?(\d*)$/.exec(value) as RegExpExecArray;
  const whole = integer.padStart(Math.ceil(integer.length / 4) * 4, '0');
  const digits = whole + fraction.padEnd(Math.ceil(fraction.length / 4) * 4, '0');
  const groups: number[] = [];
  for (let i = 0; i < digits.length; i += 4) groups.push(Number(digits.slice(i, i + 4)));
  let weight = whole.length / 4 - 1;
  let first = 0;
  while (first < groups.length && groups[first] === 0) {
    first++;
    weight--;
  }
  let last = groups.length;
  while (last > first && groups[last - 1] === 0) last--;
  if (first === last) return numericWords(0, 0, fraction.length, []);
  return numericWords(weight, sign === '-' ? 0x4000 : 0, fraction.length, groups.slice(first, last));
}

/** A numeric from its parts, canonical or not. */
export function numericWords(weight: number, sign: number, scale: number, groups: readonly number[]): Buffer {
  const bytes = Buffer.alloc(8 + 2 * groups.length);
  bytes.writeUInt16BE(groups.length, 0);
  bytes.writeInt16BE(weight, 2);
  bytes.writeUInt16BE(sign, 4);
  bytes.writeUInt16BE(scale, 6);
  groups.forEach((group, i) => {
    bytes.writeUInt16BE(group, 8 + 2 * i);
  });
  return bytes;
}

/** A column with nothing special about it. */
export function column(name: string, kind: ValueKind): ColumnSpec {
  return { name, position: 1, type: kind, kind, notNull: false, readable: true };
}

/** Every column's value in its own field, without length fields. */
export function plainFields(count: number): ColumnFields[] {
  return Array.from({ length: count }, (_, value) => ({ value, length: -1 }));
}

/** Runs a stream through a decoder, cut at the given sizes in turn, and hands over each batch. */
export function decodeStream(
  stream: Uint8Array,
  batch: (batch: FieldBatch, copy: number) => void,
  cuts: readonly number[] = [65_536],
): CopyStreamDecoder {
  const decoder = new CopyStreamDecoder(
    { begin: () => {}, batch: (copy, rows) => batch(rows, copy), end: () => {} },
    () => {},
  );
  for (let at = 0, i = 0; at < stream.length; i++) {
    const size = Math.max(1, cuts[i % cuts.length]!);
    decoder.push(stream.subarray(at, at + size));
    at += size;
  }
  return decoder;
}
