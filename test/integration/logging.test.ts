import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLogSystem, type LogSystemOptions } from '#src/adapters/logging/log-system.js';
import type { LogSettings } from '#src/config/config.js';
import type { LogRecord } from '#src/contract/messages.js';

/** `--import tsx` itself does nothing in a worker thread of Node 20. */
const REGISTER_TSX = `import { register } from '${import.meta.resolve('tsx/esm/api')}'; register();`;
const TSX = [
  '--import',
  `data:text/javascript,${encodeURIComponent(REGISTER_TSX)}`,
  '--conditions',
  '@sentinel/source',
];

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sentinel-logs-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function openLogs(settings: Partial<LogSettings> = {}, options: Partial<LogSystemOptions> = {}) {
  const console = new PassThrough({ encoding: 'utf8' });
  const logs = createLogSystem(
    { dir, maxBytes: 10 * 2 ** 20, backupCount: 5, level: 'info', format: 'auto', ...settings },
    { console, quiet: false, ...options },
  );
  return { ...logs, shown: () => (console.read() as string | null) ?? '' };
}

function readLines(name: string): string[] {
  return readdirSync(dir)
    .filter((file) => file.startsWith(name))
    .flatMap((file) => {
      const bytes = readFileSync(join(dir, file));
      const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
      expect(text === '' || text.endsWith('\n')).toBe(true);
      return text.split('\n').slice(0, -1);
    });
}

test('four threads write 20,000 lines through many rotations, and none is lost, torn or doubled', async () => {
  const logs = openLogs({ maxBytes: 200_000, backupCount: 100 });
  const lines = 5000;
  const components = ['profiler', 'batch_db', 'cdc_db'];
  await Promise.all(
    ['worker-1', 'worker-2', 'worker-3', 'worker-4'].map(async (thread) => {
      const worker = new Worker(new URL('./logging-worker.ts', import.meta.url), {
        workerData: { thread, lines, components },
        execArgv: TSX,
      });
      worker.on('message', (record: LogRecord) => logs.accept(record));
      const [code] = await once(worker, 'exit');
      expect(code).toBe(0);
    }),
  );
  await logs.close();

  const records = components.flatMap((name) =>
    readLines(`${name}.log`).map((line) => {
      const record = JSON.parse(line) as { component: string; thread: string; line: number };
      expect(record.component).toBe(name);
      return `${record.thread} ${record.line}`;
    }),
  );
  expect(records.length).toBe(4 * lines);
  expect(new Set(records).size).toBe(4 * lines);
  const archives = readdirSync(dir).filter((file) => file.endsWith('.gz'));
  expect(archives).toContain('profiler.log.1.gz');
  expect(archives.length).toBeGreaterThan(10);
  expect(logs.shown()).toBe('');
});

test('keeps the newest archives only', async () => {
  const logs = openLogs({ maxBytes: 1024, backupCount: 2 });
  for (let line = 0; line < 100; line++) logs.logger('detector').info({ line }, 'x'.repeat(100));
  await logs.close();
  expect(readdirSync(dir).sort()).toEqual(['detector.log', 'detector.log.1.gz', 'detector.log.2.gz']);
  const kept = readLines('detector.log').map((line) => (JSON.parse(line) as { line: number }).line);
  expect(Math.max(...kept)).toBe(99);
  expect(Math.min(...kept)).toBeGreaterThan(50);
});

test('keeps no archive where none is wanted', async () => {
  const logs = openLogs({ maxBytes: 1024, backupCount: 0 });
  for (let line = 0; line < 50; line++) logs.logger('detector').info({}, 'x'.repeat(100));
  await logs.close();
  expect(readdirSync(dir)).toEqual(['detector.log']);
});

test('a second process gets names of its own, and a lock is given back', async () => {
  const first = openLogs();
  first.logger('profiler').info({}, 'first');
  const second = openLogs();
  second.logger('profiler').info({}, 'second');
  await Promise.all([first.close(), second.close()]);
  expect(readLines('profiler.log')).toHaveLength(1);
  expect(readLines(`profiler.${process.pid}.log`)).toHaveLength(1);
  expect(readdirSync(dir).filter((file) => file.startsWith('.lock'))).toEqual([]);
});

test('a lock of a living process is respected, one of a dead process is taken over', async () => {
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  await once(other, 'spawn');
  const content = JSON.stringify({ pid: other.pid, host: hostname() });
  writeFileSync(join(dir, '.lock'), content);
  const beside = openLogs();
  beside.logger('profiler').info({}, 'beside');
  await beside.close();
  expect(readdirSync(dir)).toEqual(['.lock', `profiler.${process.pid}.log`]);

  other.kill('SIGKILL');
  await once(other, 'exit');
  const after = openLogs();
  after.logger('profiler').info({}, 'after');
  await after.close();
  expect(readLines('profiler.log')).toHaveLength(1);
  expect(existsSync(join(dir, '.lock'))).toBe(false);
});

test('a lock with our own pid that we do not hold is of an earlier container and is taken over', async () => {
  writeFileSync(join(dir, '.lock'), JSON.stringify({ pid: process.pid, host: hostname() }));
  const logs = openLogs();
  logs.logger('profiler').info({}, 'x');
  await logs.close();
  expect(readdirSync(dir)).toEqual(['profiler.log']);
});

test('a folder that cannot be made is one warning, and records still reach the console', async () => {
  writeFileSync(join(dir, 'file'), '');
  const logs = openLogs({ dir: join(dir, 'file', 'logs') });
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
  const logs = openLogs();
  for (let count = 0; count < 5; count++) logs.logger('profiler').info({}, 'x');
  logs.logger('cdc_db').info({}, 'x');
  logs.logger('detector').info({}, 'in order');
  await logs.close();
  expect(logs.shown().match(/cannot be written/g)).toHaveLength(1);
  expect(readLines('detector.log')).toHaveLength(1);
});

test('a full disk is one warning, and the run goes on', async () => {
  const script = join(import.meta.dirname, 'logging-full-disk.ts');
  const node = [process.execPath, ...TSX, script, dir];
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

test('a folder that is removed during the run is one warning and a new folder', async () => {
  const logs = openLogs();
  const log = logs.logger('profiler');
  log.info({}, 'lost');
  while (!existsSync(join(dir, 'profiler.log'))) await pause(10);
  rmSync(dir, { recursive: true });
  while (!existsSync(join(dir, 'profiler.log'))) {
    log.info({}, 'later');
    await pause(100);
  }
  log.info({}, 'last');
  await logs.close();
  expect(logs.shown().match(/cannot be written/g)).toHaveLength(1);
  expect(readLines('profiler.log').at(-1)).toContain('"last"');
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
