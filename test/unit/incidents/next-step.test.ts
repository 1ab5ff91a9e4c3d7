import { expect, test } from 'vitest';
import { sourceChecks, tableChecks } from '#src/core/checks/index.js';
import { nextStep } from '#src/core/incidents/next-step.js';
import { finding } from '../../support/incident-runs.js';

test.each([
  ['fewer rows', finding('t1'), 'Look at what loads sales.t1: whether it failed'],
  ['more rows', finding('t1', { value: 400 }), 'Look at what loads sales.t1: whether it ran twice'],
  ['no new rows', finding('t1', { check: 'freshness' }), 'Look at what loads sales.t1: whether it failed'],
  ['another shape', finding('t1', { check: 'schema' }), 'Ask whoever changed sales.t1'],
  ['no values', finding('t1', { check: 'null_rate', column: 'e mail' }), 'without sales.t1."e mail"'],
  ['other figures', finding('t1', { check: 'mean', column: 'price' }), 'another unit'],
  ['a source that is away', finding(null, { check: 'unreachable' }), 'Run sentinel health --source batch: '],
  ['a slot', finding(null, { check: 'replication_slot', object: 'cdc' }), 'Start whoever reads the slot cdc'],
])('%s', (_, found, words) => {
  expect(nextStep([found])).toContain(words);
});

test('every check has one, of a table, of a column and of a source; where nothing is known now there is none', () => {
  for (const { name: check } of tableChecks)
    for (const column of ['email', undefined])
      expect(nextStep([finding('t1', { check, ...(column !== undefined && { column }) })])).toMatch(/^[A-Z].*\.$/);
  for (const { name: check } of sourceChecks) expect(nextStep([finding(null, { check })])).toMatch(/^[A-Z].*\.$/);
  expect(nextStep([])).toBeNull();
});
