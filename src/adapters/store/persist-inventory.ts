import { persistDependencies } from './dependencies.js';
import type { InventoryRecord } from './records.js';
import { selectReplayedSources, upsertInventory } from './sql/inventory.js';
import { slices, toJsonOrNull } from './values.js';
import type { Transaction } from './write-session.js';

/** Store what one run saw of each source beside its tables; a second time replaces the first. */
export async function persistInventory(
  tx: Transaction,
  run: number,
  records: readonly InventoryRecord[],
): Promise<void> {
  const latest = [...new Map(records.map((record) => [record.source, record])).values()];
  for (const slice of slices(latest, tx.batchSize))
    await tx.query(upsertInventory(tx.s), [
      run,
      slice.map((record) => record.source),
      slice.map((record) => record.database),
      slice.map((record) => toJsonOrNull(record.inventory?.databases)),
      slice.map((record) => toJsonOrNull(record.inventory?.schemas)),
      slice.map((record) => toJsonOrNull(record.inventory?.slots)),
      slice.map((record) => toJsonOrNull(record.failure)),
    ]);
  await persistDependencies(tx, run, latest);
}

/** Store what waited elsewhere while the store was away, unless the run has reached the source since. */
export async function replayInventory(
  tx: Transaction,
  run: number,
  records: readonly InventoryRecord[],
): Promise<void> {
  const sources = await replayedSources(
    tx,
    run,
    records.map(({ source }) => source),
  );
  await persistInventory(
    tx,
    run,
    records.filter(({ source }) => !sources.get(source)!.is_known),
  );
}

/** True where a later run knows better which tables a source has. */
export async function isLateSource(tx: Transaction, run: number, source: string): Promise<boolean> {
  return (await replayedSources(tx, run, [source])).get(source)!.is_late;
}

async function replayedSources(tx: Transaction, run: number, sources: readonly string[]) {
  const rows = await tx.query<{ source: string; is_known: boolean; is_late: boolean }>(selectReplayedSources(tx.s), [
    run,
    [...new Set(sources)],
  ]);
  return new Map(rows.map((row) => [row.source, row]));
}
