import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** The right to write the log files of a folder under one set of names. */
export interface LogLock {
  /** What goes between a log's name and `.log`: empty for the first process, else `.<pid>`. */
  readonly suffix: string;
  release(): void;
}

const HEARTBEAT_MS = 20_000;
/** A lock whose owner missed three heartbeats is stale, whatever its pid says: pids are used again, in containers at once. */
const STALE_MS = 3 * HEARTBEAT_MS;
const ATTEMPTS = 5;

/** Locks of this process: its own pid in a lock file proves nothing else, since another container may have had it. */
const held = new Set<string>();

/**
 * Make the folder and take its lock; the second process there gets names of its own. Throws where the folder cannot be written.
 * `onLost` is called where another process took the lock for stale: after a sleep of the machine, or a jump of its clock.
 */
export function lockLogs(dir: string, onLost: () => void): LogLock {
  mkdirSync(dir, { recursive: true });
  const suffixes = ['', `.${process.pid}`];
  for (let count = 0; ; count++) {
    const suffix = suffixes[count] ?? `.${process.pid}-${count}`;
    const path = join(dir, `.lock${suffix}`);
    if (!take(path)) continue;
    held.add(path);
    const forget = (): void => {
      clearInterval(heartbeat);
      held.delete(path);
    };
    const heartbeat = setInterval(() => {
      if (refresh(path)) return;
      forget();
      onLost();
    }, HEARTBEAT_MS).unref();
    return {
      suffix,
      release() {
        forget();
        if (read(path)?.content === ownContent()) rmSync(path, { force: true });
      },
    };
  }
}

function ownContent(): string {
  return JSON.stringify({ pid: process.pid, host: hostname() });
}

function take(path: string): boolean {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (create(path)) return true;
    const found = read(path);
    if (found === undefined) continue;
    if (isHeld(path, found)) return false;
    removeStale(path, found.content);
  }
  return false;
}

function create(path: string): boolean {
  try {
    writeFileSync(path, ownContent(), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

interface Found {
  readonly content: string;
  readonly ageMs: number;
}

function read(path: string): Found | undefined {
  try {
    return { content: readFileSync(path, 'utf8'), ageMs: Date.now() - statSync(path).mtimeMs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function isHeld(path: string, { content, ageMs }: Found): boolean {
  if (held.has(path)) return true;
  if (ageMs > STALE_MS) return false;
  const owner = parseOwner(content);
  // Not yet written, or of another machine: only its heartbeat can tell.
  if (owner === undefined || owner.host !== hostname()) return true;
  return owner.pid !== process.pid && isAlive(owner.pid);
}

function parseOwner(content: string): { readonly pid: number; readonly host: string } | undefined {
  try {
    const { pid, host } = JSON.parse(content) as { pid?: unknown; host?: unknown };
    return Number.isSafeInteger(pid) && typeof host === 'string' ? { pid: pid as number, host } : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Another process may take the stale lock at the same moment: rename is atomic, and what it moved is looked at again. */
function removeStale(path: string, staleContent: string): void {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
    if (readFileSync(aside, 'utf8') !== staleContent) linkSync(aside, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

/** False where the lock is another's now. */
function refresh(path: string): boolean {
  const now = new Date();
  try {
    const found = read(path);
    if (found === undefined) return create(path);
    if (found.content !== ownContent()) return false;
    utimesSync(path, now, now);
  } catch {
    // The folder is gone or full; the log files say so, the lock has nothing to add.
  }
  return true;
}
