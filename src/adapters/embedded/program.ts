import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { EmbeddedBinaries } from './binaries.js';

/** How every Postgres program is started: as the unprivileged account, in its own process group, with its own libraries. */
export function programOptions({ account, home }: EmbeddedBinaries): SpawnOptions {
  return {
    cwd: '/', // the account may not be allowed where we are
    env: { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC', LD_LIBRARY_PATH: join(home, 'lib') },
    detached: true, // a Ctrl-C in the terminal is for us to handle, not for the server's process group
    ...(account && { uid: account.uid, gid: account.gid }),
  };
}

/**
 * The server's words go to a file, not to a pipe: a pipe fills while this process is busy, and then the server waits.
 * The shell opens the file so that this is done as the account, never as root in a folder that the account controls.
 */
export function spawnServer(binaries: EmbeddedBinaries, args: readonly string[], logFile: string): ChildProcess {
  const program = join(binaries.home, 'bin', 'postgres');
  const options: SpawnOptions = { ...programOptions(binaries), stdio: 'ignore' };
  if (process.platform === 'win32') return spawn(program, args, options);
  return spawn('/bin/sh', ['-c', 'log=$1; shift; exec "$0" "$@" >"$log" 2>&1', program, logFile, ...args], options);
}

/**
 * Stops the server when this process ends in whatever way, SIGKILL included: a shell waits on a pipe that only we hold
 * open. Returns what calls the guard off.
 */
export function guardServer(binaries: EmbeddedBinaries, pid: number): () => void {
  const stop = () => void process.kill(pid, 'SIGINT');
  process.once('exit', stop);
  const withdraw = () => void process.removeListener('exit', stop);
  if (process.platform === 'win32') return withdraw;
  const guard = spawn('/bin/sh', ['-c', 'read -r _; kill -INT "$0"', String(pid)], {
    ...programOptions(binaries),
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.on('error', () => {}); // without it the server still stops at an ordinary exit
  guard.stdin?.on('error', () => {});
  guard.unref();
  (guard.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  return () => {
    withdraw();
    guard.kill('SIGKILL');
  };
}
