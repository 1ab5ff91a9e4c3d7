import { expect, test } from 'vitest';
import { isPartOfWhole, isStoredPart } from '#src/cli/serve/part-of-whole.js';
import type { Config } from '#src/config/config.js';
import { type Schedule, scheduleOfVariable } from '#src/config/schedules.js';

const sources = [{ name: 'batch' }, { name: 'cdc' }] as unknown as Config['sources'];
const nightly = scheduleOfVariable('0 6 * * *');
const orders: Schedule = { ...nightly, name: 'orders', tables: ['sales.orders*'] };

test.each([
  ['everything, beside a part', nightly, [nightly, orders], false],
  ['all sources by name', { ...nightly, sources: ['cdc', 'batch'] }, [nightly], false],
  ['some tables, beside everything', orders, [nightly, orders], true],
  ['one source, beside everything', { ...nightly, sources: ['cdc'] }, [nightly], true],
  ['without some tables, beside everything', { ...nightly, exclude: ['x'] }, [nightly], true],
  ['some tables, where nothing looks at everything', orders, [orders], false],
  [
    'some tables, where everything is only profiled',
    orders,
    [orders, { ...nightly, command: 'profile' as const }],
    false,
  ],
])('%s', (_, scope, schedules, expected) => {
  expect(isPartOfWhole(scope, { sources, schedules })).toBe(expected);
});

test('of what is stored, what is unknown is no part', () => {
  const config = { sources, schedules: [nightly] };
  const selection = { sources: ['batch', 'cdc'], table: [], exclude: [], asOf: null };
  expect(isStoredPart({ command: 'run', selection: null }, config)).toBe(false);
  expect(isStoredPart({ command: 'run', selection }, config)).toBe(false);
  expect(isStoredPart({ command: 'run', selection: { ...selection, table: ['a.*'] } }, config)).toBe(true);
});
