import { describe, expect, test } from 'vitest';
import { alertDue, alertOf } from '#src/core/incidents/alert.js';
import type { Severity } from '#src/core/model/finding.js';
import { DAY, finding, Incidents, tables } from '../../support/incident-runs.js';

const critical = { severity: 'critical', score: 0.9 } as const;

describe('an alert is due', () => {
  const due = (incidents: Incidents, run: number, severity: Severity | null, alerted: Severity | null) => {
    const findings = severity === null ? [] : [finding('t1', { severity, score: 0.9 })];
    return incidents.judge(run, findings, tables(1)).map((change) => alertDue(change, alerted));
  };

  test('once of what goes on, whoever was told nothing yet', () => {
    const incidents = new Incidents();
    expect(due(incidents, 1, 'warn', null)).toEqual(['opened']);
    expect(due(incidents, 2, 'warn', 'warn')).toEqual([null]);
    expect(due(incidents, 3, 'warn', null)).toEqual(['opened']); // a sink was configured since
    expect(due(incidents, 4, null, null)).toEqual([null]);
    expect(due(incidents, 5, null, null)).toEqual([null]); // over before anyone was told
  });

  test('of what is worse than was ever told, and not of what eases', () => {
    const incidents = new Incidents();
    due(incidents, 1, 'critical', null);
    expect(due(incidents, 2, 'warn', 'critical')).toEqual([null]);
    expect(due(incidents, 3, 'critical', 'critical')).toEqual([null]);
    expect(due(incidents, 4, 'warn', 'warn')).toEqual([null]);
    expect(due(incidents, 5, 'critical', 'warn')).toEqual(['worsened']);
  });

  test('where a mute has run out, also of a table that the run could not read', () => {
    const incidents = new Incidents();
    due(incidents, 1, 'warn', null);
    incidents.set('INC-1', { state: 'muted', mutedUntil: 3 * DAY });
    expect(incidents.judge(2, [], []).map((change) => alertDue(change, 'warn'))).toEqual([null]);
    expect(incidents.judge(3, [], []).map((change) => alertDue(change, 'warn'))).toEqual(['reopened']);
  });

  test('of nothing where an older run is judged again', () => {
    const incidents = new Incidents();
    due(incidents, 5, 'warn', null);
    expect(due(incidents, 3, 'critical', 'warn')).toEqual([null]);
  });
});

test('an alert of a load names at most 50 of its tables, and how many there are', () => {
  const incidents = new Incidents();
  const all = tables(70);
  const [change] = incidents.judge(
    1,
    all.map(({ table }) => finding(table, critical)),
    all,
  );
  const { after, group } = change!;
  const { incident } = alertOf({
    ...{ id: 'x', event: 'opened', incident: 'INC-1', after, alerted: null, findings: group!.findings },
    ...{
      at: DAY,
      run: 'r',
      actor: 'sentinel',
      store: 's',
      owners: [],
      touched: { feeds: [], referencedBy: [] },
      links: {},
    },
  });
  expect(incident).toMatchObject({ source: 'batch', tableCount: 70, findingCount: 70 });
  expect([incident.tables.length, incident.findings.length]).toEqual([50, 50]);
});
