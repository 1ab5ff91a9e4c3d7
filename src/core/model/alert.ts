import type { Finding, Severity } from './finding.js';
import type { IncidentState } from './incident.js';

export type AlertEvent = 'opened' | 'worsened' | 'reopened' | 'reminder' | 'resolved' | 'test';

/** What a sink is given to deliver: one alert, or several in one. */
export type AlertMessage = Alert | Digest;

/** What is told of an incident, to every sink alike: `docs/alert.schema.json`. Plain JSON. */
export interface Alert {
  /** Of this format. */
  readonly version: 1;
  /** The same in every attempt to deliver it, unique over all of Sentinel: receivers drop repeats by it. */
  readonly id: string;
  readonly event: AlertEvent;
  /** Clock of the run that it happened in, or when a person decided; ISO 8601 UTC. */
  readonly at: string;
  /** Label of the run that it happened in; null where a person did it, and for reminders. */
  readonly run: string | null;
  /** `sentinel`, or the person who decided. */
  readonly actor: string;
  /** Id of the metadata store: the incidents of two stores may have the same labels. */
  readonly store: string;
  readonly incident: AlertedIncident;
  /** Name → URL: `incident` where REPORT_URL is set. */
  readonly links: Readonly<Record<string, string>>;
}

/** Several alerts in one message. */
export interface Digest {
  readonly version: 1;
  readonly id: string;
  readonly event: 'digest';
  /** `storm`: one run had too many to tell them singly; `daily`: those of low severity since the last; `over`: all of storm `of` is resolved. */
  readonly kind: 'storm' | 'daily' | 'over';
  /** Where all of a storm is resolved, the id of its digest; the own id otherwise. */
  readonly of: string;
  readonly at: string;
  readonly run: string | null;
  readonly actor: string;
  readonly store: string;
  /** Of the worst of them. */
  readonly severity: Severity;
  /** At most `MAX_LISTED`, worst first; how many there are in all is `alertCount`. */
  readonly alerts: readonly DigestEntry[];
  readonly alertCount: number;
  /** Name → URL: `report` where REPORT_URL is set. */
  readonly links: Readonly<Record<string, string>>;
}

/** One alert of a digest. */
export interface DigestEntry {
  readonly event: AlertEvent;
  readonly incident: Pick<
    AlertedIncident,
    'id' | 'state' | 'severity' | 'source' | 'tables' | 'tableCount' | 'owners' | 'title' | 'since'
  >;
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
  /** Who looks after its tables, as sentinel.yaml says; sorted. */
  readonly owners: readonly string[];
  /** One plain sentence. */
  readonly title: string;
  readonly cause: string | null;
  /** What to look at first; null where it is over. */
  readonly nextStep: string | null;
  /** At most `MAX_LISTED` of what is made from its tables, the nearest first, and of the tables that refer to them. */
  readonly feeds: readonly string[];
  readonly referencedBy: readonly string[];
  /** First seen, ISO 8601 UTC. */
  readonly since: string;
  /** ISO 8601 UTC; null while it goes on. */
  readonly resolvedAt: string | null;
  /** At most `MAX_LISTED` of what the run found, worst first; none where it is resolved, or only told again. */
  readonly findings: readonly AlertedFinding[];
  readonly findingCount: number;
}

export type AlertedFinding = Omit<Finding, 'incident'>;
