import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decoderFor } from '#src/core/decode/decoders/index.js';
import { traitsOf } from '#src/core/decode/kind-traits.js';
import { ColumnFigures } from '#src/core/sketches/column-figures.js';
import { Extremes } from '#src/core/sketches/extremes.js';
import { int8, numeric } from '../../support/copy-bytes.js';

/** Values laid one after the other, as in a batch. */
function packed(values: readonly Uint8Array[]) {
  const bytes = new Uint8Array(Buffer.concat(values));
  const lengths = Int32Array.from(values, (value) => value.length);
  const offsets = new Int32Array(values.length);
  for (let i = 1; i < values.length; i++) offsets[i] = offsets[i - 1]! + lengths[i - 1]!;
  const view = new DataView(bytes.buffer);
  return { bytes, view, offsets, lengths, sizes: new Int32Array(values.length), count: values.length };
}

const held = ({ min, max }: Extremes) => [min, max].map(({ bytes, length }) => Buffer.from(bytes.subarray(0, length)));

describe('extremes of bytes', () => {
  const value = fc
    .tuple(
      fc.constantFrom('', 'aaaa', 'aaaaa', 'customer-'),
      fc.array(fc.constantFrom(0, 97, 98, 255), { maxLength: 6 }),
    )
    .map(([start, rest]) => Buffer.concat([Buffer.from(start), Buffer.from(rest)]));

  it('are those of memcmp, over batches and merges', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(value, { minLength: 1, maxLength: 9 }), { minLength: 1, maxLength: 5 }),
        (batches) => {
          const [running, joined] = [new Extremes(), new Extremes()];
          for (const batch of batches) {
            const { bytes, view, offsets, lengths, count } = packed(batch);
            running.addBytes(bytes, view, offsets, lengths, count);
            const part = new Extremes();
            part.addBytes(bytes, view, offsets, lengths, count);
            joined.merge('bytes', part);
          }
          const sorted = batches.flat().sort(Buffer.compare);
          expect(held(running)).toEqual([sorted[0], sorted.at(-1)]);
          expect(held(joined)).toEqual(held(running));
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe.each([
  ['int8', [2n ** 60n, 2n ** 60n + 1n, 2n ** 60n - 1n, -(2n ** 62n), -(2n ** 62n) + 1n].map(int8), [3, 1]],
  [
    'numeric',
    ['1000000000000000.0001', '1000000000000000.0002', '-5.00000000000000000001', '-5', '3'].map(numeric),
    [2, 1],
  ],
] as const)('extremes of %s whose doubles are equal', (kind, values, [least, most]) => {
  it('are exact in any order and split', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }),
        fc.integer({ min: 1, max: 5 }),
        (order, size) => {
          const figures = new ColumnFigures();
          for (let at = 0; at < order.length; at += size) {
            const batch = packed(order.slice(at, at + size).map((i) => values[i]!));
            const numbers = new Float64Array(batch.count);
            decoderFor(kind).numbers!(batch.view, batch.offsets, batch.lengths, batch.count, numbers);
            figures.addNumbers(traitsOf(kind), batch.bytes, batch.view, batch, numbers, null);
          }
          expect(held(figures.extremes)).toEqual([values[least], values[most]]);
        },
      ),
    );
  });
});
