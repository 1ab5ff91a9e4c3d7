import { expect, test } from 'vitest';
import { Residuals } from '#src/core/detectors/residuals.js';
import { noise } from '../../support/series.js';

const filled = (values: readonly number[], window = values.length, refresh = 1) => {
  const residuals = new Residuals(window, refresh);
  for (const value of values) residuals.add(value, 1);
  return residuals;
};
const normal = (length: number) => Array.from({ length }, noise(5));

test('residuals of unit variance have a scale near 1', () => {
  expect(filled(normal(500)).scale(1)).toBeGreaterThan(0.9);
  expect(filled(normal(500)).scale(1)).toBeLessThan(1.2);
});

test('one wild residual among many hardly widens it', () => {
  const values = normal(200);
  expect(filled([...values, 1e6]).scale(1)).toBeLessThan(1.2 * filled(values).scale(1));
});

test('a tail that comes again and again widens it: it is how the series is', () => {
  const values = normal(200).map((value, i) => (i % 12 === 0 ? 10 : value));
  expect(filled(values).scale(1)).toBeGreaterThan(4);
});

test('signs do not matter, none at all is unknown, all zero is zero', () => {
  expect(filled([-2, 2, -2]).scale(1)).toBe(filled([2, 2, 2]).scale(1));
  expect(new Residuals(5, 1).scale(1)).toBeNaN();
  expect(filled([0, 0, 0]).scale(1)).toBe(0);
});

test('what is noisy by its measurement does not widen what is not', () => {
  const random = noise(6);
  const residuals = new Residuals(200, 1);
  for (let i = 0; i < 200; i++) {
    const measured = i % 7 < 2 ? 1 : 0.05;
    residuals.add(measured * random(), measured);
  }
  expect(residuals.scale(0.05)).toBeLessThan(0.2);
  expect(residuals.scale(1)).toBeGreaterThan(0.7);
  expect(residuals.scale(1)).toBeLessThan(1.6);
});

test('only the last ones of its window count', () => {
  const residuals = filled([...Array(50).fill(100), ...Array(20).fill(1)], 20);
  expect(residuals.count).toBe(20);
  expect(residuals.scale(1)).toBeCloseTo(1 / 0.6745);
});

test('it is made anew after so many residuals, not before', () => {
  const residuals = filled(Array(20).fill(1), 20, 3);
  const before = residuals.scale(1);
  residuals.add(50, 1);
  residuals.add(50, 1);
  expect(residuals.scale(1)).toBe(before);
  residuals.add(50, 1);
  expect(residuals.scale(1)).toBeGreaterThan(before);
});
