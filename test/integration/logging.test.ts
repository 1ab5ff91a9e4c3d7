import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { logFolder, openLogs, readLogLines, TSX_FLAGS } from '../support/logs.js';

const folder = logFolder();
let dir: string;
beforeEach(() => {
  dir = folder();
});

test('keeps the newest archives only', async () => {
  const logs = openLogs(dir, { maxBytes: 1024, backupCount: 2 });
  for (let line = 0; line < 100; line++) logs.logger('detector').info({ line }, 'x'.repeat(100));
  await logs.close();
  expect(readdirSync(dir).sort()).toEqual(['detector.log', 'detector.log.1.gz', 'detector.log.2.gz']);
  const kept = readLogLines(dir, 'detector.log').map((line) => (JSON.parse(line) as { line: number }).line);
  expect(Math.max(...kept)).toBe(99);
  expect(Math.min(...kept)).toBeGreaterThan(50);
});

test('keeps no archive where none is wanted', async () => {
  const logs = openLogs(dir, { maxBytes: 1024, backupCount: 0 });
  for (let line = 0; line < 50; line++) logs.logger('detector').info({}, 'x'.repeat(100));
  await logs.close();
  expect(readdirSync(dir)).toEqual(['detector.log']);
});

test('a second process gets names of its own, and a lock is given back', async () => {
  const first = openLogs(dir);
  first.logger('profiler').info({}, 'first');
  const second = openLogs(dir);
  second.logger('profiler').info({}, 'second');
  await Promise.all([first.close(), second.close()]);
  expect(readLogLines(dir, 'profiler.log')).toHaveLength(1);
  expect(readLogLines(dir, `profiler.${process.pid}.log`)).toHaveLength(1);
  expect(readdirSync(dir).filter((file) => file.startsWith('.lock'))).toEqual([]);
});

test('a lock of a living process is respected, one of a dead process is taken over', async () => {
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  await once(other, 'spawn');
  const content = JSON.stringify({ pid: other.pid, host: hostname() });
  writeFileSync(join(dir, '.lock'), content);
  const beside = openLogs(dir);
  beside.logger('profiler').info({}, 'beside');
  await beside.close();
  expect(readdirSync(dir)).toEqual(['.lock', `profiler.${process.pid}.log`]);

  other.kill('SIGKILL');
  await once(other, 'exit');
  const after = openLogs(dir);
  after.logger('profiler').info({}, 'after');
  await after.close();
  expect(readLogLines(dir, 'profiler.log')).toHaveLength(1);
  expect(existsSync(join(dir, '.lock'))).toBe(false);
});

test('a lock with our own pid that we do not hold is of an earlier container and is taken over', async () => {
  writeFileSync(join(dir, '.lock'), JSON.stringify({ pid: process.pid, host: hostname() }));
  const logs = openLogs(dir);
  logs.logger('profiler').info({}, 'x');
  await logs.close();
  expect(readdirSync(dir)).toEqual(['profiler.log']);
});

test('a folder that cannot be made is one warning, and records still reach the console', async () => {
  writeFileSync(join(dir, 'file'), '');
  const logs = openLogs(join(dir, 'file', 'logs'));
  for (let count = 0; count < 5; count++) logs.logger('profiler').info({}, 'x');
  logs.logger('profiler').error({}, 'still seen');
  await logs.close();
  const shown = logs.shown().trimEnd().split('\n');
  expect(shown).toHaveLength(2);
  expect(shown[0]).toContain('cannot be written');
  expect(shown[1]).toContain('still seen');
});

test('log files that cannot be opened are one warning', async () => {
  mkdirSync(join(dir, 'profiler.log'));
  mkdirSync(join(dir, 'cdc_db.log'));
  const logs = openLogs(dir);
  for (let count = 0; count < 5; count++) logs.logger('profiler').info({}, 'x');
  logs.logger('cdc_db').info({}, 'x');
  logs.logger('detector').info({}, 'in order');
  await logs.close();
  expect(logs.shown().match(/cannot be written/g)).toHaveLength(1);
  expect(readLogLines(dir, 'detector.log')).toHaveLength(1);
});

test('a full disk is one warning, and the run goes on', async () => {
  const script = join(import.meta.dirname, 'logging-full-disk.ts');
  const node = [process.execPath, ...TSX_FLAGS, script, dir];
  const child = spawn('sh', ['-c', 'ulimit -f 128 && exec "$@"', 'sh', ...node], {
    cwd: join(import.meta.dirname, '../..'),
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  await once(child, 'close');
  expect(out).toBe('the run goes on');
  expect(err.match(/cannot be written/g)).toHaveLength(1);
});
