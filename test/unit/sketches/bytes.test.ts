import { describe, expect, it } from 'vitest';
import { ByteReader, ByteWriter, CorruptState } from '#src/core/sketches/bytes.js';

const written = (write: (w: ByteWriter) => void): ByteReader => {
  const w = new ByteWriter(16);
  write(w);
  return new ByteReader(w.finish());
};

describe('ByteWriter and ByteReader', () => {
  it('read back what was written, in order', () => {
    const r = written((w) => {
      w.u8(255);
      w.u16(65535);
      w.u32(4294967295);
      w.i32(-2147483648);
      w.f64(-1.5e-300);
      w.bytes(Uint8Array.of(1, 2, 3));
      w.bytes(new Uint8Array(0));
    });
    expect([r.u8(), r.u16(), r.u32(), r.i32(), r.f64()]).toEqual([255, 65535, 4294967295, -2147483648, -1.5e-300]);
    expect([r.bytes(), r.bytes()]).toEqual([Uint8Array.of(1, 2, 3), new Uint8Array(0)]);
    expect(r.remaining).toBe(0);
  });

  it.each([0, 1, 127, 128, 16383, 16384, 2 ** 31, 2 ** 32, 2 ** 40 + 3, Number.MAX_SAFE_INTEGER])('varint %d', (n) => {
    const r = written((w) => w.varint(n));
    expect(r.varint()).toBe(n);
    expect(r.remaining).toBe(0);
  });

  it.each([-1, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY])('refuses to write %d as a varint', (n) => {
    expect(() => new ByteWriter().varint(n)).toThrow(RangeError);
  });

  it('grows beyond its first size', () => {
    const r = written((w) => {
      for (let i = 0; i < 10_000; i++) w.u32(i);
    });
    for (let i = 0; i < 10_000; i++) expect(r.u32()).toBe(i);
  });

  it('reads a part of a larger buffer and not what follows it', () => {
    const r = new ByteReader(Uint8Array.of(9, 9, 1, 0, 9, 9).subarray(2, 4));
    expect(r.u16()).toBe(1);
    expect(() => r.u8()).toThrow(new CorruptState('expected a byte, found 0 bytes'));
  });

  it('says what was expected where the input is cut', () => {
    const short = Uint8Array.of(1);
    expect(() => new ByteReader(short).f64()).toThrow(new CorruptState('expected a 64-bit float, found 1 bytes'));
    expect(() => new ByteReader(short).u32()).toThrow(new CorruptState('expected a 32-bit integer, found 1 bytes'));
    expect(() => new ByteReader(short).version('test', 2)).toThrow(
      new CorruptState('expected test version 2, found 1'),
    );
  });

  it('refuses lengths beyond the input before it allocates', () => {
    const huge = written((w) => w.varint(Number.MAX_SAFE_INTEGER));
    expect(() => huge.bytes()).toThrow(CorruptState);
    const items = written((w) => w.varint(1000));
    expect(() => items.count('items', 2000, 8)).toThrow(new CorruptState('expected 1000 items, found 0 bytes'));
    const many = written((w) => w.varint(1000));
    expect(() => many.count('items', 999, 0)).toThrow(new CorruptState('expected at most 999 items, found 1000'));
  });

  it('refuses a varint of 2^53 or more', () => {
    const tooLarge = new ByteReader(Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 127));
    expect(() => tooLarge.varint()).toThrow(CorruptState);
    const endless = new ByteReader(new Uint8Array(100).fill(255));
    expect(() => endless.varint()).toThrow(CorruptState);
  });
});
