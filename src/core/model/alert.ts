import type { Finding, Severity } from './finding.js';
import type { IncidentState } from './incident.js';

export type AlertEvent = 'opened' | 'worsened' | 'reopened' | 'resolved' | 'test';

/** What is told of an incident, to every sink alike: `docs/alert.schema.json`. Plain JSON. */
export interface Alert {
  /** Of this format. */
  readonly version: 1;
  /** The same in every attempt to deliver it, unique over all of Sentinel: receivers drop repeats by it. */
  readonly id: string;
  readonly event: AlertEvent;
  /** Clock of the run that it happened in, or when a person decided; ISO 8601 UTC. */
  readonly at: string;
  /** Label of the run that it happened in; null where a person did it. */
  readonly run: string | null;
  /** `sentinel`, or the person who decided. */
  readonly actor: string;
  readonly incident: AlertedIncident;
  /** Name → URL; none yet. */
  readonly links: Readonly<Record<string, string>>;
}

export interface AlertedIncident {
  readonly id: string;
  readonly state: IncidentState;
  readonly severity: Severity;
  /** What was alerted before; null where nothing was. */
  readonly previousSeverity: Severity | null;
  readonly source: string;
  /** At most `MAX_LISTED` of the tables that it is about; none where it is about the source. */
  readonly tables: readonly { readonly schema: string; readonly table: string }[];
  readonly tableCount: number;
  /** One plain sentence. */
  readonly title: string;
  readonly cause: string | null;
  /** First seen, ISO 8601 UTC. */
  readonly since: string;
  /** ISO 8601 UTC; null while it goes on. */
  readonly resolvedAt: string | null;
  /** At most `MAX_LISTED` of what the run found, worst first; none where it is resolved. */
  readonly findings: readonly AlertedFinding[];
  readonly findingCount: number;
}

export type AlertedFinding = Omit<Finding, 'incident'>;
