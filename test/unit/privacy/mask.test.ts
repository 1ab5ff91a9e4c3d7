import { describe, expect, test } from 'vitest';
import { quotedValue } from '#src/core/checks/sentence.js';
import { mean } from '#src/core/metrics/mean.js';
import { p50 } from '#src/core/metrics/p50.js';
import type { ColumnProfile } from '#src/core/model/profile.js';
import { isPersonalNumber, MASK, maskProfile } from '#src/core/privacy/mask.js';

const HIDDEN = '(not shown, as it looks personal)';
const quantiles = { p01: 1, p05: 1, p25: 2, p50: 2, p75: 3, p95: 3, p99: 3 };
const masked = (column: Partial<ColumnProfile>) =>
  maskProfile({
    ...{ source: 'batch', schema: 's', table: 't', status: 'ok', mode: 'full', consistent: true, durationMs: 1 },
    columns: [{ name: 'c', type: 'text', ...column }],
  }).columns[0]!;
const top = (...values: (string | number)[]) => values.map((value) => ({ value, count: 5, exact: true }));

describe('a profile that is shown', () => {
  test('has no values of a column that looks personal, and all that shows none', () => {
    const figures = { nullCount: 3, stddev: 1, distinct: { value: 9, exact: true } };
    const column = { name: 'pay', min: 1, max: 4111111111111111, mean: 5, quantiles, topValues: top(4111111111111111) };
    expect(masked({ ...column, ...figures })).toEqual({ name: 'pay', type: 'text', masked: 'card', ...figures });
    expect(masked({ name: 'first_name', min: 'Ann', max: 'Zoe' })).toEqual({
      name: 'first_name',
      type: 'text',
      masked: 'name',
    });
  });

  test('has no single personal value of another column', () => {
    const values = ['a', 'b', 'c', 'd', 'e', 'mail to ann@example.com please'];
    const {
      topValues,
      min,
      max,
      masked: kind,
    } = masked({ topValues: top(...values), min: 'a', max: 'zoe@example.com' });
    expect([topValues?.map(({ value }) => value), min, max, kind]).toEqual([
      ['a', 'b', 'c', 'd', 'e', MASK],
      'a',
      MASK,
      undefined,
    ]);
  });

  test('is else as it was', () => {
    const column = { name: 'c', type: 'integer', min: 1, max: 3, mean: 2, quantiles, topValues: top(1, 2, 3) };
    expect(masked(column)).toEqual(column);
  });
});

describe('a value in a sentence', () => {
  test.each([
    'ann@example.com',
    'from ann@example.com, today',
    '<ann@example.com>',
    'call +49 151 2345 6789 first',
    '4111 1111 1111 1111',
    'card=4111111111111111;',
    'DE89370400440532013000',
    'token: abc',
    'postgres://ann:secret@host/db',
    'see ghp_0123456789abcdefghijklmnopqrstuvwxyz.',
  ])('%s is not shown', (value) => expect(quotedValue('note', value)).toBe(HIDDEN));

  test.each([
    'SEK',
    '2026-11-27T08:52:34.132Z',
    '20261127-085232-f5bf86',
    '12345678',
    'a@b',
    'wait: 5',
    'https://host/path',
    '-----',
  ])('%s is', (value) => expect(quotedValue('note', value)).toBe(`'${value}'`));

  test('of a column that is personal by its name is not shown', () =>
    expect(quotedValue('city_address', 'x')).toBe(HIDDEN));
});

describe('numbers of persons', () => {
  const phones = { name: 'phone', type: 'bigint', min: 49151000000, max: 49151999999, mean: 49151500000, quantiles };
  test('have no mean and no quantiles to follow', () => {
    expect(isPersonalNumber(phones)).toBe(true);
    expect([mean.measure(phones, 10), p50.measure(phones, 10)]).toEqual([undefined, undefined]);
  });
  test('are not those of a column that only counts them', () => {
    const calls = { ...phones, name: 'phone_calls', min: 0, max: 900, mean: 20 };
    expect([mean.measure(calls, 10), p50.measure(calls, 10)]).toEqual([20, 2]);
  });
});
