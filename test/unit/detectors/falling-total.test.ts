import { expect, test } from 'vitest';
import { FallingTotal } from '#src/core/detectors/falling-total.js';

test('a total that never fell is a warning when it does, once', () => {
  const total = new FallingTotal();
  expect([5, 0, 12, -1, 3, -200].map((change) => total.observe(change))).toEqual([0, 0, 0, 1.6, 0, 0]);
});
