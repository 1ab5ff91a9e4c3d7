import { describe, expect, test } from 'vitest';
import { copyStatement, selectList, splitColumns } from '#src/adapters/postgres/select-list.js';
import type { ColumnSpec, PartSpec, ValueKind } from '#src/core/model/relation.js';

const column = (name: string, kind: ValueKind, readable = true): ColumnSpec => ({
  name,
  position: 1,
  type: kind,
  kind,
  notNull: false,
  readable,
});
const columns = (count: number, kind: ValueKind) => Array.from({ length: count }, (_, i) => column(`c${i}`, kind));
const part: PartSpec = {
  schema: 's',
  name: 't',
  oid: 1,
  kind: 'table',
  bytes: 0,
  only: true,
  guarded: false,
  chunkable: true,
};

describe('selectList', () => {
  test('sends native kinds as they are and others as their text', () => {
    const list = selectList([column('a', 'int4'), column('b', 'text'), column('c', 'other')], false, 8);
    expect(list.sql).toBe('"a", "b", "c"::pg_catalog.text');
    expect(list.fields).toEqual([
      { value: 0, length: -1 },
      { value: 1, length: -1 },
      { value: 2, length: -1 },
    ]);
    expect(list.count).toBe(3);
  });

  test('adds a length field to what may be cut, and always to arrays', () => {
    const kinds: ValueKind[] = ['numeric', 'text', 'bytea', 'jsonb', 'array', 'enum'];
    const lengths = (guarded: boolean) =>
      selectList(
        kinds.map((kind) => column(kind, kind)),
        guarded,
        8,
      ).fields.map((field) => field.length);
    expect(lengths(false)).toEqual([-1, -1, -1, -1, 5, -1]);
    expect(lengths(true)).toEqual([-1, 2, 4, 6, 8, -1]);
  });

  test('quotes every name', () => {
    const name = '"; drop table x; --\n😀';
    expect(selectList([column(name, 'int4')], false, 8).sql).toBe('"""; drop table x; --\n😀"');
    expect(selectList([column(name, 'jsonb')], true, 8).sql).not.toMatch(/[^"]"; drop/);
  });
});

describe('splitColumns', () => {
  const sizes = (list: readonly ColumnSpec[]) => splitColumns(list).map((group) => group.length);

  test('keeps groups within what a target list and a worker can hold', () => {
    expect(sizes(columns(256, 'text'))).toEqual([256]);
    expect(sizes(columns(257, 'text'))).toEqual([256, 1]);
    expect(sizes(columns(1600, 'int4'))).toEqual([256, 256, 256, 256, 256, 256, 64]);
    for (const group of splitColumns(columns(1600, 'other')))
      expect(selectList(group, true, 8).count).toBeLessThanOrEqual(1664);
  });

  test('leaves out unreadable columns, and gives one empty group where there is none', () => {
    expect(splitColumns([column('a', 'int4', false), column('b', 'int4')])).toEqual([[column('b', 'int4')]]);
    expect(sizes([])).toEqual([0]);
  });
});

describe('copyStatement', () => {
  test('names ONLY where it applies and bounds by blocks', () => {
    expect(copyStatement(part, { sql: '"a"' })).toBe('COPY (SELECT "a" FROM ONLY "s"."t") TO STDOUT (FORMAT binary)');
    expect(copyStatement({ ...part, only: false }, { sql: '' })).toBe(
      'COPY (SELECT  FROM "s"."t") TO STDOUT (FORMAT binary)',
    );
    const range = (toBlock: number | null) => copyStatement(part, { sql: '' }, { fromBlock: 7, toBlock });
    expect(range(9)).toContain(
      `WHERE ctid OPERATOR(pg_catalog.>=) '(7,0)'::pg_catalog.tid AND ctid OPERATOR(pg_catalog.<) '(9,0)'::pg_catalog.tid)`,
    );
    expect(range(null)).not.toContain('<');
  });
});
