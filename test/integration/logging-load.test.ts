import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import type { LogRecord } from '#src/contract/messages.js';
import { logFolder, openLogs, readLogLines, TSX_FLAGS } from '../support/logs.js';

const THREADS = ['worker-1', 'worker-2', 'worker-3', 'worker-4'];
const LINES_PER_THREAD = 50_000;
const COMPONENTS = ['profiler', 'detector', 'orchestrator', 'batch_db', 'cdc_db'];

const dir = logFolder();

test('four threads write 200,000 lines through many rotations, and none is lost, torn or doubled', async () => {
  const logs = openLogs(dir(), { maxBytes: 500_000, backupCount: 1000 });
  await Promise.all(
    THREADS.map(async (thread) => {
      const worker = new Worker(new URL('./logging-worker.ts', import.meta.url), {
        workerData: { thread, lines: LINES_PER_THREAD, components: COMPONENTS, pressure: logs.pressure },
        execArgv: TSX_FLAGS,
      });
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
