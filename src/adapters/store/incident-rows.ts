import type { IncidentChange, IncidentRecord, KnownIncident } from '#src/core/incidents/life-cycle.js';
import type { IncidentSubject } from '#src/core/incidents/subject.js';
import type { Severity } from '#src/core/model/finding.js';
import type { IncidentState } from '#src/core/model/incident.js';
import type { IdDraft } from './ids.js';
import { idsOf } from './persist-datasets.js';
import { insertIncidents, selectKnown, selectLastNumber, updateIncidents } from './sql/incident.js';
import { numberArray, slices, toJson, toText } from './values.js';
import type { Transaction } from './write-session.js';

/** An incident with the id of its row. */
export interface StoredIncident extends KnownIncident {
  readonly row: number;
  /** The worst severity that was alerted, null where nothing was. */
  readonly alertedSeverity: Severity | null;
  /** How often it was alerted. */
  readonly alerts: number;
}

/** What `selectKnown` and `selectForChange` read. */
export interface IncidentRow {
  readonly id: string;
  readonly label: string;
  readonly fingerprint: string;
  readonly state: IncidentState;
  readonly severity: Severity;
  readonly score: number;
  readonly title: string;
  readonly cause: string | null;
  readonly first_run: string;
  readonly last_run: string;
  readonly clean_runs: number;
  readonly opened_at: number;
  readonly last_seen_at: number;
  readonly resolved_at: number | null;
  readonly muted_until: number | null;
  readonly details: Details;
  readonly alerted_severity: Severity | null;
  readonly alerts: number;
}

/** Of what the store keeps beside the columns. */
interface Details {
  readonly subject: IncidentSubject;
  readonly about: string;
  readonly cleanRun: number | null;
}

/** Incidents that go on, and those that are over since this run or a later one saw them. */
export async function loadKnown(tx: Transaction, run: number): Promise<StoredIncident[]> {
  return (await tx.query<IncidentRow>(selectKnown(tx.s), [run])).map(storedIncident);
}

export function storedIncident({
  fingerprint,
  state,
  severity,
  score,
  title,
  cause,
  details,
  alerts,
  ...row
}: IncidentRow): StoredIncident {
  return {
    ...{ fingerprint, state, severity, score, title, cause, alerts },
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
    alertedSeverity: row.alerted_severity,
  };
}

/** Give each new incident a label that was never given before. */
export async function insertOpened(
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

/** Store what a run changed of known incidents. */
export async function updateChanged(tx: Transaction, changes: readonly IncidentChange[]): Promise<void> {
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
