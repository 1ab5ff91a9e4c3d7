import { describe, expect, test } from 'vitest';
import { renderAlert } from '#src/cli/render/alert.js';
import { textWidth } from '#src/cli/render/text-width.js';
import type { AlertPlan } from '#src/core/incidents/alert-plan.js';
import type { Incident } from '#src/core/model/incident.js';
import { finding } from '../../support/incident-runs.js';

const incident = (number: number, changes: Partial<Incident> = {}): Incident => ({
  id: `INC-${number}`,
  state: 'open',
  severity: 'warn',
  title: 'sales.t1 has 40 rows; expected at least 90.',
  cause: null,
  since: finding('t1').at,
  findings: [finding('t1')],
  ...changes,
});
const nobody: AlertPlan['ownersOf'] = () => [];
const render = (incidents: readonly Incident[], named = false, width = 80, ownersOf = nobody, commands = true) =>
  renderAlert(incidents, { width, color: false, named, commands, ownersOf });

describe('the box at the end of a run', () => {
  test('says how many need attention, how bad they are, and what to do', () => {
    const text = render([incident(3, { severity: 'critical' }), incident(4), incident(5)]);
    expect(text.split('\n')).toEqual([
      expect.stringMatching(/^┏━+┓$/),
      expect.stringMatching(/^┃ ALERT {2}3 incidents need attention: 1 critical, 2 warn +┃$/),
      expect.stringMatching(/^┃ All that is open: sentinel incidents +┃$/),
      expect.stringMatching(/^┃ What is known: sentinel incidents show INC-3 +┃$/),
      expect.stringMatching(/^┃ Someone is on it: sentinel incidents ack INC-3 +┃$/),
      expect.stringMatching(/^┗━+┛$/),
    ]);
    expect(render([incident(3), incident(4, { state: 'muted' })])).not.toContain('All that is open');
  });

  test('names no command where commands read another store', () => {
    const many = Array.from({ length: 13 }, (_, i) => incident(i));
    for (const named of [false, true]) {
      const text = render(many, named, 80, nobody, false);
      expect(text).toContain('ALERT  13 incidents need attention: 13 warn');
      expect(text).not.toContain('sentinel ');
    }
  });

  test('is not there where nothing is open', () => {
    const states = ['acknowledged', 'expected', 'muted', 'resolved'] as const;
    expect(render([])).toBe('');
    expect(render(states.map((state, i) => incident(i, { state, severity: 'critical' })))).toBe('');
  });

  test('says whose tables they are', () => {
    const ownersOf: AlertPlan['ownersOf'] = (source, [table]) => (source === 'batch' ? [`team ${table!.table}`] : []);
    const other = incident(4, { findings: [finding('t2')] });
    const text = render([incident(3), other, incident(5)], false, 80, ownersOf);
    expect(text).toMatch(/^┃ team t1: INC-3, INC-5 +┃$/m);
    expect(text).toMatch(/^┃ team t2: INC-4 +┃$/m);
    expect(render([other], true, 80, ownersOf)).toContain('INC-4  warn  batch.sales.t2 (team t2): ');
  });

  test('tells what is new from what was known', () => {
    const known = incident(1, { since: '2025-12-31T00:00:00.000Z' });
    expect(render([known])).toContain('ALERT  1 incident needs attention: 1 warn');
    expect(render([known])).toContain('It was open before this run.');
    expect(render([known, known])).toContain('All were open before this run.');
    expect(render([known, incident(2)])).toContain('1 new, 1 open before this run.');
  });

  test('names them where nothing else does, the worst first, within the terminal', () => {
    const many = Array.from({ length: 13 }, (_, i) => incident(i, { title: `${'long '.repeat(30)}\u001B[2J` }));
    const text = render(many, true);
    expect(text).toContain('INC-9  warn  batch.sales.t1: long');
    expect(text).not.toContain('INC-10');
    expect(text).toContain('… and 3 more ("sentinel incidents")');
    expect(text).not.toContain('\u001B');
    for (const line of text.split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(80);
  });
});
