import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TableSpec } from '#src/core/model/relation.js';
import { planTables, tableCost } from '#src/core/planning/batches.js';

function table(oid: number, bytes: number, chunkable = true): TableSpec {
  const name = `t${oid}`;
  const heap = { schema: 's', name, oid, kind: 'table', bytes, only: true, guarded: false, chunkable } as const;
  return {
    source: 'batch',
    schema: 's',
    name,
    oid,
    kind: 'table',
    bytes,
    estimatedRows: -1,
    columns: [],
    parts: [heap],
    lockable: true,
    primaryKey: [],
  };
}

const LIMITS = { workers: 4, maxTables: 1_000, chunkMinBytes: 1_000_000, mayChunk: true };

describe('planTables', () => {
  test('gives every table to exactly one batch or to the chunked ones', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ bytes: fc.nat({ max: 5_000_000 }), chunkable: fc.boolean() }), { maxLength: 300 }),
        fc.integer({ min: 1, max: 16 }),
        fc.integer({ min: 1, max: 50 }),
        fc.boolean(),
        (sizes, workers, maxTables, mayChunk) => {
          const tables = sizes.map(({ bytes, chunkable }, oid) => table(oid, bytes, chunkable));
          const { chunked, batches } = planTables(tables, { ...LIMITS, workers, maxTables, mayChunk });
          const planned = [...chunked, ...batches.flat()].map(({ oid }) => oid).toSorted((a, b) => a - b);
          expect(planned).toEqual(tables.map(({ oid }) => oid));
          for (const batch of batches) expect(batch.length).toBeLessThanOrEqual(maxTables);
          for (const batch of batches) expect(batch.length).toBeGreaterThan(0);
          if (!mayChunk) expect(chunked).toEqual([]);
          for (const { bytes } of chunked) expect(bytes).toBeGreaterThan(LIMITS.chunkMinBytes);
        },
      ),
    );
  });

  test('balances: no batch costs more than the average and one table', () => {
    const tables = Array.from({ length: 500 }, (_, oid) => table(oid, (oid * 7919) % 900_000));
    const { batches } = planTables(tables, LIMITS);
    const costs = batches.map((batch) => batch.reduce((sum, each) => sum + tableCost(each), 0));
    const average = costs.reduce((sum, cost) => sum + cost, 0) / costs.length;
    expect(Math.max(...costs)).toBeLessThanOrEqual(average + Math.max(...tables.map(tableCost)));
    expect(costs).toEqual(costs.toSorted((a, b) => b - a));
  });

  test('does not depend on the order of the tables', () => {
    const tables = Array.from({ length: 60 }, (_, oid) => table(oid, oid % 7));
    expect(planTables(tables.toReversed(), LIMITS)).toEqual(planTables(tables, LIMITS));
  });

  test('puts big tables first, largest at the front', () => {
    const { chunked } = planTables(
      [table(1, 2_000_000), table(2, 9_000_000), table(3, 10), table(4, 5e6, false)],
      LIMITS,
    );
    expect(chunked.map(({ oid }) => oid)).toEqual([2, 1]);
  });
});
