import type { IdDraft } from './ids.js';
import { datasetKey } from './ids.js';
import type { DatasetName } from './records.js';
import { insertDatasets, touchDatasets } from './sql/dataset.js';
import { numberArray, slices } from './values.js';
import type { Transaction } from './write-session.js';

export interface SeenDataset {
  readonly name: DatasetName;
  readonly kind: string | null;
}

/** Ids of these tables, in their order, all recorded as there in this run. */
export async function recordSeen(
  tx: Transaction,
  ids: IdDraft,
  run: number,
  seen: readonly SeenDataset[],
): Promise<number[]> {
  await addUnknown(tx, ids, run, seen);
  const known = seen.map(({ name, kind }) => ({ id: ids.dataset(name)!, kind }));
  for (const slice of slices(known, tx.batchSize))
    await tx.query(touchDatasets(tx.s), [numberArray(slice.map((row) => row.id)), slice.map((row) => row.kind), run]);
  return known.map((row) => row.id);
}

/** Ids of these tables, in their order; one never seen before is added without a kind. */
export async function idsOf(
  tx: Transaction,
  ids: IdDraft,
  run: number,
  names: readonly DatasetName[],
): Promise<number[]> {
  await addUnknown(
    tx,
    ids,
    run,
    names.map((name) => ({ name, kind: null })),
  );
  return names.map((name) => ids.dataset(name)!);
}

async function addUnknown(tx: Transaction, ids: IdDraft, run: number, seen: readonly SeenDataset[]): Promise<void> {
  // One statement cannot insert the same row twice.
  const unknown = new Map<string, SeenDataset>();
  for (const row of seen) if (ids.dataset(row.name) === undefined) unknown.set(datasetKey(row.name), row);
  for (const slice of slices([...unknown.values()], tx.batchSize)) {
    const rows = await tx.query<{ id: string; source: string; schema_name: string; table_name: string }>(
      insertDatasets(tx.s),
      [
        slice.map(({ name }) => name.source),
        slice.map(({ name }) => name.schema),
        slice.map(({ name }) => name.table),
        slice.map(({ kind }) => kind),
        run,
      ],
    );
    for (const row of rows)
      ids.addDataset({ source: row.source, schema: row.schema_name, table: row.table_name }, Number(row.id));
  }
}
