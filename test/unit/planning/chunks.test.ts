import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { planChunks } from '#src/core/planning/chunks.js';

const part = fc.record({
  blocks: fc.nat({ max: 1_000_000 }),
  blockBytes: fc.constant(8192),
  chunkable: fc.boolean(),
});
const limits = fc.record({
  minBytes: fc.integer({ min: 8192, max: 2 ** 30 }),
  maxChunks: fc.integer({ min: 1, max: 64 }),
  maxBytes: fc.integer({ min: 2 ** 20, max: 2 ** 32 }),
});

describe('planChunks', () => {
  test('covers every block of every part once, in physical order, and leaves each part open at its end', () => {
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), limits, (parts, chosen) => {
        const chunks = planChunks(parts, chosen);
        parts.forEach(({ blocks, chunkable }, index) => {
          const own = chunks.filter((chunk) => chunk.part === index);
          expect(own.length).toBeGreaterThan(0);
          if (!chunkable) expect(own).toHaveLength(1);
          expect(own[0]!.fromBlock).toBe(0);
          expect(own.at(-1)!.toBlock).toBeNull();
          for (let i = 1; i < own.length; i++) expect(own[i]!.fromBlock).toBe(own[i - 1]!.toBlock);
          expect(own.at(-1)!.fromBlock).toBeLessThanOrEqual(blocks);
        });
        const order = chunks.map(({ part: at, fromBlock }) => [at, fromBlock] as const);
        expect(order).toEqual(order.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]));
      }),
    );
  });

  test('gives about the wanted number of chunks of about the same size', () => {
    const chunks = planChunks([{ blocks: 160_000, blockBytes: 8192, chunkable: true }], {
      minBytes: 2 ** 25,
      maxChunks: 16,
      maxBytes: 2 ** 32,
    });
    expect(chunks).toHaveLength(16);
    expect(new Set(chunks.map(({ bytes }) => bytes))).toEqual(new Set([10_000 * 8192]));
  });

  test('cuts no part into pieces below the minimum, and none above the maximum', () => {
    const size = (blocks: number) => [{ blocks, blockBytes: 8192, chunkable: true }];
    expect(planChunks(size(100), { minBytes: 2 ** 20, maxChunks: 16, maxBytes: 2 ** 32 })).toHaveLength(1);
    const huge = planChunks(size(2 ** 24), { minBytes: 2 ** 20, maxChunks: 4, maxBytes: 2 ** 32 });
    expect(huge).toHaveLength(32);
  });

  test('reads an empty heap once', () => {
    expect(
      planChunks([{ blocks: 0, blockBytes: 8192, chunkable: true }], { minBytes: 1, maxChunks: 16, maxBytes: 1e9 }),
    ).toEqual([{ part: 0, fromBlock: 0, toBlock: null, bytes: 0 }]);
  });
});
