import { describe, expect, it } from 'vitest';
import { compareNumeric, numericToNumber, numericToText } from '#src/core/decode/numeric.js';
import { numeric, numericWords } from '../../support/copy-bytes.js';

const view = (bytes: Buffer) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
const toNumber = (value: string) => numericToNumber(view(numeric(value)), 0);

describe('numeric', () => {
  it('is a double within 2 ulp', () => {
    let state = 7;
    const digit = () => (state = (Math.imul(state, 1103515245) + 12345) >>> 1) % 10;
    for (let trial = 0; trial < 5000; trial++) {
      const integer = Array.from({ length: trial % 40 }, digit)
        .join('')
        .replace(/^0+/, '');
      const fraction = Array.from({ length: (trial * 7) % 30 }, digit).join('');
      const value = `${trial % 2 ? '-' : ''}${integer || '0'}.${fraction}`;
      const expected = Number(value);
      expect(Math.abs(toNumber(value) - expected)).toBeLessThanOrEqual(Math.abs(expected) * 2 ** -51);
    }
  });

  it('is exact where 15 digits and a small scale are enough', () => {
    for (const value of ['0.1', '123456789.01', '-0.07', '99999999999.9999', '1e3'.replace('e3', '000'), '0.30']) {
      expect(toNumber(value)).toBe(Number(value));
    }
  });

  it('is clamped to the finite range and never to zero', () => {
    expect(toNumber(`1${'0'.repeat(131_071)}`)).toBe(Number.MAX_VALUE);
    expect(toNumber(`-${'9'.repeat(400)}`)).toBe(-Number.MAX_VALUE);
    expect(toNumber(`0.${'0'.repeat(399)}1`)).toBe(Number.MIN_VALUE);
    expect(toNumber(`-0.${'0'.repeat(16_000)}1`)).toBe(-Number.MIN_VALUE);
    expect(toNumber(`0.${'0'.repeat(319)}123456`) / Number('1.23456e-320')).toBeCloseTo(1, 2);
    expect(toNumber('NaN')).toBeNaN();
    expect(toNumber('-Infinity')).toBe(Number.NEGATIVE_INFINITY);
  });

  it('prints every digit', () => {
    const digits = '1234567890'.repeat(13_107);
    for (const value of ['0', '0.00', '10.50', '-0.0012', '100000000', `${digits}.5`, `-0.${'0'.repeat(999)}7`]) {
      expect(numericToText(view(numeric(value)), 0)).toBe(value);
    }
  });

  it('compares by value, whatever the zero groups', () => {
    const compare = (a: Buffer, b: Buffer) => Math.sign(compareNumeric(view(a), 0, view(b), 0));
    expect(compare(numericWords(1, 0, 0, [0, 5, 0]), numericWords(0, 0, 0, [5]))).toBe(0);
    expect(compare(numericWords(3, 0x4000, 0, [0, 0]), numeric('0'))).toBe(0);
    const ascending = [
      '-Infinity',
      '-100000',
      '-99999.5',
      '-0.0001',
      '0',
      '0.0001',
      '1',
      '1.0001',
      '10000',
      'Infinity',
      'NaN',
    ];
    for (let i = 1; i < ascending.length; i++) {
      expect(compare(numeric(ascending[i - 1]!), numeric(ascending[i]!))).toBe(-1);
      expect(compare(numeric(ascending[i]!), numeric(ascending[i - 1]!))).toBe(1);
    }
  });
});
