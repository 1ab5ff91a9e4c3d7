import { parentPort, workerData } from 'node:worker_threads';
import { createWorkerLogger } from '#src/adapters/logging/worker-logger.js';

/** Thread of `logging.test.ts`: logs `lines` numbered records, each to the file of the next component. */
const { thread, lines, components } = workerData as { thread: string; lines: number; components: string[] };
const log = createWorkerLogger((record) => parentPort?.postMessage(record), { thread, level: 'info' });
for (let line = 0; line < lines; line++)
  log(components[line % components.length]!).info({ run: 'r1', line, filler: 'x'.repeat(line % 97) }, 'a line');
