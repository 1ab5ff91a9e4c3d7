import { describe, expect, test } from 'vitest';
import { judgeSources, judgeTables } from '#src/core/checks/index.js';
import { judgeNewest } from '#src/core/checks/newest-verdict.js';
import { DEFAULT_CHECK_SETTINGS } from '#src/core/checks/settings.js';
import type { Finding } from '#src/core/model/finding.js';
import type { Expectation, SourceHistory } from '#src/core/model/history.js';
import { eventDays, eventTable, steady } from '../../support/event-days.js';
import { DAY, HOUR, NOW, nullHistory, rowHistory } from '../../support/table-history.js';

const brief = (findings: readonly Finding[]) => findings.map(({ check, severity }) => `${check} ${severity}`);
const declared = (metric: string, changes: Partial<Expectation> = {}): Expectation => ({
  metric,
  declaredAt: NOW,
  ...changes,
});

describe('a rule about what is expected', () => {
  test('is information, of this metric and column alone', () => {
    const halved = rowHistory([100, 100, 100], 20);
    expect(brief(judgeTables([halved]))).toEqual(['row_count warn']);
    const judge = (expectation: Expectation) => brief(judgeTables([{ ...halved, expectations: [expectation] }]));
    expect(judge(declared('row_count'))).toEqual(['row_count info']);
    expect(judge(declared('null_rate'))).toEqual(['row_count warn']);
    expect(judge(declared('row_count', { column: 'amount' }))).toEqual(['row_count warn']);
  });

  test('is information also where it was declared before the run', () => {
    const nulls = nullHistory([0, 0, 0], 50);
    expect(brief(judgeTables([nulls]))).toEqual(['first_null critical']);
    const expectations = [declared('null_rate', { column: 'amount', declaredAt: NOW - 5 * DAY })];
    expect(brief(judgeTables([{ ...nulls, expectations }]))).toEqual(['first_null info']);
  });

  test('still implies what it implies', () => {
    const history = rowHistory([100, 100, 100], 0);
    expect(brief(judgeTables([{ ...history, expectations: [declared('row_count')] }]))).toEqual(['empty_table info']);
  });
});

test('a source: only the slot that people named', () => {
  const slot = (name: string) => ({ name, active: false, walStatus: 'extended', retainedBytes: 1e12 });
  const history: SourceHistory = {
    source: 'batch',
    run: 2,
    now: NOW,
    inventory: { databases: [], schemas: [], slots: [slot('a'), slot('b')] },
    previousInventory: null,
    failure: null,
    databaseGone: false,
    database: 'x',
  };
  const expectations = [{ metric: 'slot_retained_bytes', object: 'a', declaredAt: NOW }];
  const found = judgeSources([{ ...history, expectations }]).map(({ object, severity }) => [object, severity]);
  expect(found.sort()).toEqual([
    ['a', 'info'],
    ['b', 'critical'],
  ]);
});

describe('a series', () => {
  const days = (values: readonly number[]) =>
    values.map((value, i) => ({ time: NOW - (values.length - i) * DAY, value }));
  const judge = (values: readonly number[], expectedSince: readonly number[] = [], firstNew = values.length - 1) =>
    judgeNewest(
      { kind: 'row_count', interval: 'D' },
      days(values),
      firstNew,
      DEFAULT_CHECK_SETTINGS.judge,
      expectedSince,
    );
  const usual = Array.from({ length: 60 }, (_, i) => 1000 + (i % 3));

  test('what people saw is information, and the level from then on', () => {
    const doubled = [...usual, 2000];
    expect(judge(doubled)?.severity).toBe('critical');
    expect(judge(doubled, [NOW])?.severity).toBe('info');
    // The next day, declared in its first hours, when the day before was seen.
    const next = [...usual, 2000, 2001];
    expect(judge(next)?.severity).toBe('critical');
    expect(judge(next, [NOW - 20 * HOUR])).toBeNull();
  });

  test('a sale that was expected ends without a word; another change is news', () => {
    expect(judge([...usual, 2000, 2001, 1000], [NOW - 44 * HOUR])).toBeNull();
    expect(judge([...usual, 2000, 2001, 500], [NOW - 44 * HOUR])?.severity).toBe('critical');
    // By then the series has shown that it stays.
    const stayed = [...usual, 2000, 2001, 2000, 2002, 2001, 2000, 1000];
    expect(judge(stayed, [NOW - 140 * HOUR])?.severity).toBe('critical');
  });

  test('what nobody has seen comes before what is expected', () => {
    const [seen, unseen] = [5000, 2500];
    const judged = judge([...usual, seen, unseen], [NOW - DAY], usual.length);
    expect(judged).toMatchObject({ value: unseen, severity: 'critical' });
  });

  test('the judge of a table by event time is told', () => {
    const rows = [...steady(118, 1000), 2000];
    const history = eventTable(eventDays(rows));
    expect(brief(judgeTables([history]))).toEqual(['volume critical']);
    expect(brief(judgeTables([{ ...history, expectations: [declared('rows_per_day')] }]))).toEqual(['volume info']);
  });
});

test('figures that move with an expected one are expected, too', () => {
  const column = (last: number) => ({
    nonNull: steady(119, 1000),
    mean: Array.from({ length: 119 }, (_, day) => (day === 118 ? last : 40 + (day % 3))),
    variance: steady(119, 3600),
  });
  const history = eventTable(eventDays(steady(119, 1000), { total: column(400) }));
  expect(brief(judgeTables([history]))).toEqual(['mean critical']);
  const expecting = (metric: string, of = 'total') =>
    brief(judgeTables([{ ...history, expectations: [declared(metric, { column: of })] }]));
  expect(expecting('mean')).toEqual(['mean info']);
  expect(expecting('p95')).toEqual(['mean info']);
  expect(expecting('mean', 'other')).toEqual(['mean critical']);
});
