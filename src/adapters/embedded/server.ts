import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type EmbeddedBinaries, embeddedBinaries } from './binaries.js';
import { type ClusterOptions, initialiseDataDir } from './initialise.js';
import { processIdentity } from './process-identity.js';
import { guardServer, spawnServer } from './program.js';
import { clearDataDir, OWNER_SETTING, readPidFile } from './running-server.js';

export type { EmbeddedBinaries } from './binaries.js';
export { reachableDataDir } from './data-dir.js';
export { runningServer } from './running-server.js';

export interface EmbeddedServerOptions extends ClusterOptions {
  /** Free port on loopback when absent. */
  readonly port?: number;
  /** Server settings, e.g. `{ wal_level: 'logical' }`. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Where this process is root: the account to run the server as; else `postgres`, or `nobody`. */
  readonly account?: string;
  /** Folder of the platform package to take the programs from, for another version than the one installed here. */
  readonly packageDir?: string;
}

/** A running Postgres on 127.0.0.1 that this process started and owns. It ends with this process, however that ends. */
export interface EmbeddedServer {
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly dataDir: string;
  readonly pid: number;
  readonly binaries: EmbeddedBinaries;
  /** Stop: `fast` disconnects clients, `immediate` crashes, `kill` is SIGKILL to the postmaster. Resolves when it is gone. */
  stop(mode?: StopMode): Promise<void>;
}

export type StopMode = 'fast' | 'immediate' | 'kill';

const STOP_SIGNALS = { fast: 'SIGINT', immediate: 'SIGQUIT', kill: 'SIGKILL' } as const;

/** A port that was free a moment ago may be taken when the server binds it: others are tried. */
const PORT_ATTEMPTS = 5;

/** Longest wait for the last processes of a killed server to let go of its memory, milliseconds. */
const ORPHANS_MS = 15_000;

/** Longest start, crash recovery included, milliseconds. */
const START_MS = 120_000;

/**
 * Start a real Postgres from npm packages; initdb first when `dataDir` is new, and an end to the server there when the
 * process that started it was killed. Rejects with the server's own words.
 */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const dataDir = resolve(options.dataDir);
  const binaries = embeddedBinaries(options.account, options.packageDir);
  await initialiseDataDir({ ...options, dataDir }, binaries);
  await clearDataDir(dataDir);
  const { child, port } = await launch({ ...options, dataDir }, binaries);
  const exited = new Promise<void>((done) => child.once('exit', () => done()));
  child.unref();
  return {
    host: '127.0.0.1',
    port,
    user: options.user,
    password: options.password,
    dataDir,
    pid: child.pid as number,
    binaries,
    async stop(mode = 'fast') {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.ref();
      child.kill(STOP_SIGNALS[mode]);
      await exited;
    },
  };
}

async function launch(
  options: EmbeddedServerOptions,
  binaries: EmbeddedBinaries,
): Promise<{ child: ChildProcess; port: number }> {
  const settings = Object.entries({
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    logging_collector: 'off',
    ...options.parameters,
    [OWNER_SETTING]: processIdentity(process.pid) ?? `${process.pid}.0`,
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const logFile = join(options.dataDir, 'server.log');
  const orphansUntil = performance.now() + ORPHANS_MS;
  for (let attempt = 1; ; ) {
    const port = options.port ?? (await freePort());
    const child = spawnServer(binaries, ['-D', options.dataDir, '-p', String(port), ...settings], logFile);
    if (child.pid !== undefined) child.once('exit', guardServer(binaries, child.pid));
    const words = await ready(child, options.dataDir, logFile);
    if (words === null) return { child, port };
    if (/pre-existing shared memory block/.test(words) && performance.now() < orphansUntil) {
      await sleep(100);
    } else if (/Address already in use/.test(words)) {
      if (options.port !== undefined)
        throw new Error(`port ${port} on 127.0.0.1 is taken; name another one, or none to get a free one`);
      if (attempt++ >= PORT_ATTEMPTS) throw new Error(`no free port was found on 127.0.0.1: ${words}`);
    } else throw new Error(`Postgres did not start on ${options.dataDir}: ${words}`);
  }
}

/** Null when the server accepts connections; its last words where it ended instead. */
async function ready(child: ChildProcess, dataDir: string, logFile: string): Promise<string | null> {
  let failure: Error | undefined;
  child.once('error', (error) => (failure = error));
  const deadline = performance.now() + START_MS;
  for (;;) {
    const lines = readPidFile(dataDir);
    if (lines && Number(lines[0]) === child.pid && /^(ready|standby)/.test(lines[7] ?? '')) return null;
    if (failure) return failure.message;
    if (child.exitCode !== null || child.signalCode !== null)
      return lastWords(logFile) || `exit ${child.exitCode ?? child.signalCode}`;
    if (performance.now() > deadline) {
      child.kill('SIGQUIT');
      return `not ready after ${START_MS / 1000} s. ${lastWords(logFile)}`;
    }
    await sleep(10);
  }
}

function lastWords(logFile: string): string {
  try {
    return readFileSync(logFile, 'utf8').slice(-4_000).trim();
  } catch {
    return '';
  }
}

/** A port on 127.0.0.1 that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((done, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => done(port));
    });
  });
}
