import type { TableOverview } from '#src/adapters/store/read-tables.js';
import type { RunSummary } from '#src/adapters/store/records.js';
import { nextStep } from '#src/core/incidents/next-step.js';
import type { Incident } from '#src/core/model/incident.js';
import { iso, isoOrNull } from './iso.js';
import type { DaemonStatus, EndedRun, RunningRun, ScheduleView } from './ports.js';

/** What the API answers with, of what the daemon knows: times are ISO 8601. */

export function runView({ id, label, startedAt, finishedAt, asOf, ...rest }: RunSummary) {
  return { ...rest, id, run: label, startedAt: iso(startedAt), finishedAt: isoOrNull(finishedAt), asOf: iso(asOf) };
}

export function tableView(table: TableOverview) {
  return { ...table, seenAt: isoOrNull(table.seenAt) };
}

export function incidentView(incident: Incident) {
  return { ...incident, nextStep: nextStep(incident.findings), mutedUntil: incident.mutedUntil ?? null };
}

export function runningView(running: RunningRun) {
  return { ...running, startedAt: iso(running.startedAt) };
}

export function endedView(ended: EndedRun) {
  return { ...ended, endedAt: iso(ended.endedAt) };
}

export function statusView({ startedAt, running, brief: _, ...rest }: DaemonStatus) {
  return { ...rest, startedAt: iso(startedAt), running: running && runningView(running) };
}

export function scheduleView({ nextAt, last, ...rest }: ScheduleView) {
  return { ...rest, nextAt: nextAt.map(iso), last: last && endedView(last) };
}
