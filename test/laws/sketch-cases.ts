import { expect } from 'vitest';
import type { ByteReader, ByteWriter } from '#src/core/sketches/bytes.js';
import { FrequentValues } from '#src/core/sketches/frequent-values.js';
import { HyperLogLog } from '#src/core/sketches/hyperloglog.js';
import { Moments } from '#src/core/sketches/moments.js';
import { QuantileSketch } from '#src/core/sketches/quantile-sketch.js';
import { exactMoments } from '../support/exact-moments.js';
import { numberKey } from '../support/hashes.js';

/** What the laws ask of a mergeable state. */
export interface Mergeable<S> {
  merge(other: S): void;
  encode(w: ByteWriter): void;
  reset(): void;
  clone(): S;
}

/** One sketch under the laws: an entry in `sketchCases` is all that it takes. */
export interface SketchCase<S extends Mergeable<S>> {
  readonly name: string;
  /** True where any split and order of the same values gives the same bytes; else the summary is right within its bound. */
  readonly exact: boolean;
  create(): S;
  decode(r: ByteReader): S;
  add(sketch: S, values: readonly number[]): void;
  /** Fails unless the sketch describes exactly these values, within its documented error. */
  check(sketch: S, values: readonly number[]): void;
}

const BATCH = 1024;

function inBatches(values: readonly number[], add: (batch: Float64Array, count: number) => void): void {
  const batch = new Float64Array(BATCH);
  for (let start = 0; start < values.length; start += BATCH) {
    const part = values.slice(start, start + BATCH);
    batch.set(part);
    add(batch, part.length);
  }
}

function hashed(
  values: readonly number[],
  add: (
    h1: Int32Array,
    h2: Int32Array,
    bytes: Uint8Array,
    offsets: Int32Array,
    lengths: Int32Array,
    count: number,
  ) => void,
): void {
  const h1 = new Int32Array(BATCH);
  const h2 = new Int32Array(BATCH);
  const offsets = Int32Array.from({ length: BATCH }, (_, i) => 8 * i);
  const lengths = new Int32Array(BATCH).fill(8);
  inBatches(values, (batch, count) => {
    for (let i = 0; i < count; i++) [h1[i], h2[i]] = numberKey(batch[i]!);
    add(h1, h2, new Uint8Array(batch.buffer), offsets, lengths, count);
  });
}

/** How many values at the front of an ordered array pass. */
function countWhere(sorted: Float64Array, passes: (value: number) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (passes(sorted[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}

const hyperLogLog: SketchCase<HyperLogLog> = {
  name: 'HyperLogLog',
  exact: true,
  create: () => new HyperLogLog(),
  decode: (r) => HyperLogLog.decode(r),
  add: (sketch, values) =>
    hashed(values, (h1, h2, _bytes, _offsets, _lengths, count) => sketch.addBatch(h1, h2, count)),
  check(sketch, values) {
    const distinct = new Set(values).size;
    // Five standard errors.
    expect(Math.abs(sketch.estimate() - distinct)).toBeLessThanOrEqual(Math.ceil(5 * 0.00575 * distinct));
  },
};

const quantileSketch: SketchCase<QuantileSketch> = {
  name: 'QuantileSketch',
  exact: false,
  create: () => new QuantileSketch(42),
  decode: (r) => QuantileSketch.decode(r),
  add: (sketch, values) => inBatches(values, (batch, count) => sketch.addBatch(batch, count)),
  check(sketch, values) {
    expect(sketch.count).toBe(values.length);
    if (values.length === 0) return;
    const sorted = Float64Array.from(values).sort();
    expect([sketch.min, sketch.max]).toEqual([sorted[0], sorted.at(-1)]);
    const percents = Array.from({ length: 99 }, (_, i) => (i + 1) / 100);
    const errors = sketch.quantiles(percents).map((value, i) => {
      // Equal values share a span of ranks: the wanted one must lie in it, give or take 1 %.
      const below = countWhere(sorted, (v) => v < value) / sorted.length;
      const upTo = countWhere(sorted, (v) => v <= value) / sorted.length;
      return Math.max(percents[i]! - upTo, below - percents[i]!, Math.abs(sketch.rank(value) - upTo));
    });
    expect(Math.max(...errors)).toBeLessThanOrEqual(0.01);
  },
};

const frequentValues: SketchCase<FrequentValues> = {
  name: 'FrequentValues',
  exact: false,
  create: () => new FrequentValues(),
  decode: (r) => FrequentValues.decode(r),
  add: (sketch, values) =>
    hashed(values, (h1, h2, bytes, offsets, lengths, count) => sketch.addBatch(h1, h2, bytes, offsets, lengths, count)),
  check(sketch, values) {
    expect(sketch.total).toBe(values.length);
    const truth = new Map<number, number>();
    for (const value of values) truth.set(value, (truth.get(value) ?? 0) + 1);
    const shown = sketch.top(20);
    for (const { bytes, lower, upper } of shown) {
      const value = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0, true);
      const count = truth.get(value);
      expect(count).toBeGreaterThanOrEqual(Math.max(2, lower));
      expect(count).toBeLessThanOrEqual(upper);
      truth.delete(value);
    }
    const least = shown.at(-1)?.lower ?? Number.POSITIVE_INFINITY;
    expect(Math.max(0, ...truth.values())).toBeLessThan(least);
  },
};

const moments: SketchCase<Moments> = {
  name: 'Moments',
  exact: false,
  create: () => new Moments(),
  decode: (r) => Moments.decode(r),
  add: (sketch, values) => inBatches(values, (batch, count) => sketch.addBatch(batch, count)),
  check(sketch, values) {
    const truth = exactMoments(values);
    expect(sketch.count).toBe(values.length);
    if (values.length === 0) return;
    // Where values cancel almost fully the pair of doubles that holds the sum is the limit.
    const cancelled = values.reduce((sum, v) => sum + Math.abs(v) / values.length, 0) * 1e-27;
    expect(Math.abs(sketch.mean - truth.mean)).toBeLessThanOrEqual(1e-12 * Math.abs(truth.mean) + cancelled);
    if (values.length < 2) expect(sketch.stddev()).toBeNaN();
    else expect(Math.abs(sketch.stddev() - truth.stddev)).toBeLessThanOrEqual(1e-9 * truth.stddev);
  },
};

// biome-ignore lint/suspicious/noExplicitAny: a list of cases, each over its own sketch.
export const sketchCases: readonly SketchCase<any>[] = [hyperLogLog, quantileSketch, frequentValues, moments];
