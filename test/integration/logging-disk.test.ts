import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { logFolder, openLogs, readLogLines } from '../support/logs.js';

const parent = logFolder();

/** A small disk of its own needs the right to mount one. */
const mounts = canMount();

describe.skipIf(!mounts)(`on a disk of 1 MiB${mounts ? '' : ' (skipped: this user may not mount one)'}`, () => {
  let dir: string;
  beforeEach(() => {
    dir = parent();
    mount('-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', dir);
  });
  afterEach(() => spawnSync('umount', ['--lazy', dir]));

  /** Takes all room but so many bytes. */
  const fill = (leave: number) => writeFileSync(join(dir, 'ballast'), Buffer.alloc(2 ** 20 - leave));
  const empty = () => rmSync(join(dir, 'ballast'));

  const waitForWarning = async (logs: { shown(): string }): Promise<string> => {
    for (let said = ''; ; ) {
      said += logs.shown();
      if (said.includes('\n')) return said;
      await pause(10);
    }
  };

  test('a full disk is one warning; when it has room again, every line is there once and none is torn', async () => {
    const logs = openLogs(dir);
    fill(40_000);
    const log = logs.logger('profiler');
    for (let line = 0; line < 3000; line++) log.info({ line }, 'x'.repeat(60));
    const warning = await waitForWarning(logs);
    expect(warning).toMatch(/log files in .* cannot be written as they should \(ENOSPC.*\); the run goes on\n$/);
    for (let line = 3000; line < 4000; line++) log.info({ line }, 'still full');
    empty();
    let line = 4000;
    for (; readFileSync(join(dir, 'profiler.log')).length < 550_000; line++) {
      log.info({ line }, 'room again');
      await pause(50);
    }
    await logs.close();
    expect(numbersIn('profiler.log')).toEqual(Array.from({ length: line }, (_, number) => number));
    expect(logs.shown()).toBe('');
  });

  test('a disk that fills up while archives are made loses no line either', async () => {
    const logs = openLogs(dir, { maxBytes: 30_000, backupCount: 100 });
    fill(120_000);
    const log = logs.logger('profiler');
    let line = 0;
    const said: string[] = [];
    while (said.length === 0) {
      for (let count = 0; count < 100; count++) log.info({ line: line++ }, String(Math.random()));
      await pause(5);
      const text = logs.shown();
      if (text !== '') said.push(text);
    }
    empty();
    await pause(1100);
    for (let count = 0; count < 100; count++) log.info({ line: line++ }, 'room again');
    await logs.close();
    expect(numbersIn('profiler.log')).toEqual(Array.from({ length: line }, (_, number) => number));
    expect(readdirSync(dir).filter((name) => !/^profiler\.log(\.\d+\.gz)?$/.test(name))).toEqual([]);
  });

  test('lines that a full disk made too many are counted, in the file and on the console', async () => {
    const logs = openLogs(dir);
    fill(20_000);
    const log = logs.logger('profiler');
    const many = 100_000;
    for (let line = 0; line < many; line++) log.info({ line }, 'x'.repeat(200));
    await waitForWarning(logs);
    await logs.close();
    const [, lost] = /(\d+) log lines could not be written, those in /.exec(logs.shown()) ?? [];
    expect(Number(lost) + readFileSync(join(dir, 'profiler.log'), 'utf8').match(/\n/g)!.length).toBe(many);
  });

  test('a disk that becomes read-only is one warning, and lines go on when it can be written again', async () => {
    const logs = openLogs(dir);
    const log = logs.logger('profiler');
    log.info({ line: 0 }, 'before');
    while (!existsSync(join(dir, 'profiler.log'))) await pause(5);
    await pause(50);
    await logs.close();
    const again = openLogs(dir);
    mount('-o', 'remount,ro', dir);
    again.logger('profiler').info({ line: 1 }, 'read-only');
    expect(await waitForWarning(again)).toMatch(/cannot be written as they should \(EROFS.*\); the run goes on\n$/);
    mount('-o', 'remount,rw', dir);
    await pause(1100);
    again.logger('profiler').info({ line: 2 }, 'writable');
    await again.close();
    expect(numbersIn('profiler.log')).toEqual([0, 2]);
  });

  const numbersIn = (name: string): number[] =>
    readLogLines(dir, name)
      .flatMap((text) => (JSON.parse(text) as { line?: number }).line ?? [])
      .sort((a, b) => a - b);
});

test('a folder or file removed while it is written, or a file emptied, costs no line that comes after', async () => {
  const dir = join(parent(), 'logs');
  const logs = openLogs(dir);
  const log = logs.logger('profiler');
  const file = join(dir, 'profiler.log');
  const write = async (text: string): Promise<string> => {
    log.info({}, text);
    while (!existsSync(file) || !readLogLines(dir, 'profiler.log').some((line) => line.includes(text))) await pause(5);
    return text;
  };
  await write('first');
  rmSync(dir, { recursive: true });
  await write('after the folder went');
  rmSync(file);
  await write('after the file went');
  truncateSync(file);
  await write('after it was emptied');
  await logs.close();
  expect(readLogLines(dir, 'profiler.log')).toHaveLength(1);
  expect(logs.shown().match(/\n/g)).toHaveLength(1);
});

function mount(...args: string[]): void {
  const { status, stderr } = spawnSync('mount', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
}

function canMount(): boolean {
  if (process.getuid?.() !== 0) return false;
  const script = 'd=$(mktemp -d) && mount -t tmpfs -o size=64k tmpfs "$d" && umount "$d" && rmdir "$d"';
  return spawnSync('sh', ['-c', script]).status === 0;
}
