import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter, CorruptState } from '#src/core/sketches/bytes.js';
import { QuantileSketch } from '#src/core/sketches/quantile-sketch.js';
import { randomFractions } from '../../support/hashes.js';

/** 0 … n − 1 in random order, so that the rank of a value is the value. */
function shuffled(n: number, seed: number): Float64Array {
  const next = randomFractions(seed);
  const values = Float64Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [values[i], values[j]] = [values[j]!, values[i]!];
  }
  return values;
}

function feed(sketch: QuantileSketch, values: Float64Array): void {
  for (let start = 0; start < values.length; start += 1024) {
    const batch = values.subarray(start, start + 1024);
    sketch.addBatch(batch, batch.length);
  }
}

function ofParts(values: Float64Array, parts: number, seed: number): QuantileSketch {
  const sum = new QuantileSketch(seed);
  const size = Math.ceil(values.length / parts);
  for (let part = 0; part < parts; part++) {
    const sketch = new QuantileSketch(seed + part);
    feed(sketch, values.subarray(part * size, (part + 1) * size));
    sum.merge(sketch);
  }
  return sum;
}

/** The largest error of rank among the 99 percentiles, of values that are their own rank. */
function worstError(sketch: QuantileSketch, n: number): number {
  const percents = Array.from({ length: 99 }, (_, i) => (i + 1) / 100);
  const byQuantile = sketch.quantiles(percents).map((value, i) => Math.abs((value + 1) / n - percents[i]!));
  const byRank = percents.map((q) => Math.abs(sketch.rank(Math.floor(q * n)) - (Math.floor(q * n) + 1) / n));
  return Math.max(...byQuantile, ...byRank);
}

function encode(sketch: QuantileSketch): Uint8Array {
  const w = new ByteWriter();
  sketch.encode(w);
  return w.finish();
}

describe('QuantileSketch', () => {
  // Each trial looks at 99 percentiles at once: 1 % in each of 20 is far stronger than 1 % at 99 % confidence for one.
  it.each([
    { name: '20,000 values', n: 20_000, parts: 1, sorted: false },
    { name: '66,000 values, the fewest that are sampled', n: 66_000, parts: 1, sorted: false },
    { name: '132,000 values', n: 132_000, parts: 1, sorted: false },
    { name: '300,000 values', n: 300_000, parts: 1, sorted: false },
    { name: '300,000 values in order', n: 300_000, parts: 1, sorted: true },
    { name: '16 parts of 12,500', n: 200_000, parts: 16, sorted: false },
    { name: '16 parts that share no value', n: 200_000, parts: 16, sorted: true },
    { name: '1,000 parts of 140', n: 140_000, parts: 1000, sorted: false },
  ])('errs by at most 1 % of rank: $name', ({ n, parts, sorted }) => {
    const values = shuffled(n, n);
    if (sorted) values.sort();
    let bias = 0;
    for (let seed = 0; seed < 20; seed++) {
      const sketch = parts === 1 ? new QuantileSketch(seed) : ofParts(values, parts, 1000 * seed);
      if (parts === 1) feed(sketch, values);
      expect(sketch.count).toBe(n);
      expect([sketch.min, sketch.max]).toEqual([0, n - 1]);
      expect(worstError(sketch, n)).toBeLessThanOrEqual(0.01);
      bias += (sketch.rank(n / 2) - 0.5) / 20;
    }
    expect(Math.abs(bias)).toBeLessThan(0.0015);
  });

  it('errs by at most 1 % after 1,000 large parts', () => {
    const n = 2_000_000;
    const sketch = ofParts(shuffled(n, 5), 1000, 11);
    expect(sketch.count).toBe(n);
    expect(worstError(sketch, n)).toBeLessThanOrEqual(0.01);
  });

  it('errs by at most 1 % on weighted values, of weights from 1 to 2^40', () => {
    for (const largest of [3, 1000, 2 ** 40]) {
      const next = randomFractions(largest % 97);
      const weights = Array.from({ length: 6000 }, () => Math.ceil(largest ** next()));
      const total = weights.reduce((sum, w) => sum + w, 0);
      for (let seed = 0; seed < 10; seed++) {
        const sketch = new QuantileSketch(seed);
        for (const value of shuffled(6000, seed)) sketch.addWeighted(value, weights[value]!);
        expect(sketch.count).toBe(total);
        let below = 0;
        for (let value = 0; value < 6000; value++) {
          below += weights[value]!;
          if (value % 50 === 0) expect(Math.abs(sketch.rank(value) - below / total)).toBeLessThanOrEqual(0.01);
        }
      }
    }
  });

  it('counts a weighted value like as many single ones', () => {
    const weighted = new QuantileSketch(1);
    weighted.addWeighted(10, 0);
    expect(weighted.count).toBe(0);
    weighted.addWeighted(1, 100);
    weighted.addWeighted(2, 300);
    weighted.addWeighted(3, 600);
    expect(weighted.quantiles([0.1, 0.100001, 0.4, 0.41, 1])).toEqual([1, 2, 2, 3, 3]);
    expect([weighted.rank(0), weighted.rank(1), weighted.rank(2.5), weighted.rank(3)]).toEqual([0, 0.1, 0.4, 1]);
  });

  it('goes on from weighted values to a stream, as an overflowing dictionary does', () => {
    const n = 400_000;
    const values = shuffled(n, 77);
    const sketch = new QuantileSketch(3);
    for (const value of values.subarray(0, 6144)) sketch.addWeighted(value, 1);
    feed(sketch, values.subarray(6144));
    expect(worstError(sketch, n)).toBeLessThanOrEqual(0.01);
  });

  it('is exact up to k values, as percentile_disc is', () => {
    const sketch = new QuantileSketch(1);
    feed(sketch, shuffled(800, 1));
    for (let i = 1; i <= 800; i++) expect(sketch.quantile((i - 0.5) / 800)).toBe(i - 1);
    expect(sketch.quantile(0)).toBe(0);
    expect(sketch.rank(399)).toBe(0.5);
  });

  it('says NaN of nothing, and the value itself of one', () => {
    const sketch = new QuantileSketch(1);
    expect(sketch.quantiles([0, 0.5, 1])).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect(sketch.rank(1)).toBeNaN();
    sketch.add(-7.5);
    expect(sketch.quantiles([0, 0.5, 1])).toEqual([-7.5, -7.5, -7.5]);
  });

  it('gives the same figures for the same seed and others for another', () => {
    const values = shuffled(300_000, 2);
    const [a, b, c] = [new QuantileSketch(5), new QuantileSketch(5), new QuantileSketch(6)];
    for (const sketch of [a, b, c]) feed(sketch, values);
    expect(encode(a)).toEqual(encode(b));
    expect(encode(a)).not.toEqual(encode(c));
  });

  it('continues after decoding as if nothing had happened', () => {
    const values = shuffled(400_000, 3);
    const straight = new QuantileSketch(9);
    feed(straight, values.subarray(0, 200_001));
    const resumed = QuantileSketch.decode(new ByteReader(encode(straight)));
    feed(straight, values.subarray(200_001));
    feed(resumed, values.subarray(200_001));
    expect(encode(resumed)).toEqual(encode(straight));
  });

  it('loses no weight where the sampler and the levels hand values over', () => {
    const sum = new QuantileSketch(1);
    let count = 0;
    for (const size of [131_073, 3, 60_001, 999, 140_003, 1_000_001, 7]) {
      const part = new QuantileSketch(size);
      feed(part, shuffled(size, size));
      part.addWeighted(1, 2 ** 17 + 5);
      sum.merge(part);
      sum.add(-1);
      count += size + 2 ** 17 + 6;
      expect(sum.count).toBe(count);
      // Decoding compares the weights of all retained values with the count.
      expect(QuantileSketch.decode(new ByteReader(encode(sum))).count).toBe(count);
    }
  });

  it.each(['as a batch', 'one by one'])('samples every value of a block with the same chance: %s', (way) => {
    // Values alternate with the block of the sampler: a fixed position would see one of them only.
    const values = Float64Array.from({ length: 1_048_576 }, (_, i) => i % 16);
    const sketch = new QuantileSketch(4);
    if (way === 'as a batch') feed(sketch, values);
    else for (const value of values) sketch.add(value);
    for (let value = 0; value < 16; value++) {
      expect(Math.abs(sketch.rank(value) - (value + 1) / 16)).toBeLessThan(0.01);
    }
  });

  it('refuses values out of order, beyond the extremes, or not as many as its count', () => {
    const decode =
      (count: number, values: readonly number[], max = 3) =>
      () => {
        const w = new ByteWriter();
        w.u8(1);
        w.varint(800);
        w.u32(1);
        w.varint(count);
        w.i32(5);
        for (const extreme of [1, max]) w.f64(extreme);
        for (const sampler of [0, 0]) w.varint(sampler);
        w.f64(0);
        for (const level of [0, 0]) w.u8(level);
        w.varint(values.length);
        for (const value of values) w.f64(value);
        return QuantileSketch.decode(new ByteReader(w.finish()));
      };
    expect(decode(3, [1, 2, 3])().quantile(0.5)).toBe(2);
    expect(decode(4, [1, 2, 3])).toThrow(CorruptState);
    expect(decode(3, [1, 3, 2])).toThrow(CorruptState);
    expect(decode(3, [1, 2, 4])).toThrow(CorruptState);
    expect(decode(3, [1, Number.NaN, 3])).toThrow(CorruptState);
    expect(decode(3, [1, 2, 3], Number.POSITIVE_INFINITY)).toThrow(CorruptState);
  });

  it('stays small', () => {
    const sketch = new QuantileSketch(1);
    feed(sketch, shuffled(2_000_000, 4));
    expect(encode(sketch).length).toBeLessThan(32 * 1024);
  });

  it('is more exact with a larger k', () => {
    const values = shuffled(60_000, 8);
    const errors = [50, 800, 3000].map((k) => {
      let sum = 0;
      for (let seed = 0; seed < 10; seed++) {
        const sketch = new QuantileSketch(seed, k);
        feed(sketch, values);
        sum += worstError(sketch, values.length);
      }
      return sum;
    });
    expect(errors[0]).toBeGreaterThan(errors[1]!);
    expect(errors[1]).toBeGreaterThan(errors[2]!);
  });
});
