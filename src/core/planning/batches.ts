import type { TableSpec } from '../model/relation.js';

export interface PlanLimits {
  readonly workers: number;
  /** The most tables in one batch (`BATCH_SIZE`). */
  readonly maxTables: number;
  /** Tables whose chunkable parts sum up to more than this are read in chunks by several workers. */
  readonly chunkMinBytes: number;
  /** False where the connection budget is too small for a snapshot holder beside a reader. */
  readonly mayChunk: boolean;
}

export interface Plan {
  /** Read in chunks, largest first. */
  readonly chunked: readonly TableSpec[];
  /** Read whole, several tables a batch, costliest batch first. */
  readonly batches: readonly (readonly TableSpec[])[];
}

/** Batches handed out for each worker: enough that the last ones even out, few enough that each is worth its message. */
const BATCHES_PER_WORKER = 8;

/** Fixed cost of a table and of a column beside its bytes, in bytes that could be read in the same time (measured). */
const TABLE_COST_BYTES = 64 * 1024;
const COLUMN_COST_BYTES = 2 * 1024;

/** Expected cost of profiling a table, in bytes of plain reading. */
export function tableCost(table: TableSpec): number {
  return TABLE_COST_BYTES + table.columns.length * COLUMN_COST_BYTES + table.bytes;
}

/**
 * Split a source's tables into work of about equal cost: the longest-processing-time rule (Graham 1969), with batches
 * handed out to whichever worker is free.
 */
export function planTables(tables: readonly TableSpec[], limits: PlanLimits): Plan {
  const byCost = [...tables].sort((a, b) => tableCost(b) - tableCost(a) || a.oid - b.oid);
  const isChunked = (table: TableSpec) =>
    limits.mayChunk && table.parts.some((part) => part.chunkable) && table.bytes > limits.chunkMinBytes;
  const chunked = byCost.filter(isChunked);
  const whole = byCost.filter((table) => !isChunked(table));
  return { chunked, batches: balance(whole, limits) };
}

function balance(tables: readonly TableSpec[], limits: PlanLimits): TableSpec[][] {
  if (tables.length === 0) return [];
  const count = Math.min(
    tables.length,
    Math.max(limits.workers * BATCHES_PER_WORKER, Math.ceil(tables.length / limits.maxTables)),
  );
  const batches = Array.from({ length: count }, () => ({ cost: 0, tables: [] as TableSpec[] }));
  for (const table of tables) {
    const lightest = batches.reduce((best, batch) =>
      batch.tables.length < limits.maxTables && (batch.cost < best.cost || best.tables.length >= limits.maxTables)
        ? batch
        : best,
    );
    lightest.cost += tableCost(table);
    lightest.tables.push(table);
  }
  return batches.sort((a, b) => b.cost - a.cost).map((batch) => batch.tables);
}
