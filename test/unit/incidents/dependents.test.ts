import { describe, expect, test } from 'vitest';
import { tablesOf } from '#src/core/incidents/alert.js';
import { joinDependents } from '#src/core/incidents/dependents.js';
import { groupFindings } from '#src/core/incidents/group.js';
import type { Dependency } from '#src/core/model/dependency.js';
import type { Finding } from '#src/core/model/finding.js';
import { finding, Incidents, tables } from '../../support/incident-runs.js';

const of = (table: string, schema = 'sales') => ({ schema, table });
const view = (dependent: string, on: string): Dependency => ({ on: of(on), dependent: of(dependent), by: 'view' });
const key = (dependent: string, on: string): Dependency => ({
  on: of(on),
  dependent: of(dependent),
  by: 'foreign key',
});
const nulls = (table: string, column = 'email') =>
  finding(table, { check: 'null_rate', metric: 'null_rate', column, message: `sales.${table}.${column} is null.` });
const more = (table: string) => finding(table, { value: 400, message: `sales.${table} has 400 rows.` });

function joined(findings: readonly Finding[], dependencies: readonly Dependency[], judged = tables(30)) {
  const groups = joinDependents(groupFindings(findings, judged), {
    dependencies: new Map([['batch', dependencies]]),
    ...{ judged, ongoing: [] },
  });
  return groups.map(({ subject, findings: found }) => [
    ...tablesOf(subject).map(({ table }) => table),
    `${found.length} found`,
  ]);
}

describe('two that are off in the same way are one where one depends on the other', () => {
  test.each([
    ['rows of a view', [finding('t1'), finding('t2')], view('t2', 't1')],
    ['rows of a table that refers to it', [finding('t1'), finding('t2')], key('t2', 't1')],
    ['a column of a view', [nulls('t1'), nulls('t2')], view('t2', 't1')],
    ['some of what is wrong with it', [finding('t1'), nulls('t1'), nulls('t2')], view('t2', 't1')],
  ])('%s', (_, found, dependency) => {
    expect(joined(found, [dependency])).toEqual([['t1', 't2', `${found.length} found`]]);
  });

  test.each([
    ['nothing links them', [finding('t1'), finding('t2')], view('t3', 't1')],
    ['another direction', [finding('t1'), more('t2')], view('t2', 't1')],
    ['another column', [nulls('t1'), nulls('t2', 'name')], view('t2', 't1')],
    ['a column, by foreign key', [nulls('t1'), nulls('t2')], key('t2', 't1')],
    ['only part of what is wrong', [finding('t1'), finding('t2'), nulls('t2')], view('t2', 't1')],
    ['the cause is only mentioned', [finding('t1', { severity: 'info' }), finding('t2')], view('t2', 't1')],
  ])('but not where: %s', (_, found, dependency) => {
    expect(joined(found, [dependency])).toHaveLength(2);
  });
});

test('a chain has one cause, its words, and the worst severity; what depends on it is named', () => {
  const found = [
    finding('t3', { severity: 'critical', score: 0.95 }),
    finding('t2'),
    finding('t1', { cause: 'One shop is missing.' }),
  ];
  const [group, ...others] = joinDependents(groupFindings(found, tables(30)), {
    dependencies: new Map([['batch', [view('t2', 't1'), key('t3', 't2')]]]),
    ...{ judged: tables(30), ongoing: [] },
  });
  expect(others).toEqual([]);
  expect(group).toMatchObject({
    severity: 'critical',
    score: 0.95,
    title: 'sales.t1 has 40 rows; expected at least 90.',
    cause: 'One shop is missing. sales.t3 and sales.t2 depend on it, and changed with it.',
  });
  expect(group!.findings.map(({ table }) => table)).toEqual(['t1', 't3', 't2']);
});

test('a view that nobody judges passes on what befalls its table, a judged one that is as usual does not', () => {
  const chain = [view('v', 't1'), view('t2', 'v')];
  expect(joined([finding('t1'), finding('t2')], chain)).toHaveLength(1);
  expect(joined([finding('t1'), finding('t2')], [view('t3', 't1'), view('t2', 't3')])).toHaveLength(2);
});

test('in a circle one is the cause, whatever the order', () => {
  const circle = [key('t1', 't2'), key('t2', 't1')];
  const found = [finding('t1'), finding('t2')];
  expect(joined(found, circle)).toEqual([['t1', 't2', '2 found']]);
  expect(joined([...found].reverse(), [...circle].reverse())).toEqual([['t1', 't2', '2 found']]);
});

test('what depends on a table of a load belongs to the load', () => {
  const load = tables(9).map(({ table }) => finding(table));
  const outside = finding('daily', { schema: 'reports' });
  const dependency: Dependency = { on: of('t4'), dependent: of('daily', 'reports'), by: 'view' };
  const inSchema = (schema: string) => tables(30).map((each) => ({ ...each, schema }));
  const judged = [...tables(9), { source: 'batch', schema: 'reports', table: 'daily' }, ...inSchema('reports')];
  const groups = joined([...load, outside], [dependency], judged);
  expect(joined([...load, outside], [], judged)).toHaveLength(2);
  expect(groups).toEqual([[...tables(9).map(({ table }) => table), 'daily', '10 found']]);
});

describe('run by run', () => {
  const judged = tables(30);

  test('a dependent that is off a run longer stays with the incident, and ends it', () => {
    const incidents = new Incidents([view('t2', 't1')]);
    incidents.judge(1, [finding('t1'), finding('t2')], judged);
    incidents.judge(2, [finding('t2')], judged);
    expect(incidents.all).toMatchObject([
      {
        ...{ id: 'INC-1', state: 'open', lastRun: 2, title: 'sales.t2 has 40 rows; expected at least 90.' },
        cause: 'It depends on sales.t1, which was off before and is as usual again.',
      },
    ]);
    incidents.judge(3, [], judged);
    incidents.judge(4, [], judged);
    expect(incidents.all.map(({ state }) => state)).toEqual(['resolved']);
  });

  test('a dependent that follows a run later joins the incident without another', () => {
    const incidents = new Incidents([view('t2', 't1')]);
    incidents.judge(1, [finding('t1')], judged);
    incidents.judge(2, [finding('t1'), finding('t2')], judged);
    expect(incidents.all.map(({ id }) => id)).toEqual(['INC-1']);
    expect(tablesOf(incidents.all[0]!.subject).map(({ table }) => table)).toEqual(['t1', 't2']);
  });

  test('a dependent that is off in another way later is an incident of its own', () => {
    const incidents = new Incidents([view('t2', 't1')]);
    incidents.judge(1, [finding('t1'), finding('t2')], judged);
    incidents.judge(2, [finding('t1'), nulls('t2')], judged);
    expect(incidents.all.map(({ title }) => title)).toEqual([
      'sales.t1 has 40 rows; expected at least 90.',
      'sales.t2.email is null.',
    ]);
  });

  test('a table that has an incident of its own keeps it when its cause is found', () => {
    const incidents = new Incidents([view('t2', 't1')]);
    incidents.judge(1, [finding('t2')], judged);
    incidents.judge(2, [finding('t1'), finding('t2')], judged);
    expect(incidents.all.map(({ id, lastRun }) => [id, lastRun])).toEqual([
      ['INC-1', 2],
      ['INC-2', 2],
    ]);
  });
});
