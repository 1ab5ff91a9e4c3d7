import { describe, expect, test } from 'vitest';
import * as sentence from '#src/core/checks/sentence.js';

describe('names', () => {
  test.each([
    ['orders', 'orders'],
    ['Größe_2', 'Größe_2'],
    ['order items', '"order items"'],
    ['a"b', '"a""b"'],
    ['a.b', '"a.b"'],
    ['two  spaces', '"two \\u{20}spaces"'],
    [' edge ', '"\\u{20}edge\\u{20}"'],
    ['line\nbreak', '"line\\u{a}break"'],
    ['\u202Eright to left', '"\\u{202e}right to left"'],
    ['lone \ud800', '"lone \\u{d800}"'],
    ['😀', '"😀"'],
    ['', '""'],
  ])('%j', (identifier, expected) => {
    expect(sentence.name(identifier)).toBe(expected);
  });
});

test.each([
  [0, '0'],
  [999, '999'],
  [1_000, '1,000'],
  [1_234_567.4, '1,234,567'],
  [1e21, '1,000,000,000,000,000,000,000'],
])('%d grouped is %s', (count, expected) => {
  expect(sentence.grouped(count)).toBe(expected);
});

test.each([
  [0, '0 %'],
  [0.0001, 'under 0.1 %'],
  [0.004, '0.4 %'],
  [0.052, '5.2 %'],
  [0.05, '5 %'],
  [0.5195, '52 %'],
  [0.9999, 'over 99 %'],
  [1, '100 %'],
  [2.5, '250 %'],
])('a share of %d is %s', (share, expected) => {
  expect(sentence.percent(share)).toBe(expected);
});

test.each([
  [0, '0 s'],
  [119, '119 s'],
  [120, '2 min'],
  [7_200, '2 h'],
  [172_800, '2 days'],
  [280_000, '3.2 days'],
  [86_400 * 1_500, '1,500 days'],
])('%d seconds are %s', (seconds, expected) => {
  expect(sentence.duration(seconds)).toBe(expected);
});

test.each([
  [0, '0 bytes'],
  [1023, '1,023 bytes'],
  [1536, '1.5 KiB'],
  [64 * 1024 * 1024, '64 MiB'],
])('%d bytes are %s', (bytes, expected) => {
  expect(sentence.byteSize(bytes)).toBe(expected);
});

test.each([
  [[], 'none'],
  [['a'], 'a'],
  [['a', 'b', 'c'], 'a, b and c'],
  [['a', 'b', 'c', 'd', 'e'], 'a, b, c, d and e'],
  [['a', 'b', 'c', 'd', 'e', 'f', 'g'], 'a, b, c, d, e and 2 more'],
])('%j in words', (items, expected) => {
  expect(sentence.list(items)).toBe(expected);
});

test('times are minutes UTC', () => {
  expect(sentence.time(Date.UTC(2026, 10, 23, 2, 0, 59))).toBe('2026-11-23 02:00 UTC');
  expect(sentence.time(Number.NaN)).toBe('an unknown time');
});
