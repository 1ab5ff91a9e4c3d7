import type { Finding, Severity } from './finding.js';

export type IncidentState = 'open' | 'acknowledged' | 'resolved' | 'expected' | 'muted';

/** One cause, with everything that was found because of it. */
export interface Incident {
  /** What people type: short, unique in the store, given once. */
  readonly id: string;
  readonly state: IncidentState;
  readonly severity: Severity;
  /** One plain sentence: the worst finding, or what its findings have in common. */
  readonly title: string;
  /** What explains it, as far as is known: one value of a column, one load, one source. Null where nothing does. */
  readonly cause: string | null;
  /** First seen, ISO 8601 UTC. */
  readonly since: string;
  /** Where it is muted until some time: ISO 8601 UTC. */
  readonly mutedUntil?: string;
  /** Of the last run that saw it: the one that the title is of, then worst first. */
  readonly findings: readonly Finding[];
}
