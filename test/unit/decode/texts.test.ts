import { describe, expect, it } from 'vitest';
import type { ColumnFields } from '#src/core/decode/column-fields.js';
import { DecodedColumn } from '#src/core/decode/decoded-column.js';
import { decoderFor } from '#src/core/decode/decoders/index.js';
import type { ValueKind } from '#src/core/model/relation.js';
import { copyBytes, decodeStream, type Field, int2, int4, text } from '../../support/copy-bytes.js';

interface Value {
  readonly hash: string;
  readonly kept: string;
  readonly size: number;
}

/** Decodes rows of a value and, where there are two fields, its length. */
function decode(kind: ValueKind, cap: number, rows: Field[][]): { values: Value[]; nulls: number; truncated: number } {
  const fields: ColumnFields = { value: 0, length: rows[0]!.length - 1 || -1 };
  const values: Value[] = [];
  let [nulls, truncated] = [0, 0];
  decodeStream(copyBytes(rows[0]!.length, rows), (batch) => {
    const out = new DecodedColumn();
    out.begin(batch.rows);
    decoderFor(kind).hash(batch, fields, cap, out);
    for (let i = 0; i < out.count; i++) {
      const start = out.offsets[i]!;
      const kept = Buffer.from(batch.bytes.subarray(start, start + out.lengths[i]!)).toString();
      values.push({ hash: `${out.h1[i]} ${out.h2[i]}`, kept, size: out.sizes[i]! });
    }
    nulls += out.nulls;
    truncated += out.truncated;
  });
  return { values, nulls, truncated };
}

describe('values longer than the cap', () => {
  it('are cut at a character and known by prefix and length', () => {
    const { values, truncated, nulls } = decode('text', 7, [
      [text('日本語')],
      [text('1234567')],
      [text('12345678')],
      [null],
    ]);
    expect(values.map(({ kept, size }) => [kept, size])).toEqual([
      ['日本', ~9],
      ['1234567', 7],
      ['1234567', ~8],
    ]);
    expect([truncated, nulls]).toEqual([2, 1]);
    expect(values[1]!.hash).not.toBe(values[2]!.hash);
  });

  it('are the same whether the server cut them or not', () => {
    const whole = ['x'.repeat(11), `${'é'.repeat(5)}z`, 'short', '', 'x'.repeat(12)];
    const unguarded = decode(
      'text',
      10,
      whole.map((value) => [text(value)]),
    );
    const guarded = decode(
      'text',
      10,
      whole.map((value) => {
        const length = Buffer.byteLength(value);
        return length > 10 ? [text(value.slice(0, 10)), int4(length)] : [text(value), null];
      }),
    );
    expect(guarded).toEqual(unguarded);
    expect(new Set(guarded.values.map(({ hash }) => hash)).size).toBe(5);
  });

  it('of bytea are cut anywhere', () => {
    const value = Buffer.from('日本語');
    const unguarded = decode('bytea', 4, [[value]]);
    expect(unguarded.values[0]!.size).toBe(~9);
    expect(decode('bytea', 4, [[value.subarray(0, 5), int4(9)]])).toEqual(unguarded);
  });

  it('of arrays are known by prefix and elements', () => {
    const long = `{${Array.from({ length: 9 }, (_, i) => i).join(',')}}`;
    const unguarded = decode('array', 8, [
      [text(long), int4(9)],
      [text('{1,2}'), int4(2)],
      [text('{}'), int4(0)],
    ]);
    expect(unguarded.values.map(({ size }) => size)).toEqual([~9, 2, 0]);
    expect(decode('array', 8, [[text(long.slice(0, 9)), int4(9)]]).values[0]).toEqual(unguarded.values[0]);
  });

  it('need no valid UTF-8', () => {
    const bytes = Buffer.alloc(20, 0x80);
    expect(decode('text', 10, [[bytes]]).values[0]!.size).toBe(~20);
  });
});

describe('arrays without a length field', () => {
  it.each([
    ['{}', 0],
    ['{1}', 1],
    ['{1,NULL,3}', 3],
    ['{{1,2},{3,4}}', 4],
    ['{"a,b","c\\",d",""}', 3],
    ['[2:3]={7,8}', 2],
  ])('%s has %i elements', (value, elements) => {
    expect(decode('array', 100, [[text(value)]]).values[0]!.size).toBe(elements);
  });
});

it('refuses values of a wrong width', () => {
  expect(() => decode('int4', 10, [[int2(1)]])).toThrow(/expected 4 bytes, found 2/);
  expect(() => decode('uuid', 10, [[int4(1)]])).toThrow(/expected 16 bytes, found 4/);
  expect(() => decode('numeric', 10, [[Buffer.alloc(9)]])).toThrow(/malformed numeric/);
  expect(() => decode('text', 10, [[text('a'), int2(1)]])).toThrow(/malformed length/);
  expect(() => decode('text', 10, [[text('a'), int4(-1)]])).toThrow(/malformed length/);
});
