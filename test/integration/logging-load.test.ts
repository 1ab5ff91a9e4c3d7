import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import type { LogPressure } from '#src/adapters/logging/log-pressure.js';
import type { LogRecord } from '#src/contract/messages.js';
import { logFolder, openLogs, readLogLines, TSX_FLAGS } from '../support/logs.js';

const THREADS = ['worker-1', 'worker-2', 'worker-3', 'worker-4'];
const LINES_PER_THREAD = 50_000;
const COMPONENTS = ['profiler', 'detector', 'orchestrator', 'batch_db', 'cdc_db'];

const dir = logFolder();

const startWorker = (thread: string, lines: number, pressure: LogPressure) =>
  new Worker(new URL('./logging-worker.ts', import.meta.url), {
    workerData: { thread, lines, components: COMPONENTS, pressure },
    execArgv: TSX_FLAGS,
  });

test('a worker that logs faster than the files take it waits, and goes on where nothing takes it', async () => {
  const logs = openLogs(dir());
  const records: LogRecord[] = [];
  const worker = startWorker('worker-1', 12_000, logs.pressure);
  worker.on('message', (record: LogRecord) => records.push(record));
  const ended = once(worker, 'exit');
  const counts = new Int32Array(logs.pressure);
  let waited = false;
  while (!waited && worker.threadId !== -1) {
    waited = Atomics.notify(counts, 1) > 0; // how many threads were waiting
    await pause(1);
  }
  await ended;
  expect(waited).toBe(true);
  expect(records).toHaveLength(12_000);
  for (const record of records) logs.accept(record);
  await logs.close();
  expect(counts[0]).toBe(0);
  expect(COMPONENTS.flatMap((name) => readLogLines(dir(), `${name}.log`))).toHaveLength(12_000);
});

test('four threads write 200,000 lines through many rotations, and none is lost, torn or doubled', async () => {
  const logs = openLogs(dir(), { maxBytes: 500_000, backupCount: 1000 });
  await Promise.all(
    THREADS.map(async (thread) => {
      const worker = startWorker(thread, LINES_PER_THREAD, logs.pressure);
      worker.on('message', (record: LogRecord) => logs.accept(record));
      const [code] = await once(worker, 'exit');
      expect(code).toBe(0);
    }),
  );
  await logs.close();

  const seen = new Map(THREADS.map((thread) => [thread, new Uint8Array(LINES_PER_THREAD)]));
  for (const name of COMPONENTS) {
    for (const text of readLogLines(dir(), `${name}.log`)) {
      const record = JSON.parse(text) as { component: string; thread: string; line: number };
      if (record.component !== name) throw new Error(`${text} is in ${name}.log`);
      seen.get(record.thread)![record.line]!++;
    }
  }
  for (const [thread, counts] of seen)
    expect(
      counts.findIndex((count) => count !== 1),
      `a line of ${thread} that is not there once`,
    ).toBe(-1);

  const files = readdirSync(dir());
  expect(files.filter((file) => !/^[a-z_]+\.log(\.\d+\.gz)?$/.test(file))).toEqual([]);
  expect(files.filter((file) => file.endsWith('.gz')).length).toBeGreaterThan(40);
  expect(logs.shown()).toBe('');
});
