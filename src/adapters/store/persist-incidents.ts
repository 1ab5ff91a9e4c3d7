import { groupFindings } from '#src/core/incidents/group.js';
import {
  advanceIncidents,
  type IncidentChange,
  type IncidentRecord,
  type KnownIncident,
} from '#src/core/incidents/life-cycle.js';
import type { TableName } from '#src/core/incidents/load.js';
import type { IncidentSubject } from '#src/core/incidents/subject.js';
import type { Finding, Severity } from '#src/core/model/finding.js';
import type { IncidentState } from '#src/core/model/incident.js';
import { appendEvents } from './audit.js';
import type { IdDraft } from './ids.js';
import { idsOf } from './persist-datasets.js';
import { insertIncidents, selectKnown, selectLastNumber, selectMeasured, updateIncidents } from './sql/incident.js';
import { numberArray, slices, toJson, toText } from './values.js';
import type { Transaction } from './write-session.js';

/** Who is named where no person decides. */
const ACTOR = 'sentinel';

/** What a run judged. */
export interface JudgedRun {
  readonly id: number;
  /** The clock of judgement, epoch milliseconds; that of the run where absent. */
  readonly at?: number;
  readonly tables: readonly (TableName & { readonly id: number })[];
  readonly sources: readonly string[];
}

/**
 * Open, update and resolve incidents by what a run found, with an entry in the audit trail for each change that matters.
 * Resolves with the label of each finding's incident; findings that are mentioned alone have none.
 */
export async function persistIncidents(
  tx: Transaction,
  ids: IdDraft,
  run: JudgedRun,
  findings: readonly Finding[],
): Promise<Map<Finding, string>> {
  const measured = await loadMeasured(tx, run);
  const known = await loadKnown(tx, run.id);
  const ongoing = known.filter(({ state }) => state !== 'resolved').map(({ subject }) => subject);
  const groups = groupFindings(findings, measured.tables, ongoing);
  const changes = advanceIncidents(known, { ...measured, run: run.id, groups });
  const opened = await insertOpened(tx, ids, run.id, measured.time, changes);
  await updateChanged(tx, changes);
  const rowOf = (change: IncidentChange) => (change.before as StoredIncident | null) ?? opened.get(change)!;
  const events = changes.flatMap((change) =>
    change.notes.map(({ action, details }) => ({
      ...{ action, details, run: measured.label, actor: ACTOR, reason: null },
      incident: rowOf(change).row,
      at: new Date(measured.time),
    })),
  );
  await appendEvents(tx, events);
  return new Map(
    changes.flatMap((change) => (change.group?.findings ?? []).map((finding) => [finding, rowOf(change).id] as const)),
  );
}

interface StoredIncident extends KnownIncident {
  /** Id of its row. */
  readonly row: number;
}

/** Of what the store keeps beside the columns. */
interface Details {
  readonly subject: IncidentSubject;
  readonly about: string;
  readonly cleanRun: number | null;
}

async function loadMeasured(tx: Transaction, { id, at, tables, sources }: JudgedRun) {
  const [row] = await tx.query<{ label: string; time: number; datasets: number[]; sources: string[] }>(
    selectMeasured(tx.s),
    [id, numberArray(tables.map((table) => table.id)), sources],
  );
  const read = new Set(row!.datasets);
  return {
    label: row!.label,
    time: at ?? row!.time,
    tables: tables.filter((table) => read.has(table.id)),
    sources: row!.sources,
  };
}

async function loadKnown(tx: Transaction, run: number): Promise<StoredIncident[]> {
  const rows = await tx.query<{
    id: string;
    label: string;
    fingerprint: string;
    state: IncidentState;
    severity: Severity;
    score: number;
    title: string;
    cause: string | null;
    first_run: string;
    last_run: string;
    clean_runs: number;
    opened_at: number;
    last_seen_at: number;
    resolved_at: number | null;
    muted_until: number | null;
    details: Details;
  }>(selectKnown(tx.s), [run]);
  return rows.map(({ fingerprint, state, severity, score, title, cause, details, ...row }) => ({
    ...{ fingerprint, state, severity, score, title, cause },
    row: Number(row.id),
    id: row.label,
    subject: details.subject,
    about: details.about,
    firstRun: Number(row.first_run),
    lastRun: Number(row.last_run),
    openedAt: row.opened_at,
    lastSeenAt: row.last_seen_at,
    resolvedAt: row.resolved_at,
    mutedUntil: row.muted_until,
    cleanRuns: row.clean_runs,
    cleanRun: details.cleanRun,
  }));
}

async function insertOpened(
  tx: Transaction,
  ids: IdDraft,
  run: number,
  time: number,
  changes: readonly IncidentChange[],
): Promise<Map<IncidentChange, { id: string; row: number }>> {
  const opened = changes.filter(({ before }) => before === null);
  const stored = new Map<IncidentChange, { id: string; row: number }>();
  if (opened.length === 0) return stored;
  const [last] = await tx.query<{ number: string }>(selectLastNumber(tx.s));
  const labelled = opened.map((change, i) => ({ change, label: `INC-${Number(last!.number) + 1 + i}` }));
  const ofTables = labelled.flatMap(({ change: { after } }) => (after.subject.kind === 'table' ? [after.subject] : []));
  const found = await idsOf(tx, ids, run, ofTables);
  const datasetOf = new Map<IncidentSubject, number>(ofTables.map((subject, i) => [subject, found[i]!]));
  for (const slice of slices(labelled, tx.batchSize, ({ change }) => bytesOf(change.after))) {
    const rows = await tx.query<{ id: string; label: string }>(insertIncidents(tx.s), [
      run,
      new Date(time).toISOString(),
      slice.map(({ label }) => label),
      slice.map(({ change }) => toText(change.after.fingerprint)),
      slice.map(({ change }) => change.after.subject.source),
      numberArray(slice.map(({ change }) => datasetOf.get(change.after.subject) ?? null)),
      slice.map(({ change }) => change.after.severity),
      numberArray(slice.map(({ change }) => change.after.score)),
      slice.map(({ change }) => toText(change.after.title)),
      slice.map(({ change: { after } }) => after.cause && toText(after.cause)),
      slice.map(({ change }) => toJson(detailsOf(change.after))),
    ]);
    const idOf = new Map(rows.map(({ id, label }) => [label, Number(id)]));
    for (const { change, label } of slice) stored.set(change, { id: label, row: idOf.get(label)! });
  }
  return stored;
}

async function updateChanged(tx: Transaction, changes: readonly IncidentChange[]): Promise<void> {
  const changed = changes.flatMap(({ before, after }) =>
    before === null || after === before ? [] : [{ ...after, row: (before as StoredIncident).row }],
  );
  const time = (epochMs: number | null) => (epochMs === null ? null : new Date(epochMs).toISOString());
  for (const slice of slices(changed, tx.batchSize, bytesOf))
    await tx.query(updateIncidents(tx.s), [
      numberArray(slice.map(({ row }) => row)),
      slice.map(({ state }) => state),
      slice.map(({ severity }) => severity),
      numberArray(slice.map(({ score }) => score)),
      slice.map(({ title }) => toText(title)),
      slice.map(({ cause }) => cause && toText(cause)),
      numberArray(slice.map(({ lastRun }) => lastRun)),
      slice.map(({ lastSeenAt }) => time(lastSeenAt)),
      slice.map(({ resolvedAt }) => time(resolvedAt)),
      slice.map(({ mutedUntil }) => time(mutedUntil)),
      numberArray(slice.map(({ cleanRuns }) => cleanRuns)),
      slice.map((incident) => toJson(detailsOf(incident))),
    ]);
}

function detailsOf({ subject, about, cleanRun }: IncidentRecord): Details {
  return { subject, about, cleanRun };
}

/** About what a row costs to send: a load names all of its tables. */
function bytesOf({ title, subject }: IncidentRecord): number {
  return title.length + (subject.kind === 'load' ? subject.tables.length * 100 : 0) + 500;
}
