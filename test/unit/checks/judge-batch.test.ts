import { expect, test } from 'vitest';
import { sourceChecks, type TableCheck, tableChecks } from '#src/core/checks/index.js';
import { DEFAULT_CHECK_SETTINGS } from '#src/core/checks/settings.js';
import { judgeBatch } from '#src/engine/detect/judge-batch.js';
import { nullHistory, profileOf, rowHistory, sourceHistory, tableHistory } from '../../support/table-history.js';

const task = (tables: ReturnType<typeof tableHistory>[], sources: ReturnType<typeof sourceHistory>[] = []) => ({
  type: 'detect' as const,
  run: 'r1',
  tables,
  sources,
});

test('judges tables and sources, worst first within each', () => {
  const empty = { ...rowHistory([500], 0), table: 'b' };
  const nulls = { ...nullHistory([0, 0], 5), table: 'a' };
  const { findings, failures } = judgeBatch(task([empty, nulls], [sourceHistory({ databaseGone: true })]));
  expect(findings.map(({ check, table }) => [check, table])).toEqual([
    ['database_gone', null],
    ['first_null', 'a'],
    ['empty_table', 'b'],
  ]);
  expect(failures).toEqual([]);
});

test('a check that throws costs its own findings on that table and is reported', () => {
  const broken: TableCheck = {
    name: 'broken',
    judge(history) {
      if (history.table === 'bad') throw new Error('no such thing');
      return [];
    },
  };
  const bad = { ...rowHistory([500], 0), table: 'bad' };
  const good = { ...rowHistory([500], 0), table: 'good' };
  const judged = judgeBatch(task([bad, good]), DEFAULT_CHECK_SETTINGS, {
    tables: [broken, ...tableChecks],
    sources: sourceChecks,
  });
  expect(judged.findings.map(({ check, table }) => [check, table])).toEqual([
    ['empty_table', 'bad'],
    ['empty_table', 'good'],
  ]);
  expect(judged.failures).toEqual([
    {
      code: 'check_failed',
      message: 'check broken could not judge sales.bad: no such thing',
      retryable: false,
      source: 'batch',
      table: 'sales.bad',
    },
  ]);
});

test('what a stronger finding implies is left out', () => {
  const { findings } = judgeBatch(task([nullHistory([0, 0], 100)]));
  expect(findings.map(({ check }) => check)).toEqual(['all_null']);
});

test('settings change the limits', () => {
  const strict = { ...DEFAULT_CHECK_SETTINGS, rowCount: { ...DEFAULT_CHECK_SETTINGS.rowCount, fallShare: 0.3 } };
  const history = tableHistory({ ...rowHistory([1000], 600), profile: profileOf(600) });
  expect(judgeBatch(task([history])).findings).toEqual([]);
  expect(judgeBatch(task([history]), strict).findings).toHaveLength(1);
});
