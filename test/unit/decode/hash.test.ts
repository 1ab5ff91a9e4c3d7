import { describe, expect, it } from 'vitest';
import { hashBytes, hashWords } from '#src/core/decode/hash.js';
import { HyperLogLog } from '#src/core/sketches/hyperloglog.js';

const COUNT = 1_000_000;

/** Fills two lanes and returns how many of the 64-bit hashes are different. */
function distinct(hash: (i: number, h1: Int32Array, h2: Int32Array) => void): { found: number; estimate: number } {
  const h1 = new Int32Array(COUNT);
  const h2 = new Int32Array(COUNT);
  for (let i = 0; i < COUNT; i++) hash(i, h1, h2);
  const sketch = new HyperLogLog();
  sketch.addBatch(h1, h2, COUNT);
  const keys = new BigUint64Array(COUNT);
  const words = new Int32Array(keys.buffer);
  for (let i = 0; i < COUNT; i++) {
    words[2 * i] = h1[i]!;
    words[2 * i + 1] = h2[i]!;
  }
  keys.sort();
  let found = 1;
  for (let i = 1; i < COUNT; i++) if (keys[i] !== keys[i - 1]) found++;
  return { found, estimate: sketch.estimate() };
}

const buffer = Buffer.alloc(64);
const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
const textHash = (make: (i: number) => string) => (i: number, h1: Int32Array, h2: Int32Array) => {
  const length = buffer.write(make(i), 'latin1');
  hashBytes(view, 0, length, length, h1, h2, i);
};

let state = 1;
/** Marsaglia 2003, xorshift32. */
function random(): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return state >>> 0;
}

describe('64-bit hashes', () => {
  it.each([
    ['integers', (i: number, h1: Int32Array, h2: Int32Array) => hashWords(i, 0, h1, h2, i)],
    ['multiples of 2^20', (i: number, h1: Int32Array, h2: Int32Array) => hashWords(i << 20, i >>> 12, h1, h2, i)],
    ['high words', (i: number, h1: Int32Array, h2: Int32Array) => hashWords(0, i, h1, h2, i)],
    ['decimal texts', textHash((i) => String(i))],
    ['texts with a common end', textHash((i) => `${i}@example.com`)],
    ['texts with a common start', textHash((i) => `customer-${i.toString(16).padStart(8, '0')}`)],
  ])('of a million %s do not collide and count well', (_, hash) => {
    const { found, estimate } = distinct(hash);
    expect(found).toBe(COUNT);
    expect(Math.abs(estimate / COUNT - 1)).toBeLessThan(0.02);
  });

  it.each([
    ['words', 8, (h1: Int32Array, h2: Int32Array) => hashWords(view.getInt32(0), view.getInt32(4), h1, h2, 0)],
    ['3 bytes', 3, (h1: Int32Array, h2: Int32Array) => void hashBytes(view, 0, 3, 3, h1, h2, 0)],
    ['8 bytes', 8, (h1: Int32Array, h2: Int32Array) => void hashBytes(view, 0, 8, 8, h1, h2, 0)],
    ['13 bytes', 13, (h1: Int32Array, h2: Int32Array) => void hashBytes(view, 0, 13, 13, h1, h2, 0)],
  ])('change about half of their bits with any bit of %s', (_, bytes, hash) => {
    const [a1, a2, b1, b2] = Array.from({ length: 4 }, () => new Int32Array(1)) as [
      Int32Array,
      Int32Array,
      Int32Array,
      Int32Array,
    ];
    const trials = 1000;
    let worst = 0;
    for (let bit = 0; bit < bytes * 8; bit++) {
      const flips = new Float64Array(64);
      for (let trial = 0; trial < trials; trial++) {
        for (let i = 0; i < bytes; i++) buffer[i] = random() >>> 24;
        hash(a1, a2);
        buffer[bit >> 3]! ^= 1 << (bit & 7);
        hash(b1, b2);
        for (let i = 0; i < 32; i++) {
          flips[i]! += ((a1[0]! ^ b1[0]!) >>> i) & 1;
          flips[32 + i]! += ((a2[0]! ^ b2[0]!) >>> i) & 1;
        }
      }
      for (const count of flips) worst = Math.max(worst, Math.abs(count / trials - 0.5));
    }
    expect(worst).toBeLessThan((6 * 0.5) / Math.sqrt(trials)); // six standard errors
  });

  it('tells ASCII', () => {
    const lanes = [new Int32Array(1), new Int32Array(1)] as const;
    const ascii = (value: string) => hashBytes(view, 0, buffer.write(value), 1, ...lanes, 0) === 0;
    for (const value of ['', 'a', 'ab', 'abc', 'abcd', 'abcde', 'hello world']) expect(ascii(value)).toBe(true);
    for (const value of ['é', 'aé', 'abé', 'éabcdefg', 'abcdefé', 'abcédefgh']) expect(ascii(value)).toBe(false);
  });
});
