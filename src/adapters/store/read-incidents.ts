import { titleFirst } from '#src/core/incidents/worst-first.js';
import type { Finding, Severity } from '#src/core/model/finding.js';
import type { Incident, IncidentState } from '#src/core/model/incident.js';
import { type FindingRow, findingOf } from './finding-row.js';
import type { Query } from './reader-pool.js';
import { selectEventsOf, selectIncidentEventsAfter } from './sql/audit.js';
import { selectFindingsOfIncidents } from './sql/finding.js';
import { selectIncidents } from './sql/incident.js';
import { unknownIncident } from './unknown-incident.js';
import { numberArray } from './values.js';

/** Which incidents; what is absent is not filtered by. */
export interface IncidentFilter {
  readonly states?: readonly IncidentState[];
  readonly label?: string;
  /** Those that this run found, with what it found; else each has the findings of the last run that saw it. */
  readonly run?: number;
  /** The most of them, after the first `offset`; all where absent. */
  readonly limit?: number;
  readonly offset?: number;
}

/** One entry of the audit trail; `at` is epoch milliseconds. */
export interface IncidentEvent {
  readonly at: number;
  /** `sentinel`, or the person who decided. */
  readonly actor: string;
  readonly action: string;
  readonly reason: string | null;
  /** Label of the run that it happened in; null where a person did it. */
  readonly run: string | null;
  readonly details: Readonly<Record<string, string>>;
}

/** Open ones first, then acknowledged, expected, muted and resolved ones, each worst first. */
export async function listIncidents(query: Query, s: string, filter: IncidentFilter): Promise<Incident[]> {
  const rows = await query<{
    label: string;
    state: IncidentState;
    severity: Severity;
    title: string;
    cause: string | null;
    opened_at: Date;
    muted_until: Date | null;
    seen_run: string;
  }>(selectIncidents(s), [
    ...[filter.states ?? null, filter.label ?? null, filter.run ?? null],
    ...[filter.limit ?? null, filter.offset ?? 0],
  ]);
  const found = await query<FindingRow>(selectFindingsOfIncidents(s), [
    rows.map(({ label }) => label),
    numberArray(rows.map(({ seen_run }) => Number(seen_run))),
  ]);
  const findingsOf = new Map<string, Finding[]>(rows.map(({ label }) => [label, []]));
  for (const row of found) findingsOf.get(row.incident!)!.push(findingOf(row));
  return rows.map(({ label, state, severity, title, cause, opened_at, muted_until }) => ({
    id: label,
    state,
    severity,
    title,
    cause,
    since: opened_at.toISOString(),
    ...(muted_until && { mutedUntil: muted_until.toISOString() }),
    findings: findingsOf.get(label)!.sort(titleFirst(title)),
  }));
}

/** One change of an incident, and what it is by now. */
export interface IncidentChangeEvent extends Pick<IncidentEvent, 'at' | 'actor' | 'action' | 'run'> {
  /** Of the audit trail: grows with time. */
  readonly id: number;
  readonly incident: Pick<Incident, 'id' | 'state' | 'severity' | 'title'>;
}

/** At most `limit` changes of incidents after the event of this id, oldest first. */
export async function incidentChangesAfter(
  query: Query,
  s: string,
  id: number,
  limit: number,
): Promise<IncidentChangeEvent[]> {
  const rows = await query<{
    id: string;
    at: Date;
    actor: string;
    action: string;
    run: string | null;
    label: string;
    state: IncidentState;
    severity: Severity;
    title: string;
  }>(selectIncidentEventsAfter(s), [id, limit]);
  return rows.map(({ id, at, actor, action, run, label, ...incident }) => ({
    ...{ id: Number(id), at: at.getTime(), actor, action, run },
    incident: { id: label, ...incident },
  }));
}

/** What happened to one incident, oldest first. Rejects with `unknown_incident` where there is none of that label. */
export async function incidentEvents(query: Query, s: string, label: string): Promise<IncidentEvent[]> {
  const rows = await query<Omit<IncidentEvent, 'at'> & { at: Date }>(selectEventsOf(s), [label]);
  if (rows.length === 0) throw await unknownIncident(query, s, label);
  return rows.map(({ at, ...row }) => ({ ...row, at: at.getTime() }));
}
