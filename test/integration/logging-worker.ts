import { parentPort, workerData } from 'node:worker_threads';
import type { LogPressure } from '#src/adapters/logging/log-pressure.js';
import { createWorkerLogger } from '#src/adapters/logging/worker-logger.js';

interface WorkerData {
  readonly thread: string;
  readonly lines: number;
  readonly components: readonly string[];
  readonly pressure: LogPressure;
}

/** Thread of `logging-load.test.ts`: logs `lines` numbered records, as fast as it can, each to the file of the next component. */
const { thread, lines, components, pressure } = workerData as WorkerData;
const log = createWorkerLogger((record) => parentPort?.postMessage(record), { thread, level: 'info', pressure });
for (let line = 0; line < lines; line++)
  log(components[line % components.length]!).info({ run: 'r1', line, filler: 'x'.repeat(line % 97) }, 'a line');
