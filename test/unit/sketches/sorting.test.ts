import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sortRuns } from '#src/core/sketches/sorting.js';

const numbers = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 300 });

it('sorts any numbers, whatever length their sorted runs have', () => {
  fc.assert(
    fc.property(numbers, fc.integer({ min: 1, max: 320 }), (values, run) => {
      const input = Float64Array.from(values);
      for (let start = 0; start < input.length; start += run) input.subarray(start, start + run).sort();
      const sorted = sortRuns(input, input.length, run).slice(0, input.length);
      // −0 and 0 are equal here and nowhere told apart.
      expect(sorted.map((v) => v + 0)).toEqual(Float64Array.from(values, (v) => v + 0).sort());
    }),
    { numRuns: 500 },
  );
});

it('sorts more than its scratch holds, and leaves what follows alone', () => {
  const input = Float64Array.from({ length: 10_000 }, (_, i) => (i * 7919) % 10_007);
  const expected = input.slice(0, 9_999).sort();
  expect(sortRuns(input, 9_999, 1).slice(0, 9_999)).toEqual(expected);
  expect(input[9_999]).toBe((9_999 * 7919) % 10_007);
});
