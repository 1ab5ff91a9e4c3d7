import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter, CorruptState } from '#src/core/sketches/bytes.js';
import { HLL_PRECISION, HyperLogLog } from '#src/core/sketches/hyperloglog.js';
import { randomFractions, randomWords } from '../../support/hashes.js';

const BATCH = 1024;
const h1 = new Int32Array(BATCH);
const h2 = new Int32Array(BATCH);

function fill(sketch: HyperLogLog, distinct: number, seed: number): void {
  const next = randomWords(seed);
  for (let left = distinct; left > 0; left -= BATCH) {
    const count = Math.min(left, BATCH);
    for (let i = 0; i < count; i++) {
      h1[i] = next();
      h2[i] = next();
    }
    sketch.addBatch(h1, h2, count);
  }
}

function encode(sketch: HyperLogLog): Uint8Array {
  const w = new ByteWriter();
  sketch.encode(w);
  return w.finish();
}

describe('HyperLogLog', () => {
  it('errs by at most 2 % on 200 columns of 1 to 5 million values, without bias', () => {
    const size = randomFractions(7);
    const sketch = new HyperLogLog();
    let bias = 0;
    let square = 0;
    for (let column = 0; column < 200; column++) {
      const distinct = Math.round(Math.exp(size() * Math.log(5e6)));
      sketch.reset();
      fill(sketch, distinct, column);
      const error = sketch.estimate() / distinct - 1;
      expect(Math.abs(error), `${distinct} values`).toBeLessThanOrEqual(0.02);
      bias += error / 200;
      square += error ** 2 / 200;
    }
    expect(Math.abs(bias)).toBeLessThan(0.0015);
    expect(Math.sqrt(square)).toBeLessThan(0.0065);
  });

  it('has no bias where small counts turn into large ones', () => {
    const sketch = new HyperLogLog();
    for (const distinct of [20_000, 80_000, 90_000, 160_000]) {
      let bias = 0;
      for (let seed = 0; seed < 30; seed++) {
        sketch.reset();
        fill(sketch, distinct, 1000 + seed);
        bias += (sketch.estimate() / distinct - 1) / 30;
      }
      // Four standard errors of a mean of 30.
      expect(Math.abs(bias), `${distinct} values`).toBeLessThan((4 * 0.00575) / Math.sqrt(30));
    }
  });

  it('counts a handful to within one, each once', () => {
    const sketch = new HyperLogLog();
    const next = randomWords(3);
    for (let i = 1; i <= 50; i++) {
      const [first, second] = [next(), next()];
      sketch.add(first, second);
      sketch.add(first, second);
      expect(Math.abs(sketch.estimate() - i)).toBeLessThanOrEqual(1);
    }
  });

  it('is empty at first', () => {
    expect(new HyperLogLog().estimate()).toBe(0);
  });

  it('adds one by one as in a batch, down to hashes whose second word is zero', () => {
    const one = new HyperLogLog();
    const batch = new HyperLogLog();
    for (let bit = 0; bit < 32; bit++) {
      h1[bit] = (1 << bit) | 5;
      h2[bit] = bit < 16 ? 0 : 1 << bit;
      one.add(h1[bit]!, h2[bit]!);
    }
    batch.addBatch(h1, h2, 32);
    expect(encode(batch)).toEqual(encode(one));
    // The first word's spare bits go on where the second has no bit: 0, the highest rank, is told from 2^31.
    const lowest = new HyperLogLog();
    lowest.add(0, 0);
    const highest = new HyperLogLog();
    highest.add(1 << 31, 0);
    expect(encode(lowest).at(-1)).toBe(64 - HLL_PRECISION + 1);
    expect(encode(highest).at(-1)).toBe(33);
  });

  it('takes a few bytes for a few values and 16 KiB for many', () => {
    const sketch = new HyperLogLog();
    expect(encode(sketch).length).toBe(3);
    fill(sketch, 100, 1);
    expect(encode(sketch).length).toBeLessThan(400);
    for (const distinct of [5000, 100_000, 5_000_000]) {
      fill(sketch, distinct, 2);
      const bytes = encode(sketch);
      expect(bytes.length).toBeLessThan(17_000);
      expect(HyperLogLog.decode(new ByteReader(bytes)).estimate()).toBe(sketch.estimate());
    }
  });

  it('keeps registers that do not fit four bits', () => {
    const sketch = new HyperLogLog();
    fill(sketch, 500_000, 9);
    for (let i = 0; i < 20; i++) sketch.add(i * 3, i % 2);
    const bytes = encode(sketch);
    const copy = HyperLogLog.decode(new ByteReader(bytes));
    expect(encode(copy)).toEqual(bytes);
    expect(copy.estimate()).toBe(sketch.estimate());
  });

  it('refuses registers and positions that cannot be', () => {
    const sparse = (gap: number, rho: number) => {
      const w = new ByteWriter();
      w.u8(1);
      w.u8(0);
      w.varint(1);
      w.varint(gap);
      w.u8(rho);
      return () => HyperLogLog.decode(new ByteReader(w.finish()));
    };
    expect(sparse(32767, 50)().estimate()).toBe(1);
    expect(sparse(32768, 50)).toThrow(CorruptState);
    expect(sparse(0, 51)).toThrow(CorruptState);
    expect(sparse(0, 0)).toThrow(CorruptState);
  });
});
