import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, test, vi } from 'vitest';
import { logFolder, openLogs, readLogLines } from '../support/logs.js';

const dir = logFolder();

/** A process of what is built that writes `lines` numbered lines to `profiler.log`, a few hundred a millisecond. */
function startWriter(lines: number): ChildProcess {
  const logSystem = join(import.meta.dirname, '..', '..', 'dist', 'adapters', 'logging', 'log-system.js');
  const settings = {
    dir: dir(),
    maxBytes: 100_000,
    backupCount: 1000,
    level: 'info',
    componentLevels: {},
    format: 'auto',
  };
  const program = `
    const { createLogSystem } = await import(${JSON.stringify(logSystem)});
    const logs = createLogSystem(${JSON.stringify(settings)}, { console: process.stderr, quiet: false });
    for (let line = 0; line < ${lines}; line++) {
      logs.logger('profiler').info({ pid: process.pid, line }, 'x'.repeat(line % 97));
      if (line % 500 === 499) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await logs.close();`;
  return spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'ignore', 'pipe'] });
}

interface Written {
  readonly pid: number;
  readonly line: number;
}

/** Every record in the folder, and the lines that are none. */
function readFolder(): { records: Written[]; torn: string[] } {
  const [records, torn]: [Written[], string[]] = [[], []];
  for (const text of readLogLines(dir(), 'profiler.').filter((line) => line !== '')) {
    try {
      records.push(JSON.parse(text) as Written);
    } catch {
      torn.push(text);
    }
  }
  return { records, torn };
}

/** How many lines of each process are there; fails where one is missing before them, or there twice. */
function countByProcess(records: readonly Written[]): Map<number, number> {
  const byProcess = new Map<number, number[]>();
  for (const { pid, line } of records) byProcess.set(pid, [...(byProcess.get(pid) ?? []), line]);
  return new Map(
    [...byProcess].map(([pid, lines]) => {
      const gap = lines.sort((a, b) => a - b).findIndex((line, index) => line !== index);
      expect(gap, `process ${pid}`).toBe(-1);
      return [pid, lines.length];
    }),
  );
}

const onlyLogsAndArchives = () =>
  readdirSync(dir()).filter((name) => !/^profiler(\.\d+)?\.log(\.\d+\.gz)?$/.test(name));

test('a process killed while it writes and compresses loses its last lines, tears at most one, and leaves no trace', async () => {
  const rounds = 6;
  for (let round = 0; round < rounds; round++) {
    const seen = readdirSync(dir()).length;
    const child = startWriter(Number.MAX_SAFE_INTEGER);
    while (readdirSync(dir()).length < seen + 3) await pause(2); // some files further, whatever the machine's speed
    await pause(round * 3);
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  const last = startWriter(1000);
  expect(await once(last, 'exit')).toEqual([0, null]);

  const { records, torn } = readFolder();
  const counts = countByProcess(records);
  expect(counts.size).toBe(rounds + 1);
  expect(counts.get(last.pid!)).toBe(1000);
  expect(torn.length).toBeLessThanOrEqual(rounds);
  expect(onlyLogsAndArchives()).toEqual([]);
});

test.each([
  ['before it was compressed', { 'rotated-7': 'line 7\n' }],
  ['while it was compressed', { 'rotated-7': 'line 7\n', 'rotated-7.tmp': 'half' }],
  ['when it was compressed', { 'rotated-7': 'line 7\n', 'rotated-7.gz': gzipSync('line 7\n') }],
  ['before its archive had its place', { 'rotated-7.gz': gzipSync('line 7\n') }],
  [
    'while the archives moved up',
    { 'rotated-7.gz': gzipSync('line 7\n'), '1.gz': undefined, '2.gz': gzipSync('line 5\n') },
  ],
])('a full file that a killed process left %s becomes one archive', async (_, left) => {
  const files = { '1.gz': gzipSync('line 5\n'), '2.gz': gzipSync('line 4\n'), '3.gz': gzipSync('line 3\n'), ...left };
  for (const [ending, content] of Object.entries(files))
    if (content !== undefined) writeFileSync(join(dir(), `profiler.log.${ending}`), content);
  const logs = openLogs(dir(), { backupCount: 3 });
  logs.logger('profiler').info({}, 'next');
  await logs.close();
  const archives = [1, 2, 3].map((number) => readLines(`profiler.log.${number}.gz`));
  expect(archives[0]).toBe('line 7\n');
  expect(archives[1]).toBe('line 5\n');
  expect(onlyLogsAndArchives()).toEqual([]);
  expect(logs.shown()).toBe('');
});

test('archives beyond a count that was lowered go', async () => {
  for (const number of [1, 2, 3, 12]) writeFileSync(join(dir(), `profiler.log.${number}.gz`), gzipSync(`${number}\n`));
  const logs = openLogs(dir(), { backupCount: 2 });
  logs.logger('profiler').info({}, 'x');
  await logs.close();
  expect(readdirSync(dir()).sort()).toEqual(['profiler.log', 'profiler.log.1.gz', 'profiler.log.2.gz']);
});

test('half a line at the end of the file does not swallow the next one', async () => {
  writeFileSync(join(dir(), 'profiler.log'), '{"msg":"whole"}\n{"msg":"ha');
  const logs = openLogs(dir());
  logs.logger('profiler').info({}, 'next');
  await logs.close();
  const [whole, half, next, ...rest] = readLogLines(dir(), 'profiler.log');
  expect([whole, half, rest]).toEqual(['{"msg":"whole"}', '{"msg":"ha', []]);
  expect(JSON.parse(next!)).toMatchObject({ msg: 'next' });
});

test('two processes that write at once disturb each other in nothing', async () => {
  const lines = 10_000;
  const children = [startWriter(lines), startWriter(lines)];
  const said = children.map((child) =>
    child.stderr!.setEncoding('utf8').reduce((text, chunk) => text + String(chunk), ''),
  );
  const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0] as unknown));
  expect(codes).toEqual([0, 0]);
  expect(await Promise.all(said)).toEqual(['', '']);
  const { records, torn } = readFolder();
  expect(torn).toEqual([]);
  expect([...countByProcess(records).values()]).toEqual([lines, lines]);
  expect(onlyLogsAndArchives()).toEqual([]);
});

test('a process whose lock another one took for stale, as after a sleep of the machine, goes on under names of its own', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }); // the lock's heartbeat comes when it is told to
  try {
    const first = openLogs(dir());
    first.logger('profiler').info({}, 'first');
    const other = JSON.stringify({ pid: 1, host: 'another' });
    writeFileSync(join(dir(), '.lock'), other);
    vi.advanceTimersByTime(60_000);
    first.logger('profiler').info({}, 'second');
    await first.close();
    expect(readLogLines(dir(), 'profiler.log')).toHaveLength(1);
    expect(readLogLines(dir(), `profiler.${process.pid}.log`)).toHaveLength(1);
    expect(readFileSync(join(dir(), '.lock'), 'utf8')).toBe(other);
    expect(first.shown()).toBe('');
  } finally {
    vi.useRealTimers();
  }
});

function readLines(name: string): string {
  return gunzipSync(readFileSync(join(dir(), name))).toString('utf8');
}
