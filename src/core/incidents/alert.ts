import type { Touched } from '../lineage/touched.js';
import type { Alert, AlertEvent } from '../model/alert.js';
import type { RelationName } from '../model/dependency.js';
import type { Finding, Severity } from '../model/finding.js';
import { isIncident } from './group.js';
import type { IncidentChange, IncidentRecord } from './life-cycle.js';
import { nextStep } from './next-step.js';
import { compareSeverity } from './severity.js';
import type { IncidentSubject } from './subject.js';

/** Tables and findings of one alert: a load may have thousands, and receivers limit what they take. */
export const MAX_LISTED = 50;

/**
 * What people have to be told of a change; null: nothing. `alerted` is the worst severity that they were told since the
 * incident opened, null where they know nothing of it (no sink was configured then): a repeat is silent until it is worse than
 * that, however often it eases in between. What is acknowledged, expected or muted is silent until it opens again; what is over
 * is told where its beginning was.
 */
export function alertDue(change: IncidentChange, alerted: Severity | null): AlertEvent | null {
  const { before, after, group } = change;
  if (after === before) return null;
  if (after.state === 'resolved') return alerted === null ? null : 'resolved';
  if (after.state !== 'open') return null;
  if (before === null) return 'opened';
  if (before.state === 'acknowledged') return 'worsened';
  if (before.state !== 'open') return 'reopened';
  if (group === null || !isIncident(group)) return null;
  if (alerted === null) return 'opened';
  return compareSeverity(after.severity, alerted) > 0 ? 'worsened' : null;
}

/** What happened to an incident, and what is known of it now. */
export interface AlertedChange {
  /** Unique over all of Sentinel. */
  readonly id: string;
  readonly event: AlertEvent;
  readonly incident: string;
  /** After the change. */
  readonly after: IncidentRecord;
  readonly alerted: Severity | null;
  /** What the run found of it, worst first. */
  readonly findings: readonly Finding[];
  /** Epoch milliseconds. */
  readonly at: number;
  readonly run: string | null;
  readonly actor: string;
  /** Of the metadata store. */
  readonly store: string;
  readonly owners: readonly string[];
  readonly touched: Touched;
  readonly links: Readonly<Record<string, string>>;
}

/** A change as it is told. */
export function alertOf(change: AlertedChange): Alert {
  const { id, event, incident, after, alerted, findings, at, run, actor, store, owners, touched, links } = change;
  const { state, severity, subject, title, cause, openedAt, resolvedAt } = after;
  const tables = tablesOf(subject);
  return {
    version: 1,
    id,
    event,
    at: iso(at),
    run,
    actor,
    store,
    incident: {
      id: incident,
      state,
      severity,
      previousSeverity: alerted,
      source: subject.source,
      tables: tables.slice(0, MAX_LISTED),
      tableCount: tables.length,
      owners,
      title,
      cause,
      nextStep: event === 'resolved' ? null : nextStep(findings),
      feeds: touched.feeds.slice(0, MAX_LISTED),
      referencedBy: touched.referencedBy.slice(0, MAX_LISTED),
      since: iso(openedAt),
      resolvedAt: resolvedAt === null ? null : iso(resolvedAt),
      findings: findings.slice(0, MAX_LISTED).map(({ incident: _, ...finding }) => finding),
      findingCount: findings.length,
    },
    links,
  };
}

/** The tables that an incident is about, then those that are off with them; none where it is about the source. */
export function tablesOf(subject: IncidentSubject): readonly RelationName[] {
  if (subject.kind === 'source') return [];
  const own = subject.kind === 'table' ? [subject] : subject.tables;
  return [...own, ...(subject.dependents ?? [])].map(({ schema, table }) => ({ schema, table }));
}

function iso(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
