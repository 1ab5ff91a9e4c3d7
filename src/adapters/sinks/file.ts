import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Mutex } from 'async-mutex';
import type { DeliveryFailure, DeliveryOutcome } from '#src/contract/alert-delivery.js';
import type { SinkKind } from './sink.js';

const NEWLINE = 0x0a;

/** One line of JSON an alert at the end of a file; it is on the disk when it counts as delivered. */
export const file: SinkKind = {
  name: 'file',
  setting: 'ALERT_FILE',
  open({ alertFile: path }) {
    if (path === undefined) return null;
    // What is appended at the same time would take the other's line for a torn one.
    const mutex = new Mutex();
    return {
      name: 'file',
      reader: 'program',
      destination: path,
      remarks: [],
      deliver: (message) =>
        mutex.runExclusive(() =>
          append(path, JSON.stringify(message)).catch(
            (error: NodeJS.ErrnoException): DeliveryOutcome => ({ result: 'retry', failure: failureOf(error, path) }),
          ),
        ),
    };
  },
};

/** The whole line in one write, or nothing of it. A line that an earlier process did not finish is ended first. */
async function append(path: string, line: string): Promise<DeliveryOutcome> {
  const handle = await open(path, 'a+', 0o600);
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) {
      const message = `${path} is no file; set ALERT_FILE to one`;
      return { result: 'failed', failure: { code: 'no_file', message } };
    }
    const { size } = stats;
    const last = size === 0 ? NEWLINE : (await handle.read(Buffer.alloc(1), 0, 1, size - 1)).buffer[0];
    const bytes = Buffer.from(`${last === NEWLINE ? '' : '\n'}${line}\n`);
    const { bytesWritten } = await handle.write(bytes);
    if (bytesWritten < bytes.length) {
      // The disk is full: half a line would be there for good.
      await handle.truncate(size);
      const message = `there is no room for ${path}: the disk is full`;
      return { result: 'retry', failure: { code: 'ENOSPC', message } };
    }
    await handle.sync();
    if (size === 0) await syncFolder(dirname(path));
    return { result: 'delivered' };
  } finally {
    await handle.close();
  }
}

/** That a file is there is written down in its folder. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return; // folders cannot be opened there
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function failureOf({ code = 'unwritable', message }: NodeJS.ErrnoException, path: string): DeliveryFailure {
  const why: Readonly<Record<string, string>> = {
    ENOENT: 'its folder does not exist; make it, or correct ALERT_FILE',
    ENOTDIR: 'its folder does not exist; make it, or correct ALERT_FILE',
    EACCES: 'this account may not write there',
    EPERM: 'this account may not write there',
    EROFS: 'the disk is read-only',
    EISDIR: 'that is a folder; set ALERT_FILE to a file in it',
    ENOSPC: 'the disk is full',
    EDQUOT: 'the quota is used up',
  };
  return { code, message: `${path} cannot be written: ${why[code] ?? message}` };
}
