import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Whether the log files have room. */
export interface LogRoom {
  readonly dir: string;
  readonly status: 'ok' | 'degraded';
  readonly writable: boolean;
  /** Null where the file system did not tell. */
  readonly freeBytes: number | null;
  /** What one turn of every log file takes. */
  readonly neededBytes: number;
  /** What is wrong and how to mend it. */
  readonly message?: string;
}

/** Log files that are written at the same time: those of the run and one for each of some sources. */
const FILES = 8;

/** Look at the folder, or where it is not made yet at the one that will hold it. Resolves within the limit; never rejects. */
export async function checkLogRoom(
  { dir, maxBytes }: { readonly dir: string; readonly maxBytes: number },
  limitMs: number,
): Promise<LogRoom> {
  const neededBytes = FILES * maxBytes;
  const unknown = { dir, status: 'degraded', writable: false, freeBytes: null, neededBytes } as const;
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<LogRoom>((resolve) => {
    const message = `the file system of ${dir} did not answer within ${limitMs / 1000} s; set LOG_DIR to another folder`;
    timer = setTimeout(() => resolve({ ...unknown, message }), limitMs);
  });
  const found = look(dir, neededBytes).catch((error: Error) => ({ ...unknown, message: `${dir}: ${error.message}` }));
  return Promise.race([found, limit]).finally(() => clearTimeout(timer));
}

async function look(dir: string, neededBytes: number): Promise<LogRoom> {
  const there = await nearest(dir);
  const { bavail, bsize } = await statfs(there);
  const freeBytes = bavail * bsize;
  const isFolder = (await stat(there)).isDirectory();
  const writable =
    isFolder &&
    (await access(there, constants.W_OK | constants.X_OK).then(
      () => true,
      () => false,
    ));
  const facts = { dir, writable, freeBytes, neededBytes };
  if (!isFolder) return { ...facts, status: 'degraded', message: `${there} is no folder; set LOG_DIR to one` };
  if (!writable)
    return { ...facts, status: 'degraded', message: `${there} cannot be written; change its owner, or set LOG_DIR` };
  if (freeBytes >= neededBytes) return { ...facts, status: 'ok' };
  const message = `the disk of ${dir} is nearly full: make room, lower LOG_MAX_BYTES, or set LOG_DIR to another disk`;
  return { ...facts, status: 'degraded', message };
}

async function nearest(dir: string): Promise<string> {
  for (let folder = dir; ; folder = dirname(folder)) {
    const isThere = await stat(folder).then(
      () => true,
      (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
    );
    if (isThere || dirname(folder) === folder) return folder;
  }
}
