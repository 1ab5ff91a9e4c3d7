import type { Failure } from '#src/core/model/failure.js';
import type { SlotState, SourceHistory } from '#src/core/model/history.js';
import { loadSourceExpectations } from './expectations.js';
import type { Query } from './reader-pool.js';
import { selectInventories } from './sql/inventory.js';

interface InventoryRow {
  readonly source: string;
  readonly database: string;
  readonly databases: readonly string[] | null;
  readonly schemas: readonly string[] | null;
  readonly slots: readonly SlotState[] | null;
  readonly failure: Failure | null;
  readonly previous_databases: readonly string[] | null;
  readonly previous_schemas: readonly string[] | null;
  readonly previous_slots: readonly SlotState[] | null;
  readonly previous_time: Date | null;
  readonly reached_before: boolean;
}

/** invalid_catalog_name: the server is there, the database is not. */
const NO_DATABASE = '3D000';

/** What a run saw of each source and the last judged sight before it, by source name; `now` is epoch milliseconds. */
export async function loadSourceHistories(
  query: Query,
  s: string,
  run: number,
  now: number,
  sources: readonly string[] | null,
): Promise<SourceHistory[]> {
  const rows = await query<InventoryRow>(selectInventories(s), [run, sources]);
  const expectations = await loadSourceExpectations(query, s, sources, now);
  return rows.map((row) => ({
    ...expectedOf(expectations.get(row.source)),
    source: row.source,
    run,
    now,
    database: row.database,
    inventory: inventoryOf(row.databases, row.schemas, row.slots),
    previousInventory: previousOf(row),
    failure: row.failure && { code: row.failure.code, message: row.failure.message },
    databaseGone: row.failure?.code === NO_DATABASE && row.reached_before,
  }));
}

function inventoryOf(
  databases: readonly string[] | null,
  schemas: readonly string[] | null,
  slots: readonly SlotState[] | null,
): SourceHistory['inventory'] {
  return databases && schemas && slots && { databases, schemas, slots };
}

function previousOf(row: InventoryRow): SourceHistory['previousInventory'] {
  const inventory = inventoryOf(row.previous_databases, row.previous_schemas, row.previous_slots);
  return inventory && row.previous_time && { ...inventory, time: row.previous_time.getTime() };
}

function expectedOf(expectations: SourceHistory['expectations']): Pick<SourceHistory, 'expectations'> {
  return expectations ? { expectations } : {};
}
