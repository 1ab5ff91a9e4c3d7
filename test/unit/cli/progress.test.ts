import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { createProgress, progressMode, renderBar, renderProgressLine } from '#src/cli/render/progress.js';

function terminal(isTTY: boolean) {
  const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY, columns: 100 });
  return { stream, shown: () => (stream.read() as string | null) ?? '' };
}

const RUNNING = { source: 'batch', tables: 40, done: 10, rows: 50_000, elapsedMs: 5000, state: 'running' } as const;

test('bars only on a terminal, nothing when silent', () => {
  expect(progressMode({ isTTY: true }, false)).toBe('bars');
  expect(progressMode({}, false)).toBe('lines');
  expect(progressMode({ isTTY: true }, true)).toBe('none');
});

test('a bar shows tables, rows a second and the time left', () => {
  expect(renderBar(RUNNING, 6)).toBe('batch   ██████░░░░░░░░░░░░░░░░░░  10/40 tables  10,000 rows/s  15.0 s left');
  expect(renderBar({ ...RUNNING, state: 'failed' }, 5)).toMatch(/10\/40 tables {2}failed$/);
  expect(renderBar({ ...RUNNING, tables: 0, done: 0, rows: 0, elapsedMs: 0 }, 5)).toContain('0/0 tables  0 rows/s');
});

test('no time is guessed at from too little', () => {
  expect(renderProgressLine({ ...RUNNING, done: 0 })).toBe('batch: 0 of 40 tables, 50,000 rows');
  expect(renderProgressLine({ ...RUNNING, elapsedMs: 500 })).not.toContain('left');
  expect(renderProgressLine({ ...RUNNING, done: 40 })).toBe('batch: 40 of 40 tables, 50,000 rows, in 5.0 s');
});

test('plain lines come at each tenth, at most one a second, and at the end of each source', () => {
  const { stream, shown } = terminal(false);
  let nowMs = 0;
  const progress = createProgress({ stream, mode: 'lines', now: () => nowMs });
  progress.sourceDiscovered('batch', 100);
  progress.sourceDiscovered('cdc', 0);
  for (let table = 0; table < 100; table++) {
    progress.addRows('batch', 10);
    nowMs += 50;
    progress.tableDone('batch');
  }
  progress.finish();
  const lines = shown().trimEnd().split('\n');
  expect(lines).toEqual([
    'cdc: 0 of 0 tables, 0 rows, in 0 ms',
    'batch: 20 of 100 tables, 200 rows',
    'batch: 40 of 100 tables, 400 rows, 3.0 s left',
    'batch: 60 of 100 tables, 600 rows, 2.0 s left',
    'batch: 80 of 100 tables, 800 rows, 1.0 s left',
    'batch: 100 of 100 tables, 1,000 rows, in 5.0 s',
  ]);
});

test('a source that fails is said once', () => {
  const { stream, shown } = terminal(false);
  const progress = createProgress({ stream, mode: 'lines', now: () => 0 });
  progress.sourceFailed('never-discovered');
  progress.sourceDiscovered('batch', 10);
  progress.sourceFailed('batch');
  progress.tableDone('batch');
  progress.finish();
  expect(shown()).toBe('batch: 0 of 10 tables, 0 rows, failed\n');
});

test('on a terminal, log lines appear above the bars, the last ones too, and the cursor comes back', () => {
  const { stream, shown } = terminal(true);
  const progress = createProgress({ stream, mode: 'bars' });
  progress.console.write('before\n');
  expect(shown()).toBe('before\n');
  progress.sourceDiscovered('batch', 4);
  progress.sourceDiscovered('cdc', 2);
  progress.tableDone('batch');
  progress.console.write('in between\n');
  progress.finish();
  progress.finish();
  const text = shown();
  expect(text).toContain('in between\n');
  expect(text).toContain('1/4 tables');
  expect(text.endsWith('before\n')).toBe(false);
  expect(text.lastIndexOf('\u001B[?25h')).toBeGreaterThan(text.lastIndexOf('\u001B[?25l'));
  progress.console.write('after\n');
  expect(shown()).toBe('after\n');
});

test('a log line that is longer than the terminal is broken while bars are shown, not cut', () => {
  const { stream, shown } = terminal(true);
  const progress = createProgress({ stream, mode: 'bars' });
  progress.sourceDiscovered('batch', 4);
  progress.console.write(`${'word '.repeat(50)}end\n`);
  progress.finish();
  const lines = shown()
    .split('\n')
    .filter((line) => line.includes('word'));
  expect(lines.length).toBe(3);
  for (const line of lines.slice(1)) expect(line.length).toBeLessThanOrEqual(100);
  expect(lines.at(-1)).toMatch(/end$/);
});

test('nothing is shown when silent', () => {
  const { stream, shown } = terminal(true);
  const progress = createProgress({ stream, mode: 'none' });
  progress.sourceDiscovered('batch', 1);
  progress.tableDone('batch');
  progress.finish();
  expect(shown()).toBe('');
  expect(progress.console).toBe(stream);
});
