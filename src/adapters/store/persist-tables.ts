import { persistEvents } from './events.js';
import { datasetKey, type IdDraft } from './ids.js';
import { idsOf, recordSeen } from './persist-datasets.js';
import { persistPoints } from './persist-points.js';
import { persistShapes } from './persist-shapes.js';
import type { DatasetName, TableRecord } from './records.js';
import { updateState, upsertProfiles } from './sql/profile.js';
import { selectReplayed, upsertTasks } from './sql/task.js';
import { numberArray, slices, toJson, toJsonOrNull } from './values.js';
import type { Transaction } from './write-session.js';

interface Row {
  readonly dataset: number;
  readonly record: TableRecord;
}

/** Store everything about these tables for one run. Doing it twice leaves what doing it once leaves; the last record of a table counts. */
export async function persistTables(
  tx: Transaction,
  ids: IdDraft,
  run: number,
  records: readonly TableRecord[],
): Promise<void> {
  const latest = [...new Map(records.map((record) => [datasetKey(nameOf(record)), record])).values()];
  const datasets = await recordSeen(
    tx,
    ids,
    run,
    latest.map((record) => ({ name: nameOf(record), kind: record.spec.kind })),
  );
  const rows = latest.map((record, i): Row => ({ dataset: datasets[i]!, record }));
  await persistFigures(tx, ids, run, rows);
  await persistShapes(
    tx,
    run,
    rows.map(({ dataset, record }) => ({ dataset, spec: record.spec })),
  );
  const measured = rows.filter(({ record }) => record.profile.status === 'ok');
  await persistProfiles(tx, run, measured);
  await persistEvents(
    tx,
    run,
    measured.map(({ dataset, record }) => ({ dataset, events: record.events })),
  );
}

/** Tasks and points: all there is to store of tables whose newest profile is another run's. */
async function persistFigures(tx: Transaction, ids: IdDraft, run: number, rows: readonly Row[]): Promise<void> {
  const repeated = await persistTasks(tx, run, rows);
  await persistPoints(
    tx,
    ids,
    run,
    rows.map(({ dataset, record }) => ({
      dataset,
      source: record.spec.source,
      points: record.profile.status === 'ok' ? record.points : [],
      repeated: repeated.has(dataset),
    })),
  );
}

/**
 * Store what waited elsewhere while the store was away. What the run has stored of a table since is left as it is; of a table that a
 * later run has looked at, only the figures are added to its history: its newest profile and shape are not of this run.
 */
export async function replayTables(
  tx: Transaction,
  ids: IdDraft,
  run: number,
  records: readonly TableRecord[],
): Promise<void> {
  const datasets = await idsOf(tx, ids, run, records.map(nameOf));
  const stored = await tx.query<{ dataset: string; state: string | null; is_late: boolean }>(selectReplayed(tx.s), [
    run,
    numberArray([...new Set(datasets)]),
  ]);
  const byDataset = new Map(stored.map((row) => [Number(row.dataset), row]));
  const rows = records
    .map((record, i): Row => ({ dataset: datasets[i]!, record }))
    .filter(({ dataset, record }) => {
      const { state } = byDataset.get(dataset)!;
      return state === null || state === 'gone' || (state !== 'ok' && record.profile.status === 'ok');
    });
  const isLate = ({ dataset }: Row) => byDataset.get(dataset)!.is_late;
  const late = new Map(rows.filter(isLate).map((row) => [row.dataset, row]));
  await persistFigures(tx, ids, run, [...late.values()]);
  const others = rows.filter((row) => !isLate(row)).map(({ record }) => record);
  await persistTables(tx, ids, run, others);
}

function nameOf({ spec }: TableRecord): DatasetName {
  return { source: spec.source, schema: spec.schema, table: spec.name };
}

/** Resolves with the datasets that already had a task in this run. */
async function persistTasks(tx: Transaction, run: number, rows: readonly Row[]): Promise<Set<number>> {
  const repeated = new Set<number>();
  for (const slice of slices(rows, tx.batchSize)) {
    const stored = await tx.query<{ dataset: string; repeated: boolean }>(upsertTasks(tx.s), [
      run,
      numberArray(slice.map((row) => row.dataset)),
      slice.map(({ record }) => record.profile.status),
      numberArray(slice.map(({ record }) => record.attempts)),
      numberArray(slice.map(({ record }) => record.profile.rowCount ?? null)),
      slice.map(({ record }) => toJsonOrNull(record.profile.failure)),
      slice.map(({ record }) => toJson(record.cost)),
      slice.map(({ record }) => record.finishedAt?.toISOString() ?? null),
    ]);
    for (const row of stored) if (row.repeated) repeated.add(Number(row.dataset));
  }
  return repeated;
}

async function persistProfiles(tx: Transaction, run: number, rows: readonly Row[]): Promise<void> {
  const profiles = rows.map(({ dataset, record }) => ({
    dataset,
    profile: record.profile,
    summary: toJson(record.profile),
  }));
  for (const slice of slices(profiles, tx.batchSize, (row) => row.summary.length)) {
    await tx.query(upsertProfiles(tx.s), [
      run,
      numberArray(slice.map((row) => row.dataset)),
      slice.map(({ profile }) => profile.mode),
      slice.map(({ profile }) => profile.consistent),
      slice.map((row) => row.summary),
    ]);
  }
  for (const { dataset, record } of rows)
    if (record.state && record.state.length > 0)
      await tx.query(updateState(tx.s), [dataset, record.state, record.state[0]]);
}
