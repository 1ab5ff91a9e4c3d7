import { describe, expect, it } from 'vitest';
import type { ColumnProfile } from '#src/core/model/profile.js';
import type { ValueKind } from '#src/core/model/relation.js';
import { summarise } from '#src/core/sketches/summary.js';
import { TableState } from '#src/core/sketches/table-state.js';
import {
  bool,
  column,
  copyBytes,
  decodeStream,
  type Field,
  float8,
  int4,
  int8,
  numeric,
  plainFields,
  text,
} from '../../support/copy-bytes.js';

function profile(kind: ValueKind, values: readonly Field[], maxValueBytes = 1024): ColumnProfile {
  const state = TableState.create([column('x', kind)], plainFields(1), { maxValueBytes, seed: 1 });
  decodeStream(
    copyBytes(
      1,
      values.map((value) => [value]),
    ),
    (batch) => state.addBatch(batch),
  );
  const [found] = summarise(state);
  return found as ColumnProfile;
}

const NAMES = { name: 'x', nullCount: 0 };

describe('a column in its dictionary', () => {
  it('of integers has every exact figure', () => {
    const values = [5, -3, 0, 5, 12, 5, 0, 7].map(int4);
    expect(profile('int4', [...values, null])).toEqual({
      ...NAMES,
      type: 'int4',
      nullCount: 1,
      distinct: { value: 5, exact: true },
      min: -3,
      max: 12,
      mean: 3.875,
      stddev: Math.sqrt((1.125 ** 2 * 3 + 6.875 ** 2 + 3.875 ** 2 * 2 + 8.125 ** 2 + 3.125 ** 2) / 7),
      quantiles: { p01: -3, p05: -3, p25: 0, p50: 5, p75: 5, p95: 12, p99: 12 },
      zeros: 2,
      negatives: 1,
      topValues: [
        { value: 5, count: 3, exact: true },
        { value: 0, count: 2, exact: true },
        { value: 7, count: 1, exact: true },
        { value: 12, count: 1, exact: true },
        { value: -3, count: 1, exact: true },
      ],
    });
  });

  it('keeps NaN and infinities apart', () => {
    const values = [Number.NaN, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, -0, 0, 4];
    expect(profile('float8', values.map(float8))).toMatchObject({
      distinct: { value: 6, exact: true },
      min: -1,
      max: 4,
      mean: 0.75,
      zeros: 2,
      negatives: 1,
      nan: 2,
      infinite: 2,
      quantiles: { p01: -1, p50: 0, p99: 4 },
    });
  });

  it('of nothing but NaN, and of no value at all, has no figures of numbers', () => {
    expect(profile('float8', [float8(Number.NaN)])).toEqual({
      ...NAMES,
      type: 'float8',
      distinct: { value: 1, exact: true },
      zeros: 0,
      negatives: 0,
      nan: 1,
      topValues: [],
    });
    expect(profile('text', [null, null])).toEqual({
      ...NAMES,
      type: 'text',
      nullCount: 2,
      distinct: { value: 0, exact: true },
      empty: 0,
      topValues: [],
    });
  });

  it('is exact beyond 2^53', () => {
    const values = [9007199254740993n, 9007199254740992n, 9223372036854775807n, 9223372036854775806n, 1n];
    expect(profile('int8', values.map(int8))).toMatchObject({
      min: 1,
      max: '9223372036854775807',
      quantiles: { p01: 1, p25: '9007199254740992', p50: '9007199254740993', p75: '9223372036854775806' },
      distinct: { value: 5, exact: true },
    });
    expect(
      profile('numeric', ['0.10', '-1e'.replace('1e', '123456789012345678901'), '0.1'].map(numeric)),
    ).toMatchObject({
      min: '-123456789012345678901',
      max: '0.10',
      distinct: { value: 2, exact: true },
    });
  });

  it('of texts has lengths in characters', () => {
    expect(profile('text', ['é', 'abc', '', 'abc', ''].map(text))).toEqual({
      ...NAMES,
      type: 'text',
      distinct: { value: 3, exact: true },
      min: '',
      max: 'é',
      length: { min: 0, mean: 1.4, max: 3, unit: 'characters' },
      empty: 2,
      topValues: [
        { value: '', count: 2, exact: true },
        { value: 'abc', count: 2, exact: true },
        { value: 'é', count: 1, exact: true },
      ],
    });
  });

  it('with a cut value has lengths in bytes and is not exact', () => {
    expect(profile('text', ['ééé', 'ééé', 'a'].map(text), 5)).toMatchObject({
      distinct: { value: 2, exact: false },
      length: { min: 1, mean: 13 / 3, max: 6, unit: 'bytes' },
      truncated: 2,
      topValues: [
        { value: 'éé', count: 2, exact: false },
        { value: 'a', count: 1, exact: true },
      ],
    });
  });

  it('leaves out what has no meaning', () => {
    expect(profile('bool', [bool(true), bool(true), bool(false)])).toEqual({
      ...NAMES,
      type: 'bool',
      distinct: { value: 2, exact: true },
      topValues: [
        { value: true, count: 2, exact: true },
        { value: false, count: 1, exact: true },
      ],
    });
    const keys = (kind: ValueKind, values: Field[]) => Object.keys(profile(kind, values)).slice(4);
    expect(keys('enum', [text('a')])).toEqual(['topValues']);
    expect(keys('json', [text('{}')])).toEqual(['length', 'topValues']);
    expect(keys('array', [text('{1}')])).toEqual(['length', 'empty', 'topValues']);
    expect(keys('oid', [int4(7)])).toEqual(['min', 'max', 'quantiles', 'topValues']);
    expect(keys('date', [int4(7)])).toEqual(['min', 'max', 'quantiles', 'topValues']);
  });

  it('survives figures at the end of the range of a double', () => {
    const found = profile('float8', [Number.MAX_VALUE, Number.MAX_VALUE, -Number.MAX_VALUE].map(float8));
    expect(found.mean! / (Number.MAX_VALUE / 3)).toBeCloseTo(1);
    expect(found).not.toHaveProperty('stddev');
  });
});

describe('a column beyond its dictionary', () => {
  const rows = 40_000;
  const numbers = Array.from({ length: rows }, (_, i) => (i * 7919) % rows);

  it('is estimated within its bounds, extremes exact', () => {
    const found = profile('int8', [...numbers.map((n) => int8(n - 10)), int8(2n ** 60n + 1n), int8(2n ** 60n), null]);
    expect(found).toMatchObject({ nullCount: 1, min: -10, max: '1152921504606846977', zeros: 1, negatives: 10 });
    expect(found.distinct!.exact).toBe(false);
    expect(Math.abs(found.distinct!.value / (rows + 2) - 1)).toBeLessThan(0.02);
    const quantiles = Object.values(found.quantiles!).map(Number);
    [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99].forEach((q, i) => {
      expect(Math.abs(quantiles[i]! / rows - q)).toBeLessThan(0.01);
    });
    expect(found.topValues).toEqual([]);
  });

  it('has exact moments, lengths and counts of specials', () => {
    const found = profile('float8', [...numbers.map((n) => float8(n / 4)), float8(Number.NaN), float8(-1 / 0)]);
    expect(found.mean).toBeCloseTo((rows - 1) / 8, 9);
    expect(found.stddev! / Math.sqrt((rows * (rows + 1)) / 12 / 16)).toBeCloseTo(1, 9);
    expect(found).toMatchObject({ nan: 1, infinite: 1, min: 0, max: (rows - 1) / 4 });
    const texts = profile('text', [...numbers.map((n) => text(`ü${n}`)), text(''), text('zz')], 6);
    expect(texts).toMatchObject({
      min: '',
      max: 'ü9999',
      empty: 1,
      truncated: 30_000,
      length: { min: 0, max: 7, unit: 'bytes' },
    });
  });

  it('shows the values that are truly frequent', () => {
    const values = numbers.flatMap((n) => [int4(n), int4(n % 3 === 0 ? -1 : n)]);
    const [first] = profile('int4', values).topValues!;
    expect(first!.value).toBe(-1);
    expect(Math.abs(first!.count / (rows / 3) - 1)).toBeLessThan(0.05);
  });
});

it('keeps memory for the next table and forgets the rest', () => {
  const spec = [column('a', 'int4'), column('b', 'text')];
  for (let round = 0; round < 3; round++) {
    const state = TableState.create(spec, plainFields(2), { maxValueBytes: 100, seed: 1 });
    const rows = Array.from({ length: round === 1 ? 20_000 : 10 }, (_, i) => [int4(i), text(`v${i}`)]);
    decodeStream(copyBytes(2, rows), (batch) => state.addBatch(batch));
    const [a, b] = summarise(state);
    expect(a!.max).toBe(rows.length - 1);
    expect(b!.min).toBe('v0');
    expect(Math.abs(a!.distinct!.value / rows.length - 1)).toBeLessThan(0.02);
    state.release();
  }
});

it('takes tables without columns and with 1,600', () => {
  const none = TableState.create([], [], { maxValueBytes: 100, seed: 1 });
  decodeStream(copyBytes(0, [[], [], []]), (batch) => none.addBatch(batch));
  expect([none.rows, summarise(none)]).toEqual([3, []]);
  expect(TableState.decode(none.encode(), [], none.options).rows).toBe(3);
  const specs = Array.from({ length: 1600 }, (_, i) => column(`c${i}`, 'int4'));
  const wide = TableState.create(specs, plainFields(1600), { maxValueBytes: 100, seed: 1 });
  const rows = Array.from({ length: 300 }, (_, r) => specs.map((_, c) => (c % 2 === 0 ? int4(r) : null)));
  decodeStream(copyBytes(1600, rows), (batch) => wide.addBatch(batch));
  const found = summarise(wide);
  expect(found[1598]).toMatchObject({ name: 'c1598', min: 0, max: 299, zeros: 1, mean: 149.5 });
  expect(found[1599]).toMatchObject({ name: 'c1599', nullCount: 300, distinct: { value: 0, exact: true } });
});

it('names the column whose bytes are not of its kind, and one that is not in the rows', () => {
  const state = TableState.create([column('price', 'numeric')], plainFields(1), { maxValueBytes: 100, seed: 1 });
  const add = () => decodeStream(copyBytes(1, [[int4(1)]]), (batch) => state.addBatch(batch));
  expect(add).toThrow(/column price: malformed numeric value/);
  const other = TableState.create([column('b', 'int4')], [{ value: 3, length: -1 }], { maxValueBytes: 100, seed: 1 });
  expect(() => decodeStream(copyBytes(1, [[int4(1)]]), (batch) => other.addBatch(batch))).toThrow(
    /column b is not among/,
  );
});
