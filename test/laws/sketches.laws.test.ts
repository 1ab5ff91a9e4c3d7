import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter, CorruptState } from '#src/core/sketches/bytes.js';
import { randomFractions } from '../support/hashes.js';
import { type Mergeable, sketchCases } from './sketch-cases.js';

const RUNS = { numRuns: 30 };

/** Squares of these stay within the range of a double. */
const moderate = fc.double({ min: -1e140, max: 1e140, noNaN: true }).map((v) => (Math.abs(v) < 1e-140 ? 0 : v));

/** Long streams from a seed: all different, skewed, few different, drifting on top of a large offset. */
const long = fc
  .record({ seed: fc.nat(), size: fc.integer({ min: 500, max: 4000 }), shape: fc.integer({ min: 0, max: 3 }) })
  .map(({ seed, size, shape }) => {
    const next = randomFractions(seed);
    return Array.from({ length: size }, (_, i) => {
      if (shape === 0) return next();
      if (shape === 1) return Math.floor(1 / (1 - next()));
      if (shape === 2) return Math.floor(next() * 20);
      return 1e9 + i + next();
    });
  });

const values = fc.oneof(fc.array(moderate, { maxLength: 30 }), long);

describe.each(sketchCases)('$name', (sketchCase) => {
  const from = (...streams: readonly number[][]) => {
    const sketch = sketchCase.create();
    for (const stream of streams) sketchCase.add(sketch, stream);
    return sketch;
  };
  const merged = <S extends Mergeable<S>>(a: S, b: S): S => {
    const sum = a.clone();
    sum.merge(b);
    return sum;
  };
  const encoded = <S extends Mergeable<S>>(sketch: S): Uint8Array => {
    const w = new ByteWriter();
    sketch.encode(w);
    return w.finish();
  };
  const decoded = (bytes: Uint8Array) => sketchCase.decode(new ByteReader(bytes));
  const expectSame = <S extends Mergeable<S>>(a: S, b: S, content: readonly number[]) => {
    sketchCase.check(a, content);
    sketchCase.check(b, content);
    if (sketchCase.exact) expect(encoded(a)).toEqual(encoded(b));
  };

  it('describes what was added', () => {
    fc.assert(
      fc.property(values, (a) => {
        sketchCase.check(from(a), a);
      }),
      RUNS,
    );
  });

  it('merges parts to the whole', () => {
    fc.assert(
      fc.property(values, fc.array(fc.nat(4000), { maxLength: 12 }), (a, cuts) => {
        const ends = [...cuts.map((cut) => cut % (a.length + 1)), a.length].sort((x, y) => x - y);
        const sum = sketchCase.create();
        let start = 0;
        for (const end of ends) {
          sum.merge(from(a.slice(start, end)));
          start = end;
        }
        expectSame(sum, from(a), a);
      }),
      RUNS,
    );
  });

  it('is commutative', () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        expectSame(merged(from(a), from(b)), merged(from(b), from(a)), [...a, ...b]);
      }),
      RUNS,
    );
  });

  it('is associative', () => {
    fc.assert(
      fc.property(values, values, values, (a, b, c) => {
        const left = merged(merged(from(a), from(b)), from(c));
        const right = merged(from(a), merged(from(b), from(c)));
        expectSame(left, right, [...a, ...b, ...c]);
      }),
      RUNS,
    );
  });

  it('is not changed by merging an empty one, and an empty one becomes what it merges', () => {
    fc.assert(
      fc.property(values, (a) => {
        const sketch = from(a);
        expect(encoded(merged(sketch, sketchCase.create()))).toEqual(encoded(sketch));
        expectSame(merged(sketchCase.create(), sketch), sketch, a);
      }),
      RUNS,
    );
  });

  it('may be merged with itself', () => {
    fc.assert(
      fc.property(values, (a) => {
        const sketch = from(a);
        sketch.merge(sketch);
        sketchCase.check(sketch, [...a, ...a]);
      }),
      RUNS,
    );
  });

  it('leaves the merged one and the original of a clone unchanged', () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const sketch = from(a);
        const before = encoded(sketch);
        const other = from(b);
        other.merge(sketch);
        sketchCase.add(sketch.clone(), b);
        expect(encoded(sketch)).toEqual(before);
        sketchCase.check(sketch, a);
      }),
      RUNS,
    );
  });

  it('survives encoding, and goes on from there', () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const bytes = encoded(from(a));
        const copy = decoded(bytes);
        sketchCase.check(copy, a);
        expect(encoded(copy)).toEqual(bytes);
        sketchCase.add(copy, b);
        copy.merge(decoded(encoded(from(b))));
        sketchCase.check(copy, [...a, ...b, ...b]);
      }),
      RUNS,
    );
  });

  it('reads exactly its own bytes', () => {
    fc.assert(
      fc.property(values, (a) => {
        const w = new ByteWriter();
        from(a).encode(w);
        w.u8(77);
        const r = new ByteReader(w.finish());
        sketchCase.decode(r);
        expect([r.remaining, r.u8()]).toEqual([1, 77]);
      }),
      RUNS,
    );
  });

  it('is as new after a reset', () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const sketch = from(a);
        sketch.reset();
        expect(encoded(sketch)).toEqual(encoded(sketchCase.create()));
        sketchCase.add(sketch, b);
        expect(encoded(sketch)).toEqual(encoded(from(b)));
      }),
      RUNS,
    );
  });

  it('refuses bytes that were cut, or are of another version', () => {
    fc.assert(
      fc.property(values, fc.nat(), (a, cut) => {
        const bytes = encoded(from(a));
        expect(() => decoded(bytes.subarray(0, cut % bytes.length))).toThrow(CorruptState);
        const other = bytes.slice();
        other[0]! += 1 + (cut % 255);
        expect(() => decoded(other)).toThrow(CorruptState);
      }),
      RUNS,
    );
  });

  it('refuses changed bytes or yields a usable sketch, and never anything else', () => {
    const change = fc.record({ at: fc.nat(), by: fc.integer({ min: 1, max: 255 }), early: fc.boolean() });
    fc.assert(
      fc.property(
        values,
        fc.array(change, { minLength: 1, maxLength: 4 }),
        fc.uint8Array({ maxLength: 200 }),
        (a, changes, noise) => {
          const bytes = encoded(from(a));
          for (const { at, by, early } of changes) bytes[at % Math.min(bytes.length, early ? 40 : bytes.length)]! ^= by;
          for (const input of [bytes, noise, Uint8Array.of(bytes[0]!, ...noise)]) {
            try {
              const sketch = decoded(input);
              expect(encoded(decoded(encoded(sketch)))).toEqual(encoded(sketch));
            } catch (error) {
              expect(error).toBeInstanceOf(CorruptState);
            }
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
