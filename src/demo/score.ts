import type { Finding, Severity } from '../core/model/finding.js';
import type { Truth } from './plants/index.js';

/** What scoring needs of an incident. */
export interface ScoredIncident {
  readonly severity: Severity;
  readonly title: string;
  readonly findings: readonly Pick<
    Finding,
    'source' | 'schema' | 'table' | 'column' | 'check' | 'severity' | 'message'
  >[];
}

export interface Score {
  readonly planted: number;
  readonly found: number;
  readonly missed: readonly Truth[];
  /** Alerted incidents that nobody planted. */
  readonly falseAlarms: readonly ScoredIncident[];
}

/**
 * Compares alerted incidents (warn and worse) with what was planted: found is what an incident names by table, column and
 * check; every other alerted incident is a false alarm.
 */
export function scoreIncidents(truths: readonly Truth[], incidents: readonly ScoredIncident[]): Score {
  const alerted = incidents.filter(({ severity }) => severity !== 'info');
  const names = (truth: Truth) => (incident: ScoredIncident) =>
    incident.findings.some((finding) => isOf(finding, truth));
  const missed = truths.filter((truth) => !alerted.some(names(truth)));
  const falseAlarms = alerted.filter((incident) => !truths.some((truth) => names(truth)(incident)));
  return { planted: truths.length, found: truths.length - missed.length, missed, falseAlarms };
}

/** The demo's last line. */
export function scoreLine({ planted, found, falseAlarms }: Score): string {
  return `planted ${planted}, found ${found}, false alarms ${falseAlarms.length}`;
}

export function isPerfect({ planted, found, falseAlarms }: Score): boolean {
  return found === planted && falseAlarms.length === 0;
}

function isOf(finding: ScoredIncident['findings'][number], { source, table, column, checks }: Truth): boolean {
  const named = finding.table === null ? null : `${finding.schema}.${finding.table}`;
  return (
    finding.severity !== 'info' &&
    finding.source === source &&
    named === table &&
    (column === undefined || finding.column === column) &&
    checks.includes(finding.check)
  );
}
