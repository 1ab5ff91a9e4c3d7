import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Death = 'out of memory' | 'throws' | 'exits';

export interface DeadlyTable {
  readonly death: Death;
  /** Of the source behind this port. */
  readonly port: number;
  readonly table: string;
  /** How often, over all threads; infinite for each time. */
  readonly times: number;
}

const DEATHS: Readonly<Record<Death, string>> = {
  'out of memory': `const held = []; for (;;) held.push(new Array(100_000).fill(held.length));`,
  throws: `setImmediate(() => { throw new Error('a bug that nobody caught'); });`,
  exits: `process.exit(7);`,
};

/**
 * Environment with which a worker thread of the program dies when it sends the COPY of a table: Node loads a file into every
 * thread first, which looks at what is written to sockets. The program itself is untouched.
 */
export function deadlyWorker({ death, port, table, times }: DeadlyTable): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'sentinel-deadly-'));
  const preload = join(folder, 'deadly.mjs');
  writeFileSync(
    preload,
    `import { appendFileSync, readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { isMainThread } from 'node:worker_threads';
const count = ${JSON.stringify(join(folder, 'count'))};
appendFileSync(count, '');
if (!isMainThread) {
  const { write } = Socket.prototype;
  Socket.prototype.write = function (bytes, ...rest) {
    const text = typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('latin1');
    if (this.remotePort === ${port} && text.includes('COPY (') && text.includes('"${table}"') && readFileSync(count, 'utf8').length < ${times}) {
      appendFileSync(count, 'x');
      ${DEATHS[death]}
    }
    return write.call(this, bytes, ...rest);
  };
}
`,
  );
  return { NODE_OPTIONS: `--import=${preload}` };
}
