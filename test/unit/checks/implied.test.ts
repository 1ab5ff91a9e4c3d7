import { expect, test } from 'vitest';
import { withoutImplied } from '#src/core/checks/index.js';
import type { Finding } from '#src/core/model/finding.js';

const finding = (check: string, different: Partial<Finding> = {}): Finding => ({
  source: 'batch',
  schema: 'sales',
  table: 'orders',
  metric: check,
  check,
  severity: 'warn',
  value: null,
  expected: {},
  score: 0.75,
  at: '2026-11-24T02:00:00.000Z',
  message: 'It is so.',
  ...different,
});

const rows = finding('row_count');
const tableGone = finding('schema', { value: 'dropped' });
const columnGone = finding('schema', { value: 'dropped', column: 'a' });
const empty = finding('empty_table', { metric: 'row_count' });
const nullsInA = finding('first_null', { column: 'a' });
const nullsInB = finding('first_null', { column: 'b' });
const allNullInA = finding('all_null', { column: 'a' });
const fewer = finding('volume');
const explained = finding('volume', { cause: `91 % of the missing rows have country = 'DE'.` });
const went = finding('categories', { column: 'country' });
const share = finding('share', { column: 'country' });

test.each([
  ['a table that is gone implies everything else', [rows, tableGone, nullsInA], [tableGone]],
  ['an empty table implies its row count only', [rows, empty, nullsInA], [empty, nullsInA]],
  ['a dropped column implies what else is said of it', [columnGone, nullsInA, nullsInB], [columnGone, nullsInB]],
  ['all null implies some null', [allNullInA, nullsInA, nullsInB], [allNullInA, nullsInB]],
  [
    'rows of one kind that are missing say why shares moved, and are as grave',
    [explained, { ...share, severity: 'critical', score: 0.9 } as const],
    [{ ...explained, severity: 'critical', score: 0.9 }],
  ],
  [
    'shares that moved by themselves stay',
    [{ ...fewer, severity: 'info' } as const, share],
    [{ ...fewer, severity: 'info' }, share],
  ],
  [
    'also where by themselves they would only be mentioned',
    [{ ...explained, severity: 'info' } as const, share],
    [{ ...explained, score: share.score }],
  ],
  [
    'a value that went says why shares of its column moved, and is as grave',
    [went, { ...share, severity: 'critical', score: 0.9 } as const, { ...share, column: 'status' }],
    [
      { ...went, severity: 'critical', score: 0.9 },
      { ...share, column: 'status' },
    ],
  ],
  ['what stands alone stays', [rows, nullsInA], [rows, nullsInA]],
])('%s', (_, findings, expected) => {
  expect(withoutImplied(findings)).toEqual(expected);
});
