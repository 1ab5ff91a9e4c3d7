import { expect, test } from 'vitest';
import { isMaterial } from '#src/core/checks/material.js';
import { profileOf, tableHistory } from '../../support/table-history.js';

const points = (value: number) => ({ amount: { stddev: [{ run: 1, time: 0, value }] } });

test('a change is held against how much the values differed before', () => {
  const history = tableHistory({ columnSeries: points(100) });
  expect(isMaterial(history, 'amount', -6, 0.05)).toBe(true);
  expect(isMaterial(history, 'amount', 4, 0.05)).toBe(false);
});

test('without a past, against how much they differ now; where that is unknown, every change counts', () => {
  const profile = profileOf(10, [{ name: 'amount', type: 'float8', stddev: 10 }]);
  const history = tableHistory({ profile, columnSeries: {} });
  expect(isMaterial(history, 'amount', 0.6, 0.05)).toBe(true);
  expect(isMaterial(history, 'amount', 0.4, 0.05)).toBe(false);
  expect(isMaterial(history, 'other', 0.0001, 0.05)).toBe(true);
});
