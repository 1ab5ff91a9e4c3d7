import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter, CorruptState } from '#src/core/sketches/bytes.js';
import { FrequentValues } from '#src/core/sketches/frequent-values.js';
import { numberKey, randomFractions } from '../../support/hashes.js';

const BATCH = 1024;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Feeds whole numbers by their decimal text. */
function feed(sketch: FrequentValues, values: readonly number[]): void {
  for (let start = 0; start < values.length; start += BATCH) {
    const part = values.slice(start, start + BATCH);
    const keys = part.map(numberKey);
    const texts = part.map((value) => encoder.encode(`v${value}`));
    const bytes = new Uint8Array(texts.reduce((sum, text) => sum + text.length, 0));
    const offsets = new Int32Array(part.length);
    let end = 0;
    texts.forEach((text, i) => {
      offsets[i] = end;
      bytes.set(text, end);
      end += text.length;
    });
    sketch.addBatch(
      Int32Array.from(keys, (key) => key[0]),
      Int32Array.from(keys, (key) => key[1]),
      bytes,
      offsets,
      Int32Array.from(texts, (text) => text.length),
      part.length,
    );
  }
}

function counted(values: readonly number[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(`v${value}`, (counts.get(`v${value}`) ?? 0) + 1);
  return counts;
}

function shown(sketch: FrequentValues, n = 10): { text: string; lower: number; upper: number }[] {
  return sketch.top(n).map(({ bytes, lower, upper }) => ({ text: decoder.decode(bytes), lower, upper }));
}

function expectBounds(sketch: FrequentValues, values: readonly number[]): void {
  const truth = counted(values);
  expect(sketch.total).toBe(values.length);
  const top = shown(sketch, 1000);
  for (const { text, lower, upper } of top) {
    expect(truth.get(text)).toBeGreaterThanOrEqual(lower);
    expect(truth.get(text)).toBeLessThanOrEqual(upper);
    expect(upper - lower).toBe(sketch.error);
    truth.delete(text);
  }
  const least = top.at(-1)?.lower ?? Number.POSITIVE_INFINITY;
  expect(Math.max(0, ...truth.values())).toBeLessThan(least);
}

function zipf(n: number, exponent: number, seed: number): number[] {
  const next = randomFractions(seed);
  return Array.from({ length: n }, () => Math.floor((1 - next()) ** (-1 / (exponent - 1))));
}

describe('FrequentValues', () => {
  it.each([1.3, 1.6, 2, 3])('holds its bounds on a power law of exponent %d', (exponent) => {
    const values = zipf(100_000, exponent, 17 * exponent);
    const sketch = new FrequentValues();
    feed(sketch, values);
    expectBounds(sketch, values);
    expect(sketch.error).toBeLessThanOrEqual(values.length / 400);
    const parts = new FrequentValues();
    for (let start = 0; start < values.length; start += 9000) {
      const part = new FrequentValues();
      feed(part, values.slice(start, start + 9000));
      parts.merge(part);
    }
    expectBounds(parts, values);
    expect(parts.error).toBeLessThanOrEqual(values.length / 400);
  });

  it('finds what is frequent in a long tail', () => {
    const values = zipf(200_000, 2, 5);
    const sketch = new FrequentValues();
    feed(sketch, values);
    expect(shown(sketch, 5).map(({ text }) => text)).toEqual(['v1', 'v2', 'v3', 'v4', 'v5']);
  });

  it.each([
    { name: '10 values', distinct: 10 },
    { name: '1,000 values', distinct: 1000 },
    { name: '1,500 values', distinct: 1500 },
    { name: '50,000 values', distinct: 50_000 },
  ])('holds its bounds on $name that are about equally frequent', ({ distinct }) => {
    const next = randomFractions(distinct);
    const values = Array.from({ length: 60_000 }, () => Math.floor(next() * distinct));
    const sketch = new FrequentValues();
    feed(sketch, values);
    expectBounds(sketch, values);
    if (distinct <= 1000) expect(sketch.error).toBe(0);
  });

  it('shows nothing of a near-unique column', () => {
    const next = randomFractions(8);
    const values = Array.from({ length: 200_000 }, (_, i) => (next() < 0.001 ? Math.floor(next() * i) : i));
    const sketch = new FrequentValues();
    for (let end = 10; start(end) < values.length; end *= 2) {
      feed(sketch, values.slice(start(end), end));
      for (const { text, lower } of shown(sketch)) {
        expect(lower).toBeGreaterThan(1);
        expect(counted(values.slice(0, end)).get(text)).toBeGreaterThanOrEqual(lower);
      }
    }
    expect(shown(sketch)).toEqual([]);
  });

  it('errs by no more where values are left out than where they are counted and purged', () => {
    const unique = new FrequentValues();
    feed(
      unique,
      Array.from({ length: 200_000 }, (_, i) => i),
    );
    expect(unique.error).toBeGreaterThan(0);
    expect(unique.error).toBeLessThanOrEqual(200_000 / 500);
    const rare = new FrequentValues();
    const values = Array.from({ length: 60_000 }, (_, i) => (i % 40 === 0 ? -1 : i % 3000));
    feed(rare, values);
    expectBounds(rare, values);
    expect(shown(rare)[0]?.text).toBe('v-1');
  });

  it('shows the one frequent value among unique ones', () => {
    const values = Array.from({ length: 100_000 }, (_, i) => (i % 50 === 0 ? -1 : i));
    const sketch = new FrequentValues();
    feed(sketch, values);
    expect(shown(sketch).map(({ text }) => text)).toEqual(['v-1']);
    expectBounds(sketch, values);
  });

  it('is exact while all values fit, and orders by count, then bytes', () => {
    const sketch = new FrequentValues();
    feed(sketch, [3, 1, 2, 1, 2, 1, 3, 4]);
    expect(shown(sketch)).toEqual([
      { text: 'v1', lower: 3, upper: 3 },
      { text: 'v2', lower: 2, upper: 2 },
      { text: 'v3', lower: 2, upper: 2 },
    ]);
    // v2 and v3 came equally often: one of them alone would be arbitrary.
    expect(shown(sketch, 2).map(({ text }) => text)).toEqual(['v1']);
    expect(shown(sketch, 0)).toEqual([]);
  });

  it('counts a weighted value like as many single ones, and shows it at once', () => {
    const sketch = new FrequentValues();
    const text = encoder.encode('xx-heavy-yy');
    sketch.addWeighted(...numberKey(1), text, 3, 5, 2 ** 40);
    sketch.addWeighted(...numberKey(2), text, 0, 2, 0);
    sketch.addWeighted(...numberKey(3), text, 9, 2, 1);
    expect(sketch.total).toBe(2 ** 40 + 1);
    expect(shown(sketch)).toEqual([{ text: 'heavy', lower: 2 ** 40, upper: 2 ** 40 }]);
  });

  it('keeps counters of weighted values within their bounds', () => {
    const next = randomFractions(21);
    const sketch = new FrequentValues();
    const truth = new Map<string, number>();
    for (let i = 0; i < 20_000; i++) {
      const value = Math.floor((1 - next()) ** -1.2);
      const weight = Math.ceil(100 * next());
      const text = encoder.encode(`v${value}`);
      sketch.addWeighted(...numberKey(value), text, 0, text.length, weight);
      truth.set(`v${value}`, (truth.get(`v${value}`) ?? 0) + weight);
    }
    const top = shown(sketch);
    expect(top.length).toBeGreaterThan(3);
    for (const { text, lower, upper } of top) {
      expect(truth.get(text)).toBeGreaterThanOrEqual(lower);
      expect(truth.get(text)).toBeLessThanOrEqual(upper);
    }
  });

  /** 1 KiB of text, of which 128 KiB are kept. */
  const long = (value: number) => encoder.encode(`${value}-`.repeat(600).slice(0, 1024));
  const addLong = (sketch: FrequentValues, value: number, weight: number) =>
    sketch.addWeighted(...numberKey(value), long(value), 0, 1024, weight);

  it('keeps a bounded number of bytes, those of the most frequent values', () => {
    for (const order of [1, -1]) {
      const sketch = new FrequentValues();
      for (let i = 0; i < 300; i++) {
        const value = order === 1 ? i : 299 - i;
        addLong(sketch, value, 1000 - value);
      }
      const w = new ByteWriter();
      sketch.encode(w);
      const bytes = w.finish();
      expect(bytes.length).toBeLessThan(160 * 1024);
      const copy = FrequentValues.decode(new ByteReader(bytes));
      for (const one of [sketch, copy]) {
        const top = one.top(300);
        expect(top.length).toBeGreaterThanOrEqual(30);
        expect(top.map((value) => value.bytes)).toEqual(top.map((_, value) => long(value)));
      }
    }
  });

  it('takes back the room of values that are gone', () => {
    const sketch = new FrequentValues();
    for (let value = 10; value < 4000; value++) addLong(sketch, value, 3);
    for (let value = 0; value < 5; value++) addLong(sketch, value, 10_000 - value * 1000);
    for (let value = 4000; value < 9000; value++) addLong(sketch, value, 3);
    expect(sketch.top(10).map(({ bytes }) => bytes)).toEqual([0, 1, 2, 3, 4].map(long));
  });

  it('keeps the bytes of as many frequent values as there is room for, after many rare ones', () => {
    const sketch = new FrequentValues();
    for (let value = 0; value < 4000; value++) addLong(sketch, value, 3);
    for (let value = 5000; value < 5100; value++) addLong(sketch, value, 1000);
    const kept = sketch.top(100).map(({ bytes }) => decoder.decode(bytes));
    expect(kept.sort()).toEqual(Array.from({ length: 100 }, (_, i) => decoder.decode(long(5000 + i))));
  });

  it('counts only the bytes of values that are still there as room taken', () => {
    const sketch = new FrequentValues();
    addLong(sketch, 0, 10_000);
    for (let value = 1; value <= 100; value++) addLong(sketch, value, 3);
    for (let value = 1000; value < 3000; value++) sketch.addWeighted(...numberKey(value), long(value), 0, 3, 5);
    for (let value = 5000; value < 5100; value++) addLong(sketch, value, 1000);
    expect(sketch.top(101)).toHaveLength(101);
  });

  it('refuses counts that exceed what was added, and a value twice', () => {
    const decode = (total: number, offset: number, second: number) => () => {
      const w = new ByteWriter();
      w.u8(1);
      w.varint(total);
      w.varint(offset);
      w.varint(2);
      for (const key of [7, second]) {
        w.i32(key);
        w.i32(0);
        w.varint(5);
        w.u8(1);
        w.bytes(long(1));
      }
      return FrequentValues.decode(new ByteReader(w.finish()));
    };
    expect(decode(11, 1, 8)().top(2)).toHaveLength(2);
    expect(decode(9, 1, 8)).toThrow(CorruptState);
    expect(decode(11, 12, 8)).toThrow(CorruptState);
    expect(decode(11, 1, 7)).toThrow(CorruptState);
  });

  it('takes an empty value like any other', () => {
    const sketch = new FrequentValues();
    sketch.addWeighted(1, 2, new Uint8Array(0), 0, 0, 5);
    expect(shown(sketch)).toEqual([{ text: '', lower: 5, upper: 5 }]);
  });
});

function start(end: number): number {
  return end === 10 ? 0 : end / 2;
}
