import { describe, expect, test } from 'vitest';
import type { Truth } from '#src/demo/plants/index.js';
import { isPerfect, type ScoredIncident, scoreIncidents, scoreLine } from '#src/demo/score.js';

const truth: Truth = {
  plant: 'null jump',
  source: 'batch',
  table: 'sales.orders',
  column: 'email',
  checks: ['null_rate', 'first_null'],
};

function incident(different: Partial<ScoredIncident['findings'][number]> = {}): ScoredIncident {
  const finding = {
    source: 'batch',
    schema: 'sales',
    table: 'orders',
    column: 'email',
    check: 'null_rate',
    severity: 'warn',
    ...different,
  } as const;
  return { id: 'INC-1', severity: finding.severity, title: 'It is null.', findings: [finding] };
}

describe('scoreIncidents', () => {
  test('finds what an incident names by table, column and check', () => {
    const score = scoreIncidents([truth], [incident()]);
    expect(score).toEqual({ planted: 1, found: [{ truth, incident: incident() }], falseAlarms: [] });
    expect(isPerfect(score)).toBe(true);
    expect(scoreLine(score)).toBe('planted 1, found 1, false alarms 0');
  });

  test.each([
    ['table', { table: 'returns' }],
    ['schema', { schema: 'crm' }],
    ['source', { source: 'cdc' }],
    ['column', { column: 'name' }],
    ['check', { check: 'mean' }],
  ])('counts another %s as a miss and a false alarm', (_, different) => {
    const score = scoreIncidents([truth], [incident(different)]);
    expect(score).toMatchObject({ found: [] });
    expect(score.falseAlarms).toHaveLength(1);
    expect(isPerfect(score)).toBe(false);
    expect(scoreLine(score)).toBe('planted 1, found 0, false alarms 1');
  });

  test('what is only shown is neither found nor false', () => {
    const score = scoreIncidents([truth], [incident({ severity: 'info' })]);
    expect(score).toMatchObject({ found: [], falseAlarms: [] });
  });

  test('other findings of the incident that found it are its company', () => {
    const [first] = incident().findings;
    const together = { ...incident(), findings: [{ ...first!, check: 'mean' }, first!] };
    expect(scoreIncidents([truth], [together])).toMatchObject({ found: [{ truth }], falseAlarms: [] });
  });

  test('a source itself is named by no table', () => {
    const slot: Truth = { plant: 'slot', source: 'cdc', table: null, checks: ['replication_slot'] };
    const { schema, table, column, ...finding } = incident({ source: 'cdc', check: 'replication_slot' }).findings[0]!;
    const ofSource = { ...incident(), findings: [{ ...finding, schema: null, table: null }] };
    expect(scoreIncidents([slot], [ofSource])).toMatchObject({ found: [{ truth: slot }], falseAlarms: [] });
  });

  test('nothing planted and nothing found is perfect', () => {
    expect(isPerfect(scoreIncidents([], []))).toBe(true);
    expect(isPerfect(scoreIncidents([], [incident()]))).toBe(false);
  });
});
