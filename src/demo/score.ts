import type { Finding } from '../core/model/finding.js';
import type { Incident } from '../core/model/incident.js';
import type { Truth } from './plants/index.js';

/** What scoring needs of an incident. */
export interface ScoredIncident extends Pick<Incident, 'id' | 'severity' | 'title'> {
  readonly findings: readonly Pick<Finding, 'source' | 'schema' | 'table' | 'column' | 'check' | 'severity'>[];
}

export interface Score {
  readonly planted: number;
  /** Each with the worst incident that names it. */
  readonly found: readonly { readonly truth: Truth; readonly incident: ScoredIncident }[];
  /** Alerted incidents that nobody planted. */
  readonly falseAlarms: readonly ScoredIncident[];
}

/**
 * Compares alerted incidents (warn and worse), worst first, with what was planted: found is what an incident names by table,
 * column and check; every other alerted incident is a false alarm.
 */
export function scoreIncidents(truths: readonly Truth[], incidents: readonly ScoredIncident[]): Score {
  const alerted = incidents.filter(({ severity }) => severity !== 'info');
  const found = truths.flatMap((truth) => {
    const incident = alerted.find((each) => names(each, truth));
    return incident ? [{ truth, incident }] : [];
  });
  const falseAlarms = alerted.filter((incident) => !truths.some((truth) => names(incident, truth)));
  return { planted: truths.length, found, falseAlarms };
}

/** The demo's last line. */
export function scoreLine({ planted, found, falseAlarms }: Score): string {
  return `planted ${planted}, found ${found.length}, false alarms ${falseAlarms.length}`;
}

export function isPerfect({ planted, found, falseAlarms }: Score): boolean {
  return found.length === planted && falseAlarms.length === 0;
}

function names({ findings }: ScoredIncident, { source, table, column, checks }: Truth): boolean {
  return findings.some((finding) => {
    const named = finding.table === null ? null : `${finding.schema}.${finding.table}`;
    return (
      finding.severity !== 'info' &&
      finding.source === source &&
      named === table &&
      (column === undefined || finding.column === column) &&
      checks.includes(finding.check)
    );
  });
}
