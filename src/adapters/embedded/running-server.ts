import { readFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandLine, isAlive, processIdentity } from './process-identity.js';

/** A server setting that Postgres carries along without a meaning of its own: who started it, for whoever finds it running. */
export const OWNER_SETTING = 'sentinel.owner';

/** How long each way to stop a server has before the next, rougher one, milliseconds. */
const PATIENCE_MS = 15_000;

export interface RunningServer {
  readonly pid: number;
  readonly port: number;
  /** False where the process that started it is gone: nobody will stop it. Null where it was started by other means. */
  readonly owned: boolean | null;
}

/** The server that runs on a data folder now, by its `postmaster.pid`; null where that file is stale or absent. */
export function runningServer(dataDir: string): RunningServer | null {
  const lines = readPidFile(dataDir);
  if (!lines) return null;
  const pid = Number(lines[0]);
  if (!isAlive(pid)) return null;
  const command = commandLine(pid);
  if (!isPostgresOf(command, dataDir)) return null;
  const owner = new RegExp(`${OWNER_SETTING}=((\\d+)\\.\\w+)`).exec(command);
  return {
    pid,
    port: Number(lines[3]),
    owned: owner ? processIdentity(Number(owner[2])) === owner[1] : null,
  };
}

/**
 * Makes a data folder free to start a server on: one that a killed process left behind is stopped, and a `postmaster.pid`
 * whose number now belongs to some other program (Postgres itself would refuse to start) is removed. Rejects where the
 * server is somebody's who is still there.
 */
export async function clearDataDir(dataDir: string): Promise<void> {
  const server = runningServer(dataDir);
  if (!server) {
    if (isStale(readPidFile(dataDir))) rmSync(join(dataDir, 'postmaster.pid'), { force: true });
    return;
  }
  if (server.owned !== false)
    throw new Error(
      `a Postgres server (process ${server.pid}, port ${server.port}) already runs on ${dataDir}; stop what started it and try again`,
    );
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    // read again each time: the number may have passed to another program meanwhile
    if (!isPostgresOf(commandLine(server.pid), dataDir)) return;
    process.kill(server.pid, signal);
    const deadline = performance.now() + PATIENCE_MS;
    while (isPostgresOf(commandLine(server.pid), dataDir) && performance.now() < deadline) await sleep(20);
  }
  if (isPostgresOf(commandLine(server.pid), dataDir))
    throw new Error(`the Postgres server left running on ${dataDir} (process ${server.pid}) could not be stopped`);
}

/** Where the system hides what runs under that number, the file is left for Postgres to judge. */
function isStale(lines: string[] | null): boolean {
  if (!lines) return false;
  const pid = Number(lines[0]);
  return processIdentity(pid) === null || commandLine(pid) !== '';
}

/** The lines of `postmaster.pid`: process, data folder, start time, port, socket folder, address, shared memory, status. */
export function readPidFile(dataDir: string): string[] | null {
  try {
    return readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return null;
  }
}

/** A postmaster keeps its own arguments; its children show a title instead. */
function isPostgresOf(command: string, dataDir: string): boolean {
  const [program, folder] = command.split(' -D ', 2);
  if (!program || folder === undefined || !/(^|\/)postgres$/.test(program)) return false;
  return [dataDir, realpathSync(dataDir)].some((path) => folder === path || folder.startsWith(`${path} `));
}
