import { describe, expect, it } from 'vitest';
import { Dictionary, type DictionaryLimits } from '#src/core/sketches/dictionary.js';

const LIMITS: DictionaryLimits = { entries: 6144, arenaBytes: 256 * 1024 };

/** Counts integers as 4-byte values; their hash is the value itself, so that slots collide. */
function add(dictionary: Dictionary, values: readonly number[], hash = (value: number) => value): number {
  const bytes = new Uint8Array(Int32Array.from(values).buffer);
  const words = Int32Array.from(values.map(hash));
  const offsets = Int32Array.from(values.keys()).map((i) => 4 * i);
  const lengths = new Int32Array(values.length).fill(4);
  return dictionary.addBatch(words, Int32Array.from(values), bytes, offsets, lengths, null, values.length);
}

function contents(dictionary: Dictionary): [value: number, count: number][] {
  return Array.from({ length: dictionary.count }, (_, e) => [
    dictionary.view.getInt32(dictionary.offsets[e]!, true),
    dictionary.counts[e]!,
  ]);
}

function dictionary(limits = LIMITS): Dictionary {
  const made = new Dictionary();
  made.reset(limits);
  return made;
}

describe('Dictionary', () => {
  it('counts in order of first sight while it grows', () => {
    const filled = dictionary();
    const values = Array.from({ length: 12_000 }, (_, i) => (i * 31) % 6000);
    expect(add(filled, values)).toBe(12_000);
    expect(contents(filled)).toEqual(values.slice(0, 6000).map((value) => [value, 2]));
  });

  it('tells values apart whose first words are the same', () => {
    const filled = dictionary();
    add(filled, [1, 2, 3, 2], () => 77);
    expect(contents(filled)).toEqual([
      [1, 1],
      [2, 2],
      [3, 1],
    ]);
  });

  it('stops before the first value that does not fit and still counts those it knows', () => {
    const filled = dictionary();
    const values = Array.from({ length: 6200 }, (_, i) => i);
    expect(add(filled, values)).toBe(6144);
    expect(filled.count).toBe(6144);
    expect(add(filled, [5, 6, 9999, 5])).toBe(2);
    expect(contents(filled)[5]).toEqual([5, 2]);
    expect(add(dictionary({ entries: 100, arenaBytes: 10 }), [1, 2, 3])).toBe(2);
  });

  it('takes in another one, up to what fits, and leaves it unchanged', () => {
    const [a, b] = [dictionary({ entries: 4, arenaBytes: 100 }), dictionary()];
    add(a, [1, 2, 2]);
    add(b, [2, 3, 3, 4, 5, 6]);
    const before = contents(b);
    expect(a.addEntries(b)).toBe(3);
    expect(contents(a)).toEqual([
      [1, 1],
      [2, 3],
      [3, 2],
      [4, 1],
    ]);
    expect(contents(b)).toEqual(before);
  });

  it('forgets everything when reset, whatever it had grown to', () => {
    const filled = dictionary();
    add(
      filled,
      Array.from({ length: 6000 }, (_, i) => i),
    );
    filled.reset(LIMITS);
    expect(add(filled, [3, 3, 7000])).toBe(3);
    expect(contents(filled)).toEqual([
      [3, 2],
      [7000, 1],
    ]);
  });
});
