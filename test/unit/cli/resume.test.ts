import { expect, test } from 'vitest';
import type { NewestRun } from '#src/adapters/store/records.js';
import { obstacleTo, type RunIdentity } from '#src/cli/resume.js';

const WANTED: RunIdentity = {
  command: 'run',
  selection: { sources: ['batch', 'cdc'], table: [], exclude: [], asOf: null },
  settings: 'a',
};
const MINUTE = 60_000;

function newest(changes: Partial<NewestRun>): NewestRun {
  const run = { id: 7, label: 'X', startedAt: 0, asOf: 0, done: 3, silentMs: MINUTE, state: 'running' as const };
  return { ...run, ...WANTED, ...changes };
}

test('a run whose process died within the hour is gone on with, whatever is wished but --no-resume', () => {
  expect(obstacleTo(newest({}), WANTED, undefined)).toBeNull();
  expect(obstacleTo(newest({}), WANTED, true)).toBeNull();
  expect(obstacleTo(newest({}), WANTED, false)).toContain('--no-resume');
});

test.each([
  ['stopped', { state: 'interrupted' }],
  ['failed', { state: 'failed' }],
  ['dead for more than an hour', { silentMs: 61 * MINUTE }],
] as const)('a run that is %s needs --resume', (_, changes) => {
  expect(obstacleTo(newest(changes), WANTED, undefined)).not.toBeNull();
  expect(obstacleTo(newest(changes), WANTED, true)).toBeNull();
});

const selection = WANTED.selection;
test.each([
  ['has ended', { state: 'finished' }, 'the last run of these sources, X, came to its end'],
  ['does not say what it looked at', { selection: null }, 'made by an older version'],
  ['was another command', { command: 'profile' }, '"profile --source batch,cdc" and this is "run --source batch,cdc"'],
  [
    'looked at other tables',
    { selection: { ...selection, table: ['a.*'], exclude: ['b'] } },
    `was "run --source batch,cdc --table 'a.*' --exclude 'b'" and this is "run --source batch,cdc"`,
  ],
  ['looked at other sources', { selection: { ...selection, sources: ['cdc'] } }, 'was "run --source cdc"'],
  ['had another clock', { selection: { ...selection, asOf: '2026-01-01T00:00:00.000Z' } }, '--as-of 2026-01-01'],
  ['had other settings', { settings: 'b' }, 'have changed since run X'],
] as const)('a run that %s is never gone on with, and it is said why', (_, changes, words) => {
  for (const wish of [undefined, true]) expect(obstacleTo(newest(changes), WANTED, wish)).toContain(words);
});

test('without a run there is nothing to go on with', () => {
  expect(obstacleTo(null, WANTED, true)).toBe('there is no earlier run of these sources');
});
