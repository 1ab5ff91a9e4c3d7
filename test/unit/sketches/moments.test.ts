import { describe, expect, it } from 'vitest';
import { Moments } from '#src/core/sketches/moments.js';
import { exactMoments } from '../../support/exact-moments.js';
import { randomFractions } from '../../support/hashes.js';

function of(values: readonly number[], batch = 1024): Moments {
  const moments = new Moments();
  for (let start = 0; start < values.length; start += batch) {
    const part = Float64Array.from(values.slice(start, start + batch));
    moments.addBatch(part, part.length);
  }
  return moments;
}

function expectExact(moments: Moments, values: readonly number[]): void {
  const truth = exactMoments(values);
  expect(moments.count).toBe(values.length);
  expect(Math.abs(moments.mean - truth.mean)).toBeLessThanOrEqual(1e-12 * Math.abs(truth.mean));
  expect(Math.abs(moments.stddev() - truth.stddev)).toBeLessThanOrEqual(1e-9 * truth.stddev);
}

const next = randomFractions(99);
const times = (n: number, make: (i: number) => number) => Array.from({ length: n }, (_, i) => make(i));

describe('Moments', () => {
  it.each([
    { name: 'uniform', values: times(20_000, () => next()) },
    { name: 'small noise on 1e9', values: times(20_000, () => 1e9 + next()) },
    { name: 'small noise on 1e15', values: times(20_000, () => 1e15 + Math.round(next() * 8) / 8) },
    { name: 'microseconds since 2000, in order', values: times(20_000, (i) => 7.9e14 + i * 1e6 + next()) },
    { name: 'magnitudes from 1e-8 to 1e8', values: times(20_000, () => 10 ** (16 * next() - 8)) },
    { name: 'sums that cancel', values: times(19_998, (i) => [1e16, 1, -1e16][i % 3]!) },
    { name: 'both signs', values: times(20_001, (i) => (i % 2 === 0 ? -1 : 1) * (1e6 + next())) },
    { name: 'constants', values: times(5000, () => 0.1) },
    { name: 'two values', values: [1, 4] },
  ])('agrees with exact arithmetic: $name', ({ values }) => {
    expectExact(of(values), values);
    expectExact(of(values, 7), values);
    const sum = new Moments();
    for (let start = 0; start < values.length; start += 1500) sum.merge(of(values.slice(start, start + 1500)));
    expectExact(sum, values);
  });

  it('merges means that share a large offset without losing their difference', () => {
    const left = times(1024, () => 1e12 + next() * 1e-3);
    const right = times(1024, () => 1e12 + 1e-3 + next() * 1e-3);
    const sum = of(left);
    sum.merge(of(right));
    expectExact(sum, [...left, ...right]);
  });

  it('counts a weighted value like as many single ones', () => {
    const weighted = new Moments();
    weighted.addWeighted(0.1, 3);
    weighted.addWeighted(5e8, 0);
    weighted.addWeighted(1e9 + 0.3, 4001);
    weighted.addWeighted(-2, 70);
    expectExact(weighted, [...times(3, () => 0.1), ...times(4001, () => 1e9 + 0.3), ...times(70, () => -2)]);
  });

  it('lets weighted values cancel', () => {
    const moments = new Moments();
    moments.addWeighted(1 / 3, 3_000_001);
    moments.addWeighted(-1 / 3, 3_000_000);
    expect(moments.mean * 3 * 6_000_001).toBeCloseTo(1, 12);
  });

  it('says NaN of nothing and of the deviation of one value', () => {
    const moments = new Moments();
    expect([moments.count, moments.m2]).toEqual([0, 0]);
    expect(moments.mean).toBeNaN();
    moments.addBatch(Float64Array.of(3), 1);
    expect(moments.mean).toBe(3);
    expect(moments.stddev()).toBeNaN();
    expect(moments.variance()).toBeNaN();
  });

  it('keeps the mean of numbers whose squares or sum exceed the range of a double', () => {
    const huge = of(times(3000, (i) => (i % 3 === 0 ? -1e300 : 1e300)));
    expect(huge.mean).toBeCloseTo(1e300 / 3, -287);
    expect([huge.m2, huge.stddev()]).toEqual([Number.POSITIVE_INFINITY, Number.NaN]);

    const largest = of(times(3000, () => Number.MAX_VALUE));
    expect(largest.mean / Number.MAX_VALUE).toBeCloseTo(1, 12);
    largest.merge(of(times(1000, () => -Number.MAX_VALUE)));
    expect(largest.mean / Number.MAX_VALUE).toBeCloseTo(0.5, 12);
    largest.merge(of([1, 2, 3]));
    expect(largest.mean / Number.MAX_VALUE).toBeCloseTo((0.5 * 4000) / 4003, 12);

    const weighted = new Moments();
    weighted.addWeighted(1e300, 2 ** 40);
    weighted.addWeighted(0, 2 ** 40);
    expect(weighted.mean / 5e299).toBeCloseTo(1, 12);
  });
});
