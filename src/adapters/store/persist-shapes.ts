import type { TableSpec } from '#src/core/model/relation.js';
import { insertSchemaVersions, markColumnsGone, upsertColumns } from './sql/shape.js';
import { numberArray, slices, toJson } from './values.js';
import type { Transaction } from './write-session.js';

export interface DatasetShape {
  readonly dataset: number;
  readonly spec: TableSpec;
}

/** Store a new schema version, and the columns that came and went, for those tables whose shape is not the last stored one. */
export async function persistShapes(tx: Transaction, run: number, shapes: readonly DatasetShape[]): Promise<void> {
  const changed = new Set<number>();
  for (const slice of slices(shapes, tx.batchSize)) {
    const rows = await tx.query<{ dataset: string }>(insertSchemaVersions(tx.s), [
      run,
      numberArray(slice.map((row) => row.dataset)),
      numberArray(slice.map((row) => row.spec.oid)),
      slice.map((row) => columnsJson(row.spec)),
      slice.map((row) => toJson(row.spec.primaryKey)),
    ]);
    for (const row of rows) changed.add(Number(row.dataset));
  }
  if (changed.size === 0) return;
  for (const slice of slices([...changed], tx.batchSize))
    await tx.query(markColumnsGone(tx.s), [numberArray(slice), run]);
  const columns = shapes
    .filter((shape) => changed.has(shape.dataset))
    .flatMap(({ dataset, spec }) => spec.columns.map((column) => ({ dataset, name: column.name })));
  for (const slice of slices(columns, tx.batchSize))
    await tx.query(upsertColumns(tx.s), [
      numberArray(slice.map((row) => row.dataset)),
      slice.map((row) => row.name),
      run,
    ]);
}

/** What `KnownColumn` has, and nothing that may change without the table changing. */
function columnsJson(spec: TableSpec): string {
  return toJson(spec.columns.map(({ name, position, type, notNull }) => ({ name, position, type, notNull })));
}
