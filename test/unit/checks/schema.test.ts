import { describe, expect, test } from 'vitest';
import { judgeTables } from '#src/core/checks/index.js';
import { schema } from '#src/core/checks/schema.js';
import { DEFAULT_CHECK_SETTINGS as settings } from '#src/core/checks/settings.js';
import { isWidening } from '#src/core/checks/type-widening.js';
import type { SchemaVersion, TableHistory } from '#src/core/model/history.js';
import { knownColumn, points, shapeOf, tableHistory } from '../../support/table-history.js';

const id = knownColumn('id', 1, 'bigint', true);
const total = knownColumn('total', 2, 'numeric(12,2)');
const before = shapeOf([id, total], ['id']);

const judge = (previousShape: SchemaVersion | null, shape: SchemaVersion | null, different?: Partial<TableHistory>) =>
  schema
    .judge(tableHistory({ previousShape, shape, ...different }), settings)
    .map(({ severity, column, value, message }) => ({ severity, column, value, message }));

test('an unchanged shape says nothing', () => {
  expect(judge(before, shapeOf([id, total], ['id']))).toEqual([]);
});

describe('tables', () => {
  test('a new table is no finding on the first run of its source', () => {
    const { sourceJudgedAt: _, ...first } = tableHistory({ previousShape: null, shape: before });
    expect(schema.judge(first, settings)).toEqual([]);
  });

  test('and is information later', () => {
    expect(judge(null, before)).toMatchObject([
      {
        severity: 'info',
        value: 'added',
        message: 'sales.orders is new, with 2 columns and 10 rows; it was not there at 2026-11-23 02:00 UTC.',
      },
    ]);
  });

  test('a table that is gone is critical and the only thing said about it', () => {
    const gone = tableHistory({
      previousShape: before,
      shape: null,
      profile: null,
      tableSeries: { row_count: points([900, 1000]) },
      insertTime: { column: 'created_at', newest: 0 },
      freshnessLimitSeconds: 60,
    });
    expect(judgeTables([gone])).toMatchObject([
      {
        severity: 'critical',
        value: 'dropped',
        message:
          'sales.orders no longer exists; it was last seen at 2026-11-23 02:00 UTC with 2 columns and 1,000 rows.',
      },
    ]);
  });

  test('a table that could not be profiled is not gone', () => {
    expect(judge(before, before, { profile: null })).toEqual([]);
  });

  test('a table made anew with the same columns is information', () => {
    expect(judge(before, { ...before, oid: 2 })).toMatchObject([
      { severity: 'info', value: 'recreated', message: expect.stringContaining('created anew with the same columns') },
    ]);
  });
});

describe('columns', () => {
  test.each([
    [
      'added',
      [id, total, knownColumn('note', 3, 'text')],
      'info',
      'note',
      'added',
      'sales.orders.note (text) was added',
    ],
    ['dropped', [id], 'critical', 'total', 'dropped', 'sales.orders.total (numeric(12,2)) was dropped'],
    [
      'retyped',
      [id, { ...total, type: 'text' }],
      'critical',
      'total',
      'numeric(12,2) → text',
      'sales.orders.total changed its type from numeric(12,2) to text',
    ],
    [
      'widened',
      [id, { ...total, type: 'numeric(14,2)' }],
      'warn',
      'total',
      'numeric(12,2) → numeric(14,2)',
      'its type',
    ],
    ['not null', [id, { ...total, notNull: true }], 'info', 'total', 'not null', 'no longer allows nulls'],
    ['nullable', [{ ...id, notNull: false }, total], 'warn', 'id', 'nullable', 'sales.orders.id now allows nulls'],
    [
      'renamed',
      [id, { ...total, name: 'amount' }],
      'critical',
      'total',
      'renamed to amount',
      'Column sales.orders.total was renamed to amount since the run of 2026-11-23 02:00 UTC.',
    ],
  ] as const)('%s', (_, columns, severity, column, value, message) => {
    expect(judge(before, shapeOf(columns, ['id']))).toEqual([
      { severity, column, value, message: expect.stringContaining(message) },
    ]);
  });

  test('in a table made anew, a renaming is only likely', () => {
    expect(judge(before, shapeOf([id, { ...total, name: 'amount' }], ['id'], 2))).toMatchObject([
      { value: 'renamed to amount', message: expect.stringContaining('looks like a renaming') },
    ]);
  });

  test('another position or type is no renaming', () => {
    const values = (column: typeof total) => judge(before, shapeOf([id, column], ['id'])).map((each) => each.value);
    expect(values({ ...total, name: 'amount', position: 3 })).toEqual(['dropped', 'added']);
    expect(values({ ...total, name: 'amount', type: 'text' })).toEqual(['dropped', 'added']);
  });
});

describe('primary key', () => {
  test.each([
    ['dropped', ['id'], [], 'warn', 'from id to none'],
    ['added', [], ['id'], 'info', 'from none to id'],
    ['changed', ['id'], ['id', 'total'], 'warn', 'from id to id and total'],
  ] as const)('%s', (_, from, to, severity, message) => {
    expect(judge(shapeOf([id, total], from), shapeOf([id, total], to))).toMatchObject([
      { severity, message: expect.stringContaining(`The primary key of sales.orders changed ${message} since`) },
    ]);
  });

  test('follows a renamed column', () => {
    const changes = judge(before, shapeOf([{ ...id, name: 'order_id' }, total], ['order_id']));
    expect(changes.map((change) => change.value)).toEqual(['renamed to order_id']);
  });
});

test.each([
  ['integer', 'bigint', true],
  ['bigint', 'integer', false],
  ['real', 'double precision', true],
  ['bigint', 'double precision', false],
  ['character varying(50)', 'character varying(80)', true],
  ['character varying(50)', 'text', true],
  ['text', 'character varying', true],
  ['text', 'character varying(50)', false],
  ['character varying(80)', 'character varying(50)', false],
  ['numeric(12,2)', 'numeric(14,4)', true],
  ['numeric(12,2)', 'numeric(12,4)', false],
  ['numeric(12,2)', 'numeric', true],
  ['numeric', 'numeric(12,2)', false],
  ['text', 'integer', false],
])('%s → %s loses nothing: %s', (from, to, expected) => {
  expect(isWidening(from, to)).toBe(expected);
});
