import { access, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createStream, type RotatingFileStream } from 'rotating-file-stream';

export interface LogFileOptions {
  readonly dir: string;
  /** File name, e.g. `profiler.log`. */
  readonly name: string;
  /** A line that brings the file to this size is its last. */
  readonly maxBytes: number;
  /** Archives kept: `profiler.log.1.gz` is the newest. */
  readonly backupCount: number;
  /** Told of each thing that keeps lines from being written. */
  readonly onProblem: (error: Error) => void;
}

/** One rotated log file. Writing never throws and never waits. */
export interface LogFile {
  write(line: string): void;
  /** Resolves when everything written is in the file, or could not be. */
  close(): Promise<void>;
}

/** After a failure, lines are dropped for so long before the file is opened again. */
const REOPEN_AFTER_MS = 5_000;
/** How often it is looked whether somebody removed the file. */
const CHECK_EVERY_MS = 1_000;
/** Lines waiting for a slow disk or a rotation; more are dropped. */
const MAX_WAITING_BYTES = 32 * 2 ** 20;

/** Opens the file at the first line. */
export function createLogFile({ dir, name, maxBytes, backupCount, onProblem }: LogFileOptions): LogFile {
  const path = join(dir, name);
  let stream: RotatingFileStream | undefined;
  let failedMs = Number.NEGATIVE_INFINITY;
  let checkedMs = 0;
  let isRotating = false;
  let rotations = 0;
  const closing = new Set<Promise<void>>();

  const open = (): RotatingFileStream => {
    const opened = createStream(name, {
      path: dir,
      size: `${maxBytes}B`,
      // It keeps at least one archive; where none is wanted it is removed below.
      rotate: Math.max(1, backupCount),
      compress: 'gzip',
    });
    opened.on('rotation', () => {
      isRotating = true;
      rotations++;
    });
    opened.on('open', () => {
      isRotating = false;
    });
    if (backupCount === 0) opened.on('rotated', (archive) => rmSync(archive, { force: true }));
    opened.on('error', (error) => {
      onProblem(error);
      if (stream !== opened) return;
      stream = undefined;
      isRotating = false;
      failedMs = performance.now();
    });
    checkedMs = performance.now();
    return opened;
  };

  const end = (ended: RotatingFileStream): void => {
    const closed = new Promise<void>((resolve) => {
      if (ended.closed) resolve();
      ended.once('close', () => resolve());
      ended.end();
    });
    closing.add(closed);
    void closed.then(() => closing.delete(closed));
  };

  /** A removed file goes on taking lines that nobody will see: notice, and start a new one. */
  const check = (): void => {
    checkedMs = performance.now();
    const [checked, rotation] = [stream, rotations];
    access(path, (error) => {
      if (
        error?.code !== 'ENOENT' ||
        isRotating ||
        rotations !== rotation ||
        checked === undefined ||
        stream !== checked
      )
        return;
      stream = undefined;
      end(checked);
      onProblem(Object.assign(new Error(`${path} was removed`), { code: 'ENOENT' }));
    });
  };

  return {
    write(line) {
      const now = performance.now();
      if (stream === undefined) {
        if (now - failedMs < REOPEN_AFTER_MS) return;
        stream = open();
      } else if (now - checkedMs > CHECK_EVERY_MS && !isRotating) check();
      if (stream.writableLength > MAX_WAITING_BYTES) {
        onProblem(new Error(`${path} cannot take lines as fast as they come`));
        return;
      }
      stream.write(`${line}\n`);
    },
    async close() {
      if (stream !== undefined) end(stream);
      stream = undefined;
      failedMs = Number.POSITIVE_INFINITY;
      await Promise.all(closing);
    },
  };
}
