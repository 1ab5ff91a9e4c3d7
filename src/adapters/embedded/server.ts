import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type EmbeddedBinaries, embeddedBinaries } from './binaries.js';

export interface EmbeddedServerOptions {
  /** Data folder; made and initialised when absent. Must be reachable by the account that runs the server. */
  readonly dataDir: string;
  readonly user: string;
  readonly password: string;
  /** Free port on loopback when absent. */
  readonly port?: number;
  /** Server settings, e.g. `{ wal_level: 'logical' }`. */
  readonly parameters?: Readonly<Record<string, string>>;
  readonly initdbFlags?: readonly string[];
}

/** A running Postgres on 127.0.0.1 that this process started and owns. */
export interface EmbeddedServer {
  readonly host: '127.0.0.1';
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly dataDir: string;
  readonly pid: number;
  readonly binaries: EmbeddedBinaries;
  /** Stop: `fast` disconnects clients, `immediate` crashes, `kill` is SIGKILL to the postmaster. Resolves when it is gone. */
  stop(mode?: 'fast' | 'immediate' | 'kill'): Promise<void>;
}

/** Start a real Postgres from npm packages; initdb first when `dataDir` is new. Rejects with the server's own words. */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  const binaries = embeddedBinaries();
  if (!existsSync(join(options.dataDir, 'PG_VERSION'))) await initialise(options, binaries);
  const port = options.port ?? (await freePort());
  const flags = Object.entries({
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    logging_collector: 'off',
    ...options.parameters,
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = start(binaries, 'postgres', ['-D', options.dataDir, '-p', String(port), ...flags]);
  await ready(child);
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stopAtExit = () => child.kill('SIGINT');
  process.once('exit', stopAtExit);
  return {
    host: '127.0.0.1',
    port,
    user: options.user,
    password: options.password,
    dataDir: options.dataDir,
    pid: child.pid as number,
    binaries,
    async stop(mode = 'fast') {
      process.removeListener('exit', stopAtExit);
      if (child.exitCode === null && child.signalCode === null)
        child.kill(mode === 'kill' ? 'SIGKILL' : mode === 'immediate' ? 'SIGQUIT' : 'SIGINT');
      await exited;
    },
  };
}

async function initialise(options: EmbeddedServerOptions, binaries: EmbeddedBinaries): Promise<void> {
  rmSync(options.dataDir, { recursive: true, force: true });
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  const passwordFile = `${options.dataDir}.password`;
  writeFileSync(passwordFile, `${options.password}\n`, { mode: 0o600 });
  if (binaries.account) {
    chownSync(options.dataDir, binaries.account.uid, binaries.account.gid);
    chownSync(passwordFile, binaries.account.uid, binaries.account.gid);
  }
  try {
    const child = start(binaries, 'initdb', [
      `--pgdata=${options.dataDir}`,
      `--username=${options.user}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--no-sync',
      ...(options.initdbFlags ?? []),
    ]);
    const { code, output } = await finished(child);
    if (code !== 0) throw new Error(`initdb failed in ${options.dataDir}: ${output.trim()}`);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

function start(binaries: EmbeddedBinaries, program: string, args: readonly string[]): ChildProcess {
  const { account, home } = binaries;
  return spawn(join(home, 'bin', program), args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: '/',
    env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC', LD_LIBRARY_PATH: join(home, 'lib') },
    detached: true, // a Ctrl-C in the terminal is for us to handle, not for the server's process group
    ...(account && { uid: account.uid, gid: account.gid }),
  });
}

function finished(child: ChildProcess): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    child.stdout?.resume();
    child.stderr?.on('data', (chunk) => {
      if (output.length < 10_000) output += chunk;
      if (output.includes('ready to accept connections')) resolve();
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`Postgres did not start (exit ${code}): ${output.trim()}`)));
  });
}

/** A port on 127.0.0.1 that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

/** The port a server left in its data folder's `postmaster.pid`, where one may still run from there. */
export function runningServer(dataDir: string): { pid: number; port: number } | null {
  const file = join(dataDir, 'postmaster.pid');
  if (!existsSync(file)) return null;
  const lines = readFileSync(file, 'utf8').split('\n');
  const pid = Number(lines[0]);
  try {
    process.kill(pid, 0);
    return { pid, port: Number(lines[3]) };
  } catch {
    return null;
  }
}
