import { expect, test } from 'vitest';
import { parseRetryAfter } from '#src/adapters/sinks/retry-after.js';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

test.each<[string | undefined, number | null]>([
  ['0', 0],
  ['120', 120_000],
  [' 7 ', 7_000],
  ['Fri, 02 Jan 2026 03:05:05 GMT', 60_000],
  ['Fri, 02 Jan 2026 03:00:00 GMT', 0], // is over
  ['9999999999', 86_400_000], // at most a day
  ['Fri, 02 Jan 2099 03:05:05 GMT', 86_400_000],
  ['1.5', null],
  ['-1', null],
  ['soon', null],
  ['Fri, 99 Jan 2026 03:05:05 GMT', null],
  ['', null],
  [undefined, null],
])('Retry-After: %s asks for %s ms', (header, ms) => {
  expect(parseRetryAfter(header, NOW)).toBe(ms);
});
