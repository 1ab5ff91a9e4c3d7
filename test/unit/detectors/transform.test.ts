import { describe, expect, test } from 'vitest';
import { transformFor } from '#src/core/detectors/transform.js';
import type { SeriesKind } from '#src/core/model/series.js';

const HISTORIES: Readonly<Record<SeriesKind, readonly number[]>> = {
  row_count: [0, 1, 900, 1_000, 1e9],
  distinct: [0, 3, 50, 1e6],
  cumulative: [-500, -1, 0, 20, 1e7],
  rate: [0, 0.001, 0.5, 1],
  null_rate: [0, 0.02, 0.3, 1],
  mean: [12, 14, 15.5, 20],
  freshness: [0, 30, 3_600, 90_000],
  stream: [-4, 0, 7, 1e5],
};

test.each(Object.entries(HISTORIES))('%s: what is transformed comes back', (kind, history) => {
  const { to, from } = transformFor(kind as SeriesKind, history);
  for (const value of history)
    expect(Math.abs(from(to(value)) - value)).toBeLessThanOrEqual(1e-9 * (1 + Math.abs(value)));
});

test.each(Object.entries(HISTORIES))('%s: a larger value stays larger', (kind, history) => {
  const { to } = transformFor(kind as SeriesKind, history);
  const transformed = history.map(to);
  expect(transformed).toEqual(transformed.toSorted((a, b) => a - b));
  expect(new Set(transformed).size).toBe(history.length);
});

describe('counts', () => {
  const { to, floor } = transformFor('row_count', [100]);

  test('a factor is the same distance everywhere', () => {
    expect(to(20_000) - to(10_000)).toBeCloseTo(to(2_000_000) - to(1_000_000), 3);
  });

  test('vary by their root at least, so that a handful of rows is no news', () => {
    expect(floor(to(100))).toBeCloseTo(0.1);
    expect(floor(to(4))).toBeCloseTo(0.5);
    expect(floor(to(1e9))).toBe(0.01);
  });

  test('distinct values come all or not at all', () => {
    const distinct = transformFor('distinct', [4]);
    expect(distinct.floor(distinct.to(4))).toBe(0.01);
  });

  test('a negative count is as none', () => {
    expect(to(-5)).toBe(to(0));
  });
});

describe('means', () => {
  test('a positive one is a magnitude: a factor is a distance', () => {
    const { to } = transformFor('mean', [90, 100, 110]);
    expect(to(200) - to(100)).toBeCloseTo(Math.LN2);
  });

  test('one that changes its sign is taken as it is', () => {
    const { to, from } = transformFor('mean', [-3, 0.5, 4]);
    expect([to(-7), from(-7)]).toEqual([-7, -7]);
  });

  test('one that comes near zero is taken as it is', () => {
    expect(transformFor('mean', [0.001, 100, 110]).to(100)).toBe(100);
  });

  test('a magnitude that turns negative still has a finite distance', () => {
    expect(transformFor('mean', [90, 100, 110]).to(-1)).toBeCloseTo(Math.log(0.1));
  });
});

test('rates beyond 0 and 1 are their ends, and their noise is the same everywhere', () => {
  const { to, from } = transformFor('null_rate', [0.1]);
  expect([to(-0.5), from(-3)]).toEqual([0, 0]);
  expect(to(7)).toBe(to(1));
  expect(from(9)).toBe(1);
  // the standard error of a share p of n rows is 1/(2√n) on this scale, whatever p is
  for (const p of [0.02, 0.3, 0.7]) expect(to(p + Math.sqrt((p * (1 - p)) / 1e6)) - to(p)).toBeCloseTo(0.0005, 5);
});
