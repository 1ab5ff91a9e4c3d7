import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ColumnFields } from '#src/core/decode/column-fields.js';
import type { ColumnSpec, ValueKind } from '#src/core/model/relation.js';
import { CorruptState } from '#src/core/sketches/bytes.js';
import { summarise } from '#src/core/sketches/summary.js';
import { StateMismatch, TableState } from '#src/core/sketches/table-state.js';
import {
  bool,
  column,
  copyBytes,
  decodeStream,
  type Field,
  float4,
  float8,
  int2,
  int4,
  int8,
  interval,
  numeric,
  text,
} from '../support/copy-bytes.js';

const INT64 = { min: -(2n ** 63n), max: 2n ** 63n - 1n };

/** Values of each kind; where SQL holds two to be equal they also print alike, so that figures have one form. */
const VALUES: Record<ValueKind, fc.Arbitrary<Buffer>> = {
  int2: fc.integer({ min: -32768, max: 32767 }).map(int2),
  int4: fc.integer().map(int4),
  int8: fc.bigInt(INT64).map(int8),
  oid: fc.integer().map(int4),
  float4: fc.float().map(float4),
  float8: fc.double().map(float8),
  numeric: fc.oneof(
    fc.constantFrom('NaN', 'Infinity', '-Infinity').map(numeric),
    fc.tuple(fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }), fc.nat(9)).map(([n, d]) => numeric(`${n}.0${d}`)),
  ),
  bool: fc.boolean().map(bool),
  text: fc.string({ unit: 'binary', maxLength: 12 }).map((value) => text(value.toWellFormed())),
  bpchar: fc.string({ unit: 'binary', maxLength: 8 }).map((value) => text(value.toWellFormed().padEnd(8))),
  bytea: fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)),
  date: fc.integer().map(int4),
  time: fc.bigInt({ min: 0n, max: 86_400_000_000n }).map(int8),
  timetz: fc
    .tuple(fc.bigInt({ min: 0n, max: 86_400_000_000n }), fc.integer({ min: -57_599, max: 57_599 }))
    .map(([time, zone]) => Buffer.concat([int8(time), int4(zone)])),
  timestamp: fc.bigInt(INT64).map(int8),
  timestamptz: fc.bigInt(INT64).map(int8),
  interval: fc.bigInt(INT64).map((microseconds) => interval(0, 0, microseconds)),
  uuid: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes)),
  json: fc.json({ maxDepth: 1 }).map(text),
  jsonb: fc.json({ maxDepth: 1 }).map(text),
  array: fc.array(fc.nat(20), { maxLength: 8 }).map((items) => text(`{${items}}`)),
  enum: fc.constantFrom('a', 'b', 'c').map(text),
  other: fc.string({ maxLength: 8 }).map(text),
};

const KINDS = Object.keys(VALUES) as ValueKind[];
const SPECS: ColumnSpec[] = KINDS.map((kind) => column(kind, kind));
const FIELDS: ColumnFields[] = KINDS.map((_, value) => ({ value, length: -1 }));
/** Small enough for some texts to be cut. */
const OPTIONS = { maxValueBytes: 9, seed: 7 };

/** Few distinct values a column, so that they repeat. */
const rows: fc.Arbitrary<Field[][]> = fc
  .tuple(...KINDS.map((kind) => fc.array(VALUES[kind], { minLength: 1, maxLength: 6 })))
  .chain((pools) => {
    const row = fc.tuple(...pools.map((pool) => fc.option(fc.constantFrom(...pool), { freq: 5 })));
    return fc.array(row, { maxLength: 40 });
  });

function stateOf(data: readonly Field[][], cuts?: readonly number[]): TableState {
  const state = TableState.create(SPECS, FIELDS, OPTIONS);
  decodeStream(copyBytes(KINDS.length, data), (batch) => state.addBatch(batch), cuts);
  return state;
}

function merged(...states: TableState[]): TableState {
  const whole = TableState.create(SPECS, FIELDS, OPTIONS);
  for (const state of states) whole.merge(state);
  return whole;
}

const figures = (state: TableState) => ({ rows: state.rows, columns: summarise(state) });

describe('a table state in its dictionaries', () => {
  it('split = whole', () => {
    fc.assert(
      fc.property(rows, fc.nat(40), fc.nat(40), (data, i, j) => {
        const [a, b] = [Math.min(i, j), Math.max(i, j)];
        const parts = [data.slice(0, a), data.slice(a, b), data.slice(b)].map((part) => stateOf(part));
        const split = merged(...parts);
        expect(split.encode()).toEqual(stateOf(data).encode());
        expect(figures(split)).toEqual(figures(stateOf(data)));
      }),
      { numRuns: 60 },
    );
  });

  it('does not depend on how the stream was cut', () => {
    fc.assert(
      fc.property(rows, fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 9 }), (data, cuts) => {
        expect(stateOf(data, cuts).encode()).toEqual(stateOf(data).encode());
      }),
      { numRuns: 60 },
    );
  });

  it('is commutative and associative in its figures, and has an identity', () => {
    fc.assert(
      fc.property(rows, rows, rows, (a, b, c) => {
        const [x, y, z] = [stateOf(a), stateOf(b), stateOf(c)];
        expect(figures(merged(x, y))).toEqual(figures(merged(y, x)));
        expect(figures(merged(merged(x, y), z))).toEqual(figures(merged(x, merged(y, z))));
        expect(merged(x, stateOf([])).encode()).toEqual(x.encode());
      }),
      { numRuns: 40 },
    );
  });

  it('comes back from its bytes, and neither merging nor summarising nor encoding changes it', () => {
    fc.assert(
      fc.property(rows, rows, (a, b) => {
        const state = stateOf(a);
        const bytes = state.encode();
        const back = TableState.decode(bytes, SPECS, OPTIONS);
        expect(back.encode()).toEqual(bytes);
        expect(figures(back)).toEqual(figures(state));
        merged(stateOf(b), state);
        expect(state.encode()).toEqual(bytes);
      }),
      { numRuns: 40 },
    );
  });

  it('throws CorruptState on cut or foreign bytes, never anything else', () => {
    fc.assert(
      fc.property(rows, fc.nat(), fc.nat(255), (data, at, byte) => {
        const bytes = stateOf(data).encode();
        expect(() => TableState.decode(bytes.subarray(0, at % bytes.length), SPECS, OPTIONS)).toThrow(CorruptState);
        const changed = bytes.slice();
        changed[at % bytes.length] = byte;
        try {
          summarise(TableState.decode(changed, SPECS, OPTIONS));
        } catch (error) {
          expect([CorruptState, StateMismatch]).toContain((error as Error).constructor);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('a table state in sketches', () => {
  const specs = [column('id', 'int8'), column('word', 'text'), column('amount', 'numeric'), column('few', 'int4')];
  const fields: ColumnFields[] = specs.map((_, value) => ({ value, length: -1 }));
  const size = 30_000;
  const data = Array.from({ length: size }, (_, i): Field[] => {
    const n = (i * 7919) % size;
    return [int8(n), i % 3 === 0 ? text('frequent') : text(`w${n}`), numeric(`${n}.25`), i % 10 ? int4(i % 7) : null];
  });

  function part(from: number, to: number, cuts?: readonly number[]): TableState {
    const state = TableState.create(specs, fields, OPTIONS);
    decodeStream(copyBytes(specs.length, data.slice(from, to)), (batch) => state.addBatch(batch), cuts);
    return state;
  }

  function join(...states: TableState[]): TableState {
    const whole = TableState.create(specs, fields, OPTIONS);
    for (const state of states) whole.merge(state);
    return whole;
  }

  function checkFigures(state: TableState): void {
    const [id, word, amount, few] = summarise(state);
    expect(state.rows).toBe(size);
    expect(Math.abs(id!.distinct!.value / size - 1)).toBeLessThan(0.02);
    expect([id!.min, id!.max, id!.zeros, id!.negatives]).toEqual([0, size - 1, 1, 0]);
    expect(id!.mean).toBeCloseTo((size - 1) / 2, 6);
    expect(id!.stddev! / Math.sqrt((size * (size + 1)) / 12)).toBeCloseTo(1, 9);
    for (const column of [id!, amount!]) {
      [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99].forEach((q, i) => {
        expect(Math.abs(Number(Object.values(column.quantiles!)[i]) / size - q)).toBeLessThan(0.01);
      });
    }
    expect([amount!.min, amount!.max]).toEqual(['0.25', `${size - 1}.25`]);
    const top = word!.topValues![0]!;
    expect([word!.topValues!.length, top.value]).toEqual([1, 'frequent']);
    expect(top.count).toBeLessThanOrEqual(size / 3);
    expect(top.count).toBeGreaterThan(size / 3 - size / 100);
    expect(few).toMatchObject({ nullCount: size / 10, distinct: { value: 7, exact: true } });
  }

  it('keeps its bounds however it was split and merged', () => {
    checkFigures(part(0, size));
    checkFigures(join(part(0, 100), part(100, 9000), part(9000, size))); // dictionary + sketches
    checkFigures(join(part(9000, size), part(0, 100), part(100, 9000)));
    checkFigures(join(...Array.from({ length: 10 }, (_, i) => part(i * 3000, (i + 1) * 3000)))); // dictionaries only
    checkFigures(join(join(part(0, 10_000), part(10_000, 20_000)), part(20_000, size)));
  });

  it('is the same for the same rows, however the stream was cut', () => {
    expect(part(0, size, [777, 5, 100_000]).encode()).toEqual(part(0, size).encode());
  });

  it('comes back from its bytes, and merging leaves its source as it was', () => {
    const state = part(0, size);
    const bytes = state.encode();
    const back = TableState.decode(bytes, specs, OPTIONS);
    expect(back.encode()).toEqual(bytes);
    expect(figures(back)).toEqual(figures(state));
    const other = join(part(0, 100), state, part(0, 8000));
    expect(other.rows).toBe(size + 8100);
    expect(state.encode()).toEqual(bytes);
    expect(figures(join(state))).toEqual(figures(state));
  });
});

it('refuses states of other columns or settings', () => {
  const one = TableState.create([column('a', 'int4')], [{ value: 0, length: -1 }], OPTIONS);
  const wider = { ...OPTIONS, maxValueBytes: 10 };
  const other = (spec: ColumnSpec, options = OPTIONS) => TableState.create([spec], [{ value: 0, length: -1 }], options);
  expect(() => one.merge(other(column('b', 'int4')))).toThrow(StateMismatch);
  expect(() => one.merge(other(column('a', 'int8')))).toThrow(/column a \(int8\), not a \(int4\)/);
  expect(() => one.merge(other(column('a', 'int4'), wider))).toThrow(/MAX_VALUE_BYTES = 10, not 9/);
  expect(() => TableState.decode(one.encode(), [column('a', 'int8')], OPTIONS)).toThrow(StateMismatch);
  expect(() => TableState.decode(one.encode(), [column('a', 'int4')], wider)).toThrow(StateMismatch);
});
