import { joinDependents } from '#src/core/incidents/dependents.js';
import { groupFindings } from '#src/core/incidents/group.js';
import { advanceIncidents, type IncidentChange } from '#src/core/incidents/life-cycle.js';
import type { TableName } from '#src/core/incidents/load.js';
import type { Finding } from '#src/core/model/finding.js';
import { appendEvents, SENTINEL } from './audit.js';
import { loadDependencies } from './dependencies.js';
import { enqueueAlerts } from './enqueue-alerts.js';
import type { IdDraft } from './ids.js';
import { insertOpened, loadKnown, type StoredIncident, updateChanged } from './incident-rows.js';
import { selectMeasured } from './sql/incident.js';
import { numberArray } from './values.js';
import type { Transaction } from './write-session.js';

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
  const dependencies = await loadDependencies(tx.query, tx.s, [...new Set(findings.map(({ source }) => source))]);
  const groups = joinDependents(groupFindings(findings, measured.tables, ongoing), {
    ...{ dependencies, ongoing },
    judged: measured.tables,
  });
  const changes = advanceIncidents(known, { ...measured, run: run.id, groups });
  const opened = await insertOpened(tx, ids, run.id, measured.time, changes);
  await updateChanged(tx, changes);
  const rowOf = (change: IncidentChange) => (change.before as StoredIncident | null) ?? opened.get(change)!;
  const events = changes.flatMap((change) =>
    change.notes.map(({ action, details }) => ({
      ...{ action, details, run: measured.label, actor: SENTINEL, reason: null },
      incident: rowOf(change).row,
      at: new Date(measured.time),
    })),
  );
  await appendEvents(tx, events);
  await enqueueAlerts(
    tx,
    changes.map((change) => ({ change, ...rowOf(change) })),
    { at: measured.time, run: measured.label, actor: SENTINEL },
  );
  return new Map(
    changes.flatMap((change) => (change.group?.findings ?? []).map((finding) => [finding, rowOf(change).id] as const)),
  );
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
