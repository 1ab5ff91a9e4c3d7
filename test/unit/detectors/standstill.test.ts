import { describe, expect, test } from 'vitest';
import { Standstill } from '#src/core/detectors/standstill.js';
import type { SeriesKind } from '#src/core/model/series.js';

const distances = (kind: SeriesKind, values: readonly number[]) => {
  const standstill = new Standstill(kind);
  return values.map((value) => standstill.observe(value));
};
const moving = (length: number) => Array.from({ length }, (_, i) => 100 + i);

describe('a value that always moved', () => {
  test('and stops is said after a few points, and ever louder', () => {
    const found = distances('mean', [...moving(30), ...Array(6).fill(129)]).slice(30);
    expect(found[0]).toBeLessThan(1);
    expect(found[5]).toBeGreaterThan(1);
    expect(found).toEqual(found.toSorted((a, b) => a - b));
  });

  test('and moves again is no longer said', () => {
    expect(distances('mean', [...moving(30), ...Array(6).fill(129), 130]).at(-1)).toBe(0);
  });

  test('is not judged before enough of it is known', () => {
    expect(distances('mean', [1, 2, 3, 3, 3, 3, 3, 3, 3])).toEqual(Array(9).fill(0));
  });
});

test('a value that often repeats may repeat', () => {
  const steps = Array.from({ length: 60 }, (_, i) => Math.floor(i / 3));
  expect(Math.max(...distances('row_count', steps))).toBeLessThan(1);
});

test('a constant is one', () => {
  expect(Math.max(...distances('mean', Array(200).fill(7)))).toBeLessThan(1);
});

test('nothing at all is left to the forecast', () => {
  expect(Math.max(...distances('row_count', [...moving(30), ...Array(20).fill(0)]))).toBe(0);
});

test.each(['freshness', 'null_rate', 'distinct', 'stream'] as const)('%s may stand still', (kind) => {
  expect(Math.max(...distances(kind, [...moving(30), ...Array(20).fill(5)]))).toBe(0);
});
