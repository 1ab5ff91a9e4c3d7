import { describe, expect, test } from 'vitest';
import { DAY, finding, Incidents, tables, told } from '../../support/incident-runs.js';

const judged = tables(30);
const critical = { severity: 'critical' as const, score: 0.9 };
const slot = finding(null, { check: 'replication_slot', metric: 'slot_retained_bytes', object: 'a' });

describe('opening', () => {
  test('warn or worse opens an incident, the worst gets the first number; info opens none', () => {
    const incidents = new Incidents();
    const changes = incidents.judge(
      1,
      [finding('t1'), finding('t2', critical), finding('t3', { severity: 'info' })],
      judged,
    );
    expect(told(changes)).toEqual(['opened', 'opened']);
    expect(incidents.states).toEqual(['INC-1 open critical', 'INC-2 open warn']);
    expect(incidents.all[0]).toMatchObject({ firstRun: 1, lastRun: 1, openedAt: DAY, subject: { table: 't2' } });
  });

  test('a repeat says nothing new', () => {
    const incidents = new Incidents();
    incidents.judge(1, [finding('t1')], judged);
    expect(told(incidents.judge(2, [finding('t1', { value: 39, message: 'Other figures.' })], judged))).toEqual([]);
    expect(incidents.all).toMatchObject([{ id: 'INC-1', firstRun: 1, lastRun: 2, title: 'Other figures.' }]);
  });

  test('getting worse and easing are told, and so is another reason', () => {
    const incidents = new Incidents();
    incidents.judge(1, [finding('t1')], judged);
    expect(told(incidents.judge(2, [finding('t1', critical)], judged))).toEqual(['INC-1 worsened']);
    expect(told(incidents.judge(3, [finding('t1')], judged))).toEqual(['INC-1 eased']);
    expect(told(incidents.judge(4, [finding('t1', { check: 'first_null', column: 'a' })], judged))).toEqual([
      'INC-1 changed',
    ]);
  });
});

describe('resolving', () => {
  test('two clean runs in a row resolve it; what comes after is another incident', () => {
    const incidents = new Incidents();
    incidents.judge(1, [finding('t1')], judged);
    expect(told(incidents.judge(2, [], judged))).toEqual([]);
    expect(incidents.states).toEqual(['INC-1 open warn']);
    expect(told(incidents.judge(3, [], judged))).toEqual(['INC-1 resolved']);
    expect(incidents.all[0]).toMatchObject({ state: 'resolved', resolvedAt: 3 * DAY, lastRun: 1 });
    incidents.judge(4, [finding('t1')], judged);
    expect(incidents.states).toEqual(['INC-1 resolved warn', 'INC-2 open warn']);
  });

  test('a finding in between starts the count again, and so does one that is only mentioned', () => {
    const incidents = new Incidents();
    incidents.judge(1, [finding('t1')], judged);
    incidents.judge(2, [], judged);
    incidents.judge(3, [finding('t1', { severity: 'info', check: 'schema', value: 'added' })], judged);
    expect(incidents.all[0]).toMatchObject({ state: 'open', severity: 'warn', cleanRuns: 0, lastRun: 1 });
    incidents.judge(4, [], judged);
    expect(incidents.states).toEqual(['INC-1 open warn']);
    incidents.judge(5, [], judged);
    expect(incidents.states).toEqual(['INC-1 resolved warn']);
  });

  test('what was not judged is as it was', () => {
    const incidents = new Incidents();
    incidents.judge(1, [finding('t1'), slot], judged);
    for (const run of [2, 3, 4]) incidents.judge(run, [], tables(29, 2), []);
    expect(incidents.all.map(({ state, cleanRuns }) => [state, cleanRuns])).toEqual([
      ['open', 0],
      ['open', 0],
    ]);
  });

  test.each(['acknowledged', 'expected', 'muted'] as const)('%s ones resolve like others', (state) => {
    const incidents = new Incidents();
    incidents.judge(1, [finding('t1')], judged);
    incidents.set('INC-1', { state });
    incidents.judge(2, [], judged);
    expect(told(incidents.judge(3, [], judged))).toEqual(['INC-1 resolved']);
  });
});

describe('judging a run again', () => {
  test('counts no clean run twice', () => {
    const incidents = new Incidents();
    incidents.judge(1, [finding('t1')], judged);
    for (let i = 0; i < 3; i++) expect(told(incidents.judge(2, [], judged))).toEqual([]);
    expect(incidents.all[0]).toMatchObject({ state: 'open', cleanRuns: 1 });
    incidents.judge(3, [], judged);
    const resolved = structuredClone(incidents.all);
    expect(told(incidents.judge(3, [], judged))).toEqual([]);
    expect(incidents.all).toEqual(resolved);
  });

  test('opens nothing again that a person has resolved, and links its findings', () => {
    const incidents = new Incidents();
    incidents.judge(1, [finding('t1')], judged);
    incidents.set('INC-1', { state: 'resolved', resolvedAt: DAY });
    const changes = incidents.judge(1, [finding('t1')], judged);
    expect(told(changes)).toEqual([]);
    expect(changes).toMatchObject([{ before: { id: 'INC-1' }, group: { findings: [{ table: 't1' }] } }]);
    incidents.judge(2, [finding('t1')], judged);
    expect(incidents.states).toEqual(['INC-1 resolved warn', 'INC-2 open warn']);
  });

  test('an older run changes nothing that a newer one has said', () => {
    const incidents = new Incidents();
    incidents.judge(1, [finding('t1')], judged);
    incidents.judge(2, [finding('t1', critical)], judged);
    const before = structuredClone(incidents.all);
    incidents.judge(1, [finding('t1')], judged);
    incidents.judge(1, [], judged);
    expect(incidents.all).toEqual(before);
  });
});

describe('what people decide', () => {
  test('an acknowledged one opens again where it worsens, not where it goes on', () => {
    const incidents = new Incidents();
    incidents.judge(1, [finding('t1')], judged);
    incidents.set('INC-1', { state: 'acknowledged' });
    incidents.judge(2, [finding('t1')], judged);
    expect(incidents.states).toEqual(['INC-1 acknowledged warn']);
    expect(told(incidents.judge(3, [finding('t1', critical)], judged))).toEqual(['INC-1 worsened']);
    expect(incidents.states).toEqual(['INC-1 open critical']);
  });

  test('a muted one is updated without a word until its time has passed', () => {
    const incidents = new Incidents();
    incidents.judge(1, [finding('t1')], judged);
    incidents.set('INC-1', { state: 'muted', mutedUntil: 4 * DAY });
    expect(told(incidents.judge(2, [finding('t1', critical)], judged))).toEqual([]);
    expect(incidents.states).toEqual(['INC-1 muted critical']);
    expect(told(incidents.judge(4, [finding('t1', critical)], judged))).toEqual(['INC-1 unmuted']);
    expect(incidents.all[0]).toMatchObject({ state: 'open', mutedUntil: null });
  });

  test('its time passes also where the table is not looked at', () => {
    const incidents = new Incidents();
    incidents.judge(1, [finding('t1')], judged);
    incidents.set('INC-1', { state: 'muted', mutedUntil: 2 * DAY });
    expect(told(incidents.judge(2, [], []))).toEqual(['INC-1 unmuted']);
  });

  test('muted without an end stays muted', () => {
    const incidents = new Incidents();
    incidents.judge(1, [finding('t1')], judged);
    incidents.set('INC-1', { state: 'muted' });
    expect(told(incidents.judge(900, [finding('t1')], judged))).toEqual([]);
  });

  test('an expected one is updated without a word while nothing else is wrong', () => {
    const incidents = new Incidents();
    incidents.judge(1, [finding('t1')], judged);
    incidents.set('INC-1', { state: 'expected' });
    expect(told(incidents.judge(2, [finding('t1', { severity: 'info' })], judged))).toEqual([]);
    expect(incidents.states).toEqual(['INC-1 expected warn']);
    expect(told(incidents.judge(3, [finding('t1', { check: 'all_null', ...critical })], judged))).toEqual([
      'INC-1 reopened',
    ]);
    expect(incidents.states).toEqual(['INC-1 open critical']);
  });
});

describe('a load', () => {
  const low = (count: number) => tables(count).map(({ table }) => finding(table));

  test('goes on under its number while its tables recover, and ends with the last', () => {
    const incidents = new Incidents();
    expect(told(incidents.judge(1, low(12), judged))).toEqual(['opened']);
    expect(told(incidents.judge(2, low(3), judged))).toEqual([]);
    expect(told(incidents.judge(3, low(12), judged))).toEqual([]);
    expect(told(incidents.judge(4, low(1), judged))).toEqual([]);
    expect(incidents.states).toEqual(['INC-1 open warn']);
    incidents.judge(5, [], judged);
    expect(told(incidents.judge(6, [], judged))).toEqual(['INC-1 resolved']);
  });

  test('is not over while its tables are still mentioned, nor while most are not judged', () => {
    const incidents = new Incidents();
    incidents.judge(1, low(12), judged);
    incidents.judge(2, [finding('t4', { severity: 'info' })], judged);
    incidents.judge(3, [], tables(5));
    expect(incidents.all).toMatchObject([{ state: 'open', cleanRuns: 0 }]);
  });

  test('a table that had an incident of its own is not well while it is part of a load', () => {
    const incidents = new Incidents();
    incidents.judge(1, [finding('t1')], judged);
    incidents.judge(2, low(12), judged);
    incidents.judge(3, low(12), judged);
    expect(incidents.states).toEqual(['INC-1 open warn', 'INC-2 open warn']);
    incidents.judge(4, [], judged);
    incidents.judge(5, [], judged);
    expect(incidents.states).toEqual(['INC-1 resolved warn', 'INC-2 resolved warn']);
  });
});
