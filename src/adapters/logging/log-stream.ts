import { statSync, truncateSync } from 'node:fs';
import { mkdir, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createStream } from 'rotating-file-stream';
import type { LogArchive } from './log-archive.js';

export interface LogStreamOptions {
  readonly dir: string;
  readonly name: string;
  readonly maxBytes: number;
  readonly archive: LogArchive;
  /** Inode of a file that is known to end in the middle of a line, which will be continued. */
  readonly resumes?: number | undefined;
}

/** A log file that is open and rotates itself away when it is full. */
export interface LogStream {
  /** Of the file that was opened. */
  readonly inode: number;
  /** Bytes in the file; undefined where the file was removed or replaced, and lines would go where nobody sees them. */
  size(): Promise<number | undefined>;
  /** Appends to a file of `size` bytes. Rejects with AppendError. */
  append(bytes: Buffer, size: number): Promise<void>;
  close(): Promise<void>;
}

/** A write that failed, all of it or in part. */
export class AppendError extends Error {
  override readonly name = 'AppendError';

  constructor(
    override readonly cause: Error,
    /** Bytes of it that are in the file nevertheless, and the file. */
    readonly landed: number,
    readonly inode: number | undefined,
  ) {
    super(cause.message);
  }
}

/** Opens the file, and its folder where there is none. Rejects where either cannot be written. */
export async function openLogStream(options: LogStreamOptions): Promise<LogStream> {
  const { dir, name, maxBytes, archive, resumes } = options;
  const path = join(dir, name);
  await mkdir(dir, { recursive: true });
  await archive.prepare();
  const stream = createStream((time) => (time === null ? name : archive.nextName()), {
    path: dir,
    size: `${maxBytes}B`,
  });
  stream.on('rotated', () => archive.compress());
  await new Promise<void>((resolve, reject) => {
    stream.once('open', () => resolve());
    stream.on('error', reject); // for good: a later one also reaches the write that it fails
  });
  archive.compress();
  const { ino, size } = await stat(path);
  const write = (bytes: Buffer) =>
    new Promise<Error | null | undefined>((resolve) => void stream.write(bytes, resolve));
  // A process that was killed may have left half a line: it must not swallow the next one.
  if (size > 0 && ino !== resumes && (await lastByte(path, size)) !== NEWLINE) {
    const failure = await write(Buffer.of(NEWLINE));
    if (failure) throw failure;
  }
  /** Undefined after a rotation, until it is looked at. */
  let inode: number | undefined = ino;

  const sizeNow = async () => {
    const found = await statOrNothing(path);
    inode ??= found?.ino;
    return found !== undefined && found.ino === inode ? found.size : undefined;
  };

  return {
    inode: ino,
    size: sizeNow,
    async append(bytes, before) {
      let rotatedSize: number | undefined;
      const onRotation = () => {
        rotatedSize = cutToLines(path, before, bytes);
        inode = undefined;
      };
      stream.once('rotation', onRotation);
      const failure = await write(bytes);
      stream.off('rotation', onRotation);
      const after = rotatedSize ?? (await sizeNow());
      if (after === undefined) throw new AppendError(failure ?? removedError(name), 0, inode);
      // A file that is no longer than before was emptied by somebody: what was appended is not known to be missing.
      const landed = after <= before && !failure ? bytes.length : Math.max(0, Math.min(after - before, bytes.length));
      // A full disk takes a part first, without an error.
      if (failure || landed < bytes.length)
        throw new AppendError(failure ?? new Error(`ENOSPC: no space left on device, write ${path}`), landed, inode);
    },
    close: () =>
      new Promise((resolve) => {
        if (stream.closed) resolve();
        else stream.once('close', () => resolve()).end();
      }),
  };
}

const NEWLINE = 10;

export function removedError(name: string): Error {
  return new Error(`${name} was removed while it was written`);
}

/**
 * A full disk may have taken a part of what the file is then rotated for: it is cut back to whole lines, so that no line is half in
 * an archive. Returns the size of the file; undefined where it is gone.
 */
function cutToLines(path: string, before: number, bytes: Buffer): number | undefined {
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  const landed = (size ?? 0) - before;
  if (landed <= 0 || landed >= bytes.length) return size;
  const whole = before + bytes.lastIndexOf(NEWLINE, landed - 1) + 1;
  truncateSync(path, whole);
  return whole;
}

async function lastByte(path: string, size: number): Promise<number | undefined> {
  const file = await open(path, 'r');
  try {
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
    return buffer[0];
  } finally {
    await file.close();
  }
}

async function statOrNothing(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
