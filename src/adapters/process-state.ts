import { mkdirSync, rmSync } from 'node:fs';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { processIdentity } from './embedded/process-identity.js';
import type { BreakerFacts } from './postgres/circuit-breaker.js';

/** Connections of one process to one source, over all its threads. */
export interface PoolUse {
  readonly open: number;
  readonly idle: number;
  /** Requests that wait for one. */
  readonly waiting: number;
  /** Most ever open at a time. */
  readonly peak: number;
  /** Never more; null before the server was asked. */
  readonly ceiling: number | null;
}

/** What a running process does with one source. */
export interface SourceUse {
  readonly source: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly breaker: BreakerFacts;
  readonly pool: PoolUse;
}

/** What a running process tells others of itself; no secrets. */
export interface ProcessState {
  readonly pid: number;
  readonly host: string;
  /** Of the process, so that another one of the same id later is not taken for it. */
  readonly identity: string | null;
  /** `run`, `profile` … */
  readonly command: string;
  /** When it was told, epoch milliseconds. */
  readonly atMs: number;
  readonly sources: readonly SourceUse[];
}

/** Where a project's processes tell of themselves, below the working directory. */
export const STATE_DIR = join('.sentinel', 'state');

const EVERY_MS = 1_000;

const own = new Set<() => ProcessState>();
let made = 0;

/**
 * Tell other processes, by a file in `dir`, what this one does, once a second and when asked to; `healthCheck()` of this process sees
 * it as it is. Nothing of it fails: where the folder cannot be written, others see nothing.
 */
export function publishState(
  dir: string,
  command: string,
  read: () => readonly SourceUse[],
): { readonly changed: () => void; readonly end: () => void } {
  const file = join(dir, `${process.pid}-${++made}.json`);
  const identity = processIdentity(process.pid);
  const state = () => ({
    pid: process.pid,
    host: hostname(),
    identity,
    command,
    atMs: Date.now(),
    sources: read(),
  });
  own.add(state);
  let [writing, again, isOver, told] = [false, false, false, ''];
  const write = async (): Promise<void> => {
    if (writing || isOver) {
      again = true;
      return;
    }
    const sources = JSON.stringify(read());
    if (sources === told) return; // the times in it move only while there is something to tell
    writing = true;
    try {
      const draft = `${file}.new`;
      await writeFile(draft, JSON.stringify(state()));
      await rename(draft, file);
      told = sources;
    } catch {
      // A full or read-only disk: nobody is told.
    }
    writing = false;
    if (isOver) remove();
    else if (again) {
      again = false;
      await write();
    }
  };
  const remove = () => {
    try {
      for (const each of [file, `${file}.new`]) rmSync(each, { force: true });
    } catch {}
  };
  // One by one: on a file system that refuses all, Node's recursive mkdir never comes back.
  for (const folder of [dirname(dir), dir])
    try {
      mkdirSync(folder);
    } catch {}
  void write();
  const timer = setInterval(() => void write(), EVERY_MS).unref();
  return {
    changed: () => void write(),
    end() {
      isOver = true;
      clearInterval(timer);
      own.delete(state);
      if (!writing) remove();
    },
  };
}

/**
 * What this process tells, and where `dir` is given the others that run on this machine; what those left that were killed is swept up.
 * Resolves within the limit; never rejects.
 */
export async function readStates(dir: string | null, limitMs: number): Promise<ProcessState[]> {
  const states = [...own].map((read) => read());
  if (dir === null) return states;
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  await Promise.race([readOthers(dir, states), limit]).finally(() => clearTimeout(timer));
  return [...states];
}

async function readOthers(dir: string, states: ProcessState[]): Promise<void> {
  const names = await readdir(dir).catch(() => [] as string[]);
  await Promise.all(
    names.map(async (name) => {
      try {
        const state = JSON.parse(await readFile(join(dir, name), 'utf8')) as ProcessState;
        if (state.host !== hostname() || state.pid === process.pid) return;
        if (processIdentity(state.pid) === state.identity) states.push(aged(state));
        else await rm(join(dir, name), { force: true });
      } catch {
        // Not ours, or gone meanwhile.
      }
    }),
  );
}

/** As it is now: what was told is up to a second old, or older where nothing else changed. */
function aged(state: ProcessState): ProcessState {
  const agoMs = Math.max(0, Date.now() - state.atMs);
  const sources = state.sources.map((use) => {
    const { breaker } = use;
    if (breaker.state === 'closed') return use;
    const { openForMs, retryInMs } = breaker;
    return {
      ...use,
      breaker: { ...breaker, openForMs: openForMs + agoMs, retryInMs: Math.max(0, retryInMs - agoMs) },
    };
  });
  return { ...state, sources };
}
