import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { characterBoundary, countCharacters, decodeUtf8, encodeUtf8 } from '#src/core/decode/utf8.js';

describe('UTF-8', () => {
  it('decodes any bytes as TextDecoder does', () => {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(decodeUtf8(bytes, 0, bytes.length)).toBe(decoder.decode(bytes));
      }),
      { numRuns: 2000 },
    );
  });

  it('decodes near-valid sequences as TextDecoder does', () => {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    const byte = fc.constantFrom(
      0x41,
      0x80,
      0x9f,
      0xa0,
      0xbf,
      0xc1,
      0xc2,
      0xe0,
      0xed,
      0xef,
      0xf0,
      0xf4,
      0xf5,
      0x8f,
      0x90,
    );
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 12 }), (values) => {
        const bytes = Uint8Array.from(values);
        expect(decodeUtf8(bytes, 0, bytes.length)).toBe(decoder.decode(bytes));
      }),
      { numRuns: 5000 },
    );
  });

  it('encodes, counts and cuts at characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 30 }), fc.nat(60), (text, limit) => {
        const bytes = encodeUtf8(text);
        expect(Buffer.from(bytes)).toEqual(Buffer.from(text.toWellFormed()));
        expect(countCharacters(new DataView(bytes.buffer), 0, bytes.length)).toBe([...text].length);
        if (limit >= bytes.length) return;
        const cut = characterBoundary(bytes, 0, limit);
        expect(text.toWellFormed().startsWith(decodeUtf8(bytes, 0, cut))).toBe(true);
        expect(limit - cut).toBeLessThan(4);
      }),
    );
  });

  it('decodes long texts', () => {
    const text = 'añ😀'.repeat(10_000);
    const bytes = encodeUtf8(text);
    expect(decodeUtf8(bytes, 0, bytes.length)).toBe(text);
  });
});
