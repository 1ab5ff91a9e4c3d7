import { createLogArchive } from './log-archive.js';
import { AppendError, type LogStream, openLogStream, removedError } from './log-stream.js';

export interface LogFileOptions {
  readonly dir: string;
  /** File name, e.g. `profiler.log`. */
  readonly name: string;
  /** A line that brings the file to this size is its last. */
  readonly maxBytes: number;
  /** gzip archives kept, see `log-archive.ts`. */
  readonly backupCount: number;
  /** Told of each thing that keeps lines from being written. */
  readonly onProblem: (error: Error) => void;
  /** So many lines are in the file, or never will be. */
  readonly onSettled: (lines: number) => void;
  /** The line that says, once lines can be written again, how many were lost. */
  readonly lossLine: (lost: number) => string;
}

/** One rotated log file. Writing never throws and never waits. */
export interface LogFile {
  write(line: string): void;
  /** Resolves when everything written is in the file and its archives, or could not be: with how many lines were lost. */
  close(): Promise<number>;
}

/** After a failure lines wait for so long before the file is opened again, whether more of them come or not. */
const REOPEN_AFTER_MS = 1_000;
/** Lines that wait for a full disk to have room again; those that come after them are lost. */
const MAX_WAITING_BYTES = 16 * 2 ** 20;
/** Lines are written together, up to this size. */
const BLOCK_BYTES = 64 * 2 ** 10;
const NEWLINE = 10;

/** Lines that are being written. */
interface Block {
  readonly bytes: Buffer;
  readonly lines: number;
  /** Bytes of it that are in the file already: a write failed in the middle. */
  readonly landed: number;
  /** That file. */
  readonly inode?: number | undefined;
}

/** Opens the file at the first line. */
export function createLogFile(options: LogFileOptions): LogFile {
  const { dir, name, maxBytes, onProblem, onSettled, lossLine } = options;
  const archive = createLogArchive(options);
  const waiting: Buffer[] = [];
  let waitingBytes = 0;
  let block: Block | undefined;
  let stream: LogStream | undefined;
  let retry: NodeJS.Timeout | undefined;
  let draining: Promise<void> | undefined;
  let isClosed = false;
  /** Lines lost in all, and those of them that no line in the file tells of. */
  let [lost, untold] = [0, 0];

  /** The open file and its size; opened anew where somebody removed or replaced it. */
  const ready = async (): Promise<{ opened: LogStream; size: number }> => {
    for (;;) {
      stream ??= await openLogStream({ dir, name, maxBytes, archive, resumes: block?.inode });
      const size = await stream.size();
      if (size !== undefined) return { opened: stream, size };
      onProblem(removedError(name));
      await shut();
    }
  };

  const shut = async (): Promise<void> => {
    const shutting = stream;
    stream = undefined;
    await shutting?.close();
  };

  /** As many lines as one write takes, and no more than up to the end of the file. */
  const take = (size: number): Block => {
    let [lines, length] = [0, 0];
    while (lines < waiting.length && length < BLOCK_BYTES && size + length < maxBytes)
      length += waiting[lines++]!.length;
    if (lines === 0) length += waiting[lines++]!.length;
    waitingBytes -= length;
    return { bytes: Buffer.concat(waiting.splice(0, lines)), lines, landed: 0 };
  };

  const writeBlock = async (): Promise<void> => {
    const { opened, size } = await ready();
    block ??= take(size);
    const { bytes, lines, inode } = block;
    const from = inode === opened.inode ? block.landed : lineStart(bytes, block.landed);
    try {
      await opened.append(bytes.subarray(from), size);
    } catch (error) {
      if (!(error instanceof AppendError)) throw error;
      block = { bytes, lines, landed: from + error.landed, inode: error.inode };
      // Where all of it is there, what failed is the rotation after it.
      if (block.landed === bytes.length) settleBlock();
      throw error.cause;
    }
    settleBlock();
  };

  const settleBlock = (): void => {
    const { lines } = block!;
    block = undefined;
    onSettled(lines);
  };

  const drain = async (): Promise<void> => {
    try {
      while (block !== undefined || waiting.length > 0) await writeBlock();
      if (untold > 0) {
        const line = lossLine(untold);
        untold = 0;
        push(line);
        await writeBlock();
      }
    } catch (error) {
      retry = setTimeout(() => {
        retry = undefined;
        start();
      }, REOPEN_AFTER_MS).unref();
      onProblem(error as Error);
      await shut();
    }
  };

  const start = (): void => {
    if (isClosed || retry !== undefined) return;
    draining ??= drain().finally(() => {
      draining = undefined;
      if (waiting.length > 0) start();
    });
  };

  const push = (line: string): void => {
    const bytes = Buffer.from(`${line}\n`);
    waiting.push(bytes);
    waitingBytes += bytes.length;
  };

  const lose = (lines: number): void => {
    lost += lines;
    untold += lines;
    onSettled(lines);
  };

  return {
    write(line) {
      if (isClosed || waitingBytes > MAX_WAITING_BYTES) lose(1);
      else push(line);
      start();
    },
    async close() {
      isClosed = true;
      clearTimeout(retry);
      await draining;
      if (waiting.length > 0 || block !== undefined) await drain();
      const unfinished =
        block === undefined ? 0 : countLines(block.bytes.subarray(lineStart(block.bytes, block.landed)));
      onSettled((block?.lines ?? 0) - unfinished);
      lose(waiting.length + unfinished);
      await shut();
      await archive.idle();
      return lost;
    },
  };
}

/** Where the line begins that holds the byte at `offset`. */
function lineStart(bytes: Buffer, offset: number): number {
  return offset === 0 ? 0 : bytes.lastIndexOf(NEWLINE, offset - 1) + 1;
}

function countLines(bytes: Buffer): number {
  return bytes.reduce((count, byte) => (byte === NEWLINE ? count + 1 : count), 0);
}
