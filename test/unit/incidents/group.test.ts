import { describe, expect, test } from 'vitest';
import { groupFindings } from '#src/core/incidents/group.js';
import type { Finding } from '#src/core/model/finding.js';
import { finding, tables } from '../../support/incident-runs.js';

const names = (count: number) => tables(count).map(({ table }) => table);
const summary = (findings: readonly Finding[], judged = tables(30)) =>
  groupFindings(findings, judged).map(({ subject, severity, findings: found }) => {
    const what = subject.kind === 'table' ? subject.table : subject.kind;
    return `${what} ${severity} ${found.length}`;
  });

describe('one table', () => {
  test('its findings are one group with the severity and the sentence of the worst', () => {
    const worst = finding('t1', { check: 'first_null', column: 'a', severity: 'critical', message: 'worst' });
    const groups = groupFindings([finding('t1'), worst, finding('t1', { severity: 'info', message: 'small' })], []);
    expect(groups).toHaveLength(1);
    expect(groups[0]).toMatchObject({ severity: 'critical', title: 'worst', cause: null });
    expect(groups[0]!.findings.map(({ severity }) => severity)).toEqual(['critical', 'warn', 'info']);
  });

  test('tables of one name in other schemas and sources are others', () => {
    const found = [finding('t1'), finding('t1', { schema: 'crm' }), finding('t1', { source: 'cdc' })];
    expect(new Set(groupFindings(found, []).map(({ fingerprint }) => fingerprint)).size).toBe(3);
  });

  test('the cause is that of the worst finding that has one', () => {
    const found = [finding('t1', { cause: 'mild' }), finding('t1', { severity: 'critical', score: 0.9, metric: 'x' })];
    expect(groupFindings(found, [])[0]!.cause).toBe('mild');
    const worse = { ...found[1]!, cause: 'All of them are from one shop.' };
    expect(groupFindings([found[0]!, worse], [])[0]!.cause).toBe('All of them are from one shop.');
  });
});

describe('the source itself', () => {
  const slot = (object: string) =>
    finding(null, { check: 'replication_slot', metric: 'slot_retained_bytes', object, message: `Slot ${object}.` });

  test('each slot, database and schema is its own', () => {
    const found = [
      slot('a'),
      slot('b'),
      finding(null, { check: 'databases', metric: 'databases', object: 'a' }),
      finding(null, { check: 'schemas', metric: 'schemas', schema: 'crm' }),
      finding(null, { check: 'schemas', metric: 'schemas', schema: 'web' }),
    ];
    expect(groupFindings(found, [])).toHaveLength(5);
  });

  test('a slot has the same fingerprint whatever it retains', () => {
    const [a] = groupFindings([slot('a')], []);
    const [later] = groupFindings([{ ...slot('a'), value: 1e12, severity: 'critical', message: 'Other words.' }], []);
    expect(later!.fingerprint).toBe(a!.fingerprint);
  });
});

describe('a load', () => {
  test('many tables of a source with fewer rows are one group, named by how many', () => {
    const found = [
      ...names(9).map((name) => finding(name)),
      ...tables(3).map((t) => finding(t.table, { schema: 'crm' })),
    ];
    const judged = [...tables(25), ...tables(5).map((table) => ({ ...table, schema: 'crm' }))];
    const [load, ...rest] = groupFindings(found, judged);
    expect(rest).toEqual([]);
    expect(load!.title).toBe('12 of 30 tables of batch got fewer rows than usual: crm.t1, crm.t2, crm.t3 and 9 more.');
    expect(load!.cause).toContain('a load into batch that is late');
    expect(load!.findings).toHaveLength(12);
  });

  test.each([
    [4, 4, 't'],
    [5, 16, 't'],
    [5, 15, 'load'],
  ])('%i of %i tables of a source that has many schemas', (count, judged, kind) => {
    const spread = tables(judged).map((each, i) => ({ ...each, schema: `s${i}` }));
    const found = spread.slice(0, count).map(({ schema, table }) => finding(table, { schema }));
    const groups = groupFindings(found, spread);
    expect(groups.map(({ subject }) => subject.kind)).toEqual(
      kind === 'load' ? ['load'] : Array.from({ length: count }, () => 'table'),
    );
  });

  test('three tables that are half of a schema are a load of that schema', () => {
    const found = names(3).map((name) => finding(name));
    const rest = tables(40).map((each) => ({ ...each, schema: 'crm' }));
    const [load] = groupFindings(found, [...tables(6), ...rest]);
    expect(load!.title).toBe(
      '3 of 6 tables of batch.sales got fewer rows than usual: sales.t1, sales.t2 and sales.t3.',
    );
    expect(groupFindings(found, [...tables(7), ...rest])).toHaveLength(3);
    expect(groupFindings(found.slice(1), [...tables(4), ...rest])).toHaveLength(2);
  });

  test('tables that went other ways do not add up', () => {
    const more = { value: 400, message: 'more' };
    const found = names(6).map((name, i) => finding(name, i % 2 ? more : {}));
    expect(summary(found)).toHaveLength(6);
  });

  test('empty and stale tables got fewer rows, too', () => {
    const found = [
      finding('t1', { check: 'empty_table', value: 0, expected: { lower: 1 }, severity: 'critical' }),
      finding('t2', { check: 'freshness', metric: 'freshness_seconds', value: 9e5, expected: { upper: 9e4 } }),
      finding('t3', { check: 'volume', metric: 'rows_per_day', value: 0 }),
    ];
    const [load, ...rest] = groupFindings(found, tables(5));
    expect(rest).toEqual([]);
    expect(load).toMatchObject({ severity: 'critical', subject: { kind: 'load', direction: 'fewer' } });
    const late = names(3).map((name) => ({ ...found[1]!, table: name }));
    expect(groupFindings(late, tables(3))[0]!.title).toContain('3 of 3 tables of batch.sales got no new rows in time');
  });

  test('what is only mentioned makes no load, and what else is wrong with a table stays its own', () => {
    expect(summary(names(12).map((name) => finding(name, { severity: 'info' })))).toHaveLength(12);
    const found = [
      ...names(12).map((name) => finding(name)),
      finding('t1', { check: 'first_null', column: 'a', value: 0.1, expected: { upper: 0 }, severity: 'critical' }),
      finding('t1', { check: 'schema', severity: 'info', value: 'added' }),
      finding('t2', { check: 'schema', severity: 'info', value: 'added' }),
    ];
    expect(summary(found)).toEqual(['t1 critical 2', 'load warn 13']);
  });

  test('one that goes on keeps its tables below the threshold; others do not join it', () => {
    const judged = tables(30);
    const [load] = groupFindings(
      names(12).map((name) => finding(name)),
      judged,
    );
    const later = [finding('t2'), finding('t20')];
    const groups = groupFindings(later, judged, [load!.subject]);
    expect(groups.map(({ fingerprint }) => fingerprint)).toContain(load!.fingerprint);
    expect(groups.map(({ title }) => title)).toContain('1 of 30 tables of batch got fewer rows than usual: sales.t2.');
    expect(groups).toHaveLength(2);
  });
});
