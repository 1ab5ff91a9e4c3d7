import { createReadStream } from 'node:fs';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { AUDIT_LOG, type AuditLine, parseLine } from './line.js';

/** A line longer than this is no event, and is not kept in memory. */
const MAX_LINE_BYTES = 16 * 2 ** 20;
const NEWLINE = 10;

/** `audit.log` and what somebody rotated away beside it (`audit.log.1`, `audit.log-20260101.gz`): paths, the newest first. */
export async function auditFiles(dir: string): Promise<string[]> {
  const names = await readdir(dir).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const paths = names.filter((name) => /^audit\.log([.-]|$)/.test(name)).map((name) => join(dir, name));
  const dated = await Promise.all(paths.map(async (path) => ({ path, changedMs: (await stat(path)).mtimeMs })));
  const rank = (path: string) => (path === join(dir, AUDIT_LOG) ? 0 : 1);
  return dated
    .sort((a, b) => rank(a.path) - rank(b.path) || b.changedMs - a.changedMs || (a.path < b.path ? 1 : -1))
    .map(({ path }) => path);
}

/** The lines of a file, unpacked where it is gzip; null stands for one that is too long to be an event. */
export async function* linesOf(path: string): AsyncGenerator<string | null> {
  const file = createReadStream(path);
  const content = path.endsWith('.gz') ? pipeline(file, createGunzip(), () => undefined) : file;
  let parts: Buffer[] = [];
  let length = 0;
  const line = () => {
    const text = length > MAX_LINE_BYTES ? null : Buffer.concat(parts).toString('utf8');
    parts = [];
    length = 0;
    return text;
  };
  const take = (part: Buffer) => {
    length += part.length;
    if (length <= MAX_LINE_BYTES) parts.push(part);
    else parts = [];
  };
  for await (const chunk of content as AsyncIterable<Buffer>) {
    let from = 0;
    for (let to = chunk.indexOf(NEWLINE); to !== -1; to = chunk.indexOf(NEWLINE, from)) {
      take(chunk.subarray(from, to));
      yield line();
      from = to + 1;
    }
    take(chunk.subarray(from));
  }
  if (length > 0) yield line();
}

/** The last line of this store in any of these files, the newest first; null where none has one. */
export async function lastLineOf(paths: readonly string[], store: string): Promise<AuditLine | null> {
  for (const path of paths) {
    const last = path.endsWith('.gz') ? await lastPacked(path, store) : await lastPlain(path, store);
    if (last) return last;
  }
  return null;
}

async function lastPacked(path: string, store: string): Promise<AuditLine | null> {
  let last: AuditLine | null = null;
  for await (const text of linesOf(path)) {
    const line = text === null ? null : parseLine(text);
    if (line?.store === store) last = line;
  }
  return last;
}

/** Reads the end of the file, and more of it only where that is of other stores. */
async function lastPlain(path: string, store: string): Promise<AuditLine | null> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    for (let wanted = 64 * 1024; ; wanted *= 4) {
      const start = Math.max(0, size - wanted);
      const texts = (await readRange(file, start, size)).toString('utf8').split('\n');
      // What stands before the first newline began before this range.
      for (const text of texts.slice(start === 0 ? 0 : 1).reverse()) {
        const line = parseLine(text);
        if (line?.store === store) return line;
      }
      if (start === 0) return null;
    }
  } finally {
    await file.close();
  }
}

async function readRange(file: FileHandle, start: number, end: number): Promise<Buffer> {
  const bytes = Buffer.alloc(end - start);
  const { bytesRead } = await file.read(bytes, 0, bytes.length, start);
  return bytes.subarray(0, bytesRead);
}

/** Remove a line that a crash cut short: its event is in the store, and is written again. */
export async function cutTornLine(file: FileHandle): Promise<void> {
  const { size } = await file.stat();
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - 64 * 1024);
    const newline = (await readRange(file, start, end)).lastIndexOf(NEWLINE);
    if (newline !== -1 || start === 0) {
      if (start + newline + 1 < size) await file.truncate(start + newline + 1);
      return;
    }
    end = start;
  }
}
