import { expect, test } from 'vitest';
import { whereOf } from '#src/core/incidents/where.js';
import { finding } from '../../support/incident-runs.js';

test.each([
  ['one table', [finding('t1'), finding('t1')], 'batch.sales.t1'],
  ['tables of one schema', [finding('t1'), finding('t2')], 'batch.sales'],
  ['tables of one name', [finding('t1'), finding('t1', { schema: 'crm' })], 'batch'],
  ['a schema', [finding(null, { schema: 'crm' })], 'batch.crm'],
  ['a source', [finding(null)], 'batch'],
  ['an odd name', [finding('a.b')], 'batch.sales."a.b"'],
  ['nothing that is kept', [], ''],
])('of %s', (_, findings, where) => {
  expect(whereOf({ findings })).toBe(where);
});
