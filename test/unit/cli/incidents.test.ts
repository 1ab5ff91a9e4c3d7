import { describe, expect, test } from 'vitest';
import { incidentLabel } from '#src/cli/commands/incident-label.js';
import { exitCodeOf, type FailOn } from '#src/cli/exit-code.js';
import { renderSummary } from '#src/cli/render/summary.js';
import { textWidth } from '#src/cli/render/text-width.js';
import type { Finding, Severity } from '#src/core/model/finding.js';
import type { Incident, IncidentState } from '#src/core/model/incident.js';
import { finding } from '../../support/incident-runs.js';

const incident = (changes: Partial<Incident> = {}): Incident => ({
  id: 'INC-1',
  state: 'open',
  severity: 'warn',
  title: 'sales.t1 has 40 rows; expected at least 90.',
  cause: null,
  since: '2026-01-02T03:00:00.000Z',
  findings: [finding('t1')],
  ...changes,
});

test.each([
  ['INC-3', 'INC-3'],
  ['inc-3', 'INC-3'],
  ['3', 'INC-3'],
  ['inc03', 'INC-3'],
  ['0', '0'],
  ['orders', 'orders'],
])('%s is understood as %s', (typed, label) => {
  expect(incidentLabel(typed)).toBe(label);
});

describe('the exit code', () => {
  const code = (incidents: readonly Incident[], findings: readonly Finding[], failOn: FailOn = 'info') =>
    exitCodeOf({ incidents, findings, incomplete: false }, failOn);

  test.each<[IncidentState, Severity, FailOn, number]>([
    ['open', 'critical', 'critical', 1],
    ['open', 'warn', 'critical', 0],
    ['acknowledged', 'warn', 'warn', 1],
    ['expected', 'critical', 'info', 0],
    ['muted', 'critical', 'info', 0],
    ['resolved', 'critical', 'info', 0],
    ['open', 'critical', 'never', 0],
  ])('of one that is %s and %s, with --fail-on %s', (state, severity, failOn, expected) => {
    expect(code([incident({ state, severity })], [finding('t1', { severity })], failOn)).toBe(expected);
  });

  test('information counts by itself, and only where it is asked for', () => {
    const findings = [finding('t1', { severity: 'info' })];
    expect(code([], findings)).toBe(1);
    expect(code([], findings, 'warn')).toBe(0);
  });

  test('an incident beats what could not be judged', () => {
    expect(exitCodeOf({ incidents: [incident()], findings: [], incomplete: true }, 'warn')).toBe(1);
    expect(exitCodeOf({ incidents: [incident()], findings: [], incomplete: true }, 'critical')).toBe(2);
  });
});

describe('the summary of a run with incidents', () => {
  const figures = {
    ...{ run: '20260102-030000-abcdef', incomplete: false, durationMs: 1, rows: 1, bytes: 1 },
    ...{ connectionsMax: 1, longestTransactionMs: 1 },
  };
  const render = (
    incidents: readonly Incident[],
    findings: readonly Finding[] = incidents.flatMap((one) => one.findings),
  ) => renderSummary({ figures, incidents, findings, outcomes: [], sourceFailures: [] }, { width: 80, color: false });

  test('boxes the critical ones with their cause and what to do, then lists the others', () => {
    const cause = "94 % of the missing rows have country = 'BR'.";
    const text = render([
      incident({ severity: 'critical', cause }),
      incident({ id: 'INC-2', severity: 'critical', state: 'acknowledged', findings: [finding('t2')] }),
      incident({ id: 'INC-3', cause, findings: [finding('t3')] }),
    ]);
    expect(text).toMatch(/^│ CRITICAL {2}INC-1 {2}batch\.sales\.t1 +│$/m);
    expect(text).toMatch(/^│ 94 % of the missing rows have country = 'BR'\. +│$/m);
    expect(text).toMatch(
      /^│ 94 % .*\n│ What to do: Look at what loads sales\.t1: whether it failed, was cut short,.*\n│ .* the next run sees it\. +│\n└/m,
    );
    expect(text.match(/What to do/g)).toHaveLength(2);
    expect(text).toContain('CRITICAL  INC-2  batch.sales.t2 (acknowledged)');
    expect(text).toMatch(/^warn +INC-3 +batch\.sales\.t3/m);
    expect(text.replaceAll(/\s+/g, ' ')).toContain(`expected at least 90. ${cause}`);
    expect(text).toContain('3 incidents, 3 findings (3 warn).');
    for (const line of text.split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(80);
  });

  test('says in a line each how much is for information, and what nobody has to look at', () => {
    const info = ['a', 'b'].map((table) => finding(table, { severity: 'info', message: 'a word' }));
    const text = render(
      [
        incident(),
        incident({ id: 'INC-2', state: 'muted', severity: 'critical' }),
        incident({ id: 'INC-3', state: 'expected' }),
      ],
      [finding('t1'), ...info],
    );
    expect(text).toContain('2 findings are for information only (--json lists them).');
    expect(text).toContain('Not counted: 1 expected, 1 muted ("sentinel incidents --all" lists them).');
    expect(text).not.toContain('a word');
    expect(text).not.toContain('CRITICAL');
    expect(text).toContain('1 incident, 3 findings');
  });

  test('stays short where there are very many', () => {
    const many = Array.from({ length: 300 }, (_, i) => incident({ id: `INC-${i}`, severity: 'critical' }));
    const text = render(many);
    expect(text.split('\n').length).toBeLessThan(120);
    expect(text.match(/What to do/g)).toHaveLength(5);
    expect(text).toContain('… and 265 more incidents ("sentinel incidents" lists them all)');
  });
});
