import type { Severity } from '../model/finding.js';
import type { IncidentState } from '../model/incident.js';
import { type FindingGroup, isIncident } from './group.js';
import { type Measured, measuredSubjects } from './measured.js';
import { compareSeverity } from './severity.js';
import { type IncidentSubject, widened } from './subject.js';

/** An incident as it is kept between runs; times are epoch milliseconds, runs are ids that grow with time. */
export interface IncidentRecord {
  readonly fingerprint: string;
  readonly subject: IncidentSubject;
  readonly state: IncidentState;
  readonly severity: Severity;
  readonly score: number;
  readonly title: string;
  readonly cause: string | null;
  /** `FindingGroup.about`. */
  readonly about: string;
  /** First and last run that saw it. */
  readonly firstRun: number;
  readonly lastRun: number;
  readonly openedAt: number;
  readonly lastSeenAt: number;
  readonly resolvedAt: number | null;
  readonly mutedUntil: number | null;
  /** Judged runs in a row that found nothing, and the last of them. */
  readonly cleanRuns: number;
  readonly cleanRun: number | null;
}

export interface KnownIncident extends IncidentRecord {
  readonly id: string;
}

/** What one run says. */
export interface Verdict extends Measured {
  readonly run: number;
  /** Its clock, epoch milliseconds. */
  readonly time: number;
}

export type IncidentAction = 'opened' | 'worsened' | 'eased' | 'changed' | 'resolved' | 'unmuted' | 'reopened';

/** Something changed that a person should be able to look up later. */
export interface IncidentNote {
  readonly action: IncidentAction;
  readonly details: Readonly<Record<string, string>>;
}

export interface IncidentChange {
  /** Null for a new incident. */
  readonly before: KnownIncident | null;
  /** `before` itself where nothing of it changes. */
  readonly after: IncidentRecord;
  /** What the run found of it. */
  readonly group: FindingGroup | null;
  readonly notes: readonly IncidentNote[];
}

/** An incident is over after so many clean runs in a row. */
const CLEAN_RUNS = 2;

/**
 * What a run makes of the incidents that are known: all that are not resolved, and those resolved since which that run or a
 * later one saw. New ones come last, worst first. Judging a run again changes nothing, unless it comes to another verdict.
 */
export function advanceIncidents(known: readonly KnownIncident[], verdict: Verdict): IncidentChange[] {
  const groups = new Map(verdict.groups.map((group) => [group.fingerprint, group]));
  const measured = measuredSubjects(verdict);
  const changes: IncidentChange[] = [];
  // An incident that goes on comes before one of the same subject that is over.
  for (const before of [...known].sort((a, b) => Number(isOver(a)) - Number(isOver(b)))) {
    const group = groups.get(before.fingerprint) ?? null;
    groups.delete(before.fingerprint);
    if (isOver(before) || Math.max(before.lastRun, before.cleanRun ?? 0) > verdict.run)
      changes.push({ before, after: before, group, notes: [] });
    else if (group && isIncident(group)) changes.push(seen(before, group, verdict));
    else if (group || measured.isTroubled(before.subject))
      changes.push({ before, after: { ...before, cleanRuns: 0, cleanRun: null }, group, notes: [] });
    else if (measured.has(before.subject)) changes.push(clean(before, verdict));
    else changes.push(unmutedIfDue(before, verdict.time));
  }
  for (const group of groups.values()) if (isIncident(group)) changes.push(opened(group, verdict));
  return changes;
}

function opened(group: FindingGroup, { run, time }: Verdict): IncidentChange {
  const { fingerprint, subject, severity, score, title, cause, about } = group;
  const after: IncidentRecord = {
    ...{ fingerprint, subject, severity, score, title, cause, about },
    state: 'open',
    firstRun: run,
    lastRun: run,
    openedAt: time,
    lastSeenAt: time,
    resolvedAt: null,
    mutedUntil: null,
    cleanRuns: 0,
    cleanRun: null,
  };
  return { before: null, after, group, notes: [{ action: 'opened', details: { severity, title } }] };
}

function seen(before: KnownIncident, group: FindingGroup, { run, time }: Verdict): IncidentChange {
  const { severity, score, title, cause, about } = group;
  const unmuted = isUnmuted(before, time);
  const change = compareSeverity(severity, before.severity);
  // What was declared to be expected is information by now: this is something else, or the declaration has run out.
  const reopened = before.state === 'expected';
  const worsened = change > 0 && before.state === 'acknowledged';
  const state = unmuted || reopened || worsened ? 'open' : before.state;
  const notes: IncidentNote[] = [];
  if (unmuted) notes.push({ action: 'unmuted', details: { severity, title } });
  if (reopened) notes.push({ action: 'reopened', details: { severity, title } });
  if (state !== 'muted' && !unmuted && !reopened) {
    if (change !== 0)
      notes.push({
        action: change > 0 ? 'worsened' : 'eased',
        details: { from: before.severity, to: severity, title },
      });
    else if (about !== before.about) notes.push({ action: 'changed', details: { title } });
  }
  const after: IncidentRecord = {
    ...before,
    ...{ severity, score, title, cause, about },
    subject: widened(before.subject, group.subject),
    state,
    lastRun: run,
    lastSeenAt: time,
    mutedUntil: state === 'muted' ? before.mutedUntil : null,
    cleanRuns: 0,
    cleanRun: null,
  };
  return { before, after, group, notes };
}

function clean(before: KnownIncident, { run, time }: Verdict): IncidentChange {
  if (before.cleanRun === run) return { before, after: before, group: null, notes: [] };
  const cleanRuns = before.cleanRuns + 1;
  const counted = { ...before, cleanRuns, cleanRun: run };
  if (cleanRuns < CLEAN_RUNS) return { before, after: counted, group: null, notes: [] };
  const after: IncidentRecord = { ...counted, state: 'resolved', resolvedAt: time, mutedUntil: null };
  return { before, after, group: null, notes: [{ action: 'resolved', details: { cleanRuns: String(cleanRuns) } }] };
}

function unmutedIfDue(before: KnownIncident, time: number): IncidentChange {
  if (!isUnmuted(before, time)) return { before, after: before, group: null, notes: [] };
  const { severity, title } = before;
  const after: IncidentRecord = { ...before, state: 'open', mutedUntil: null };
  return { before, after, group: null, notes: [{ action: 'unmuted', details: { severity, title } }] };
}

function isUnmuted({ state, mutedUntil }: KnownIncident, time: number): boolean {
  return state === 'muted' && mutedUntil !== null && mutedUntil <= time;
}

function isOver({ state }: KnownIncident): boolean {
  return state === 'resolved';
}
