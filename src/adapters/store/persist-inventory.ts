import type { InventoryRecord } from './records.js';
import { upsertInventory } from './sql/inventory.js';
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
}
