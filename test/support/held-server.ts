import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const ROOT = join(import.meta.dirname, '..', '..');

export interface HeldServer {
  readonly holder: ChildProcess;
  readonly pid: number;
  readonly port: number;
  readonly dataDir: string;
  readonly notice: string | null;
  readonly home: string;
}

export interface HoldOptions {
  /** Where the sources are; this checkout when absent. */
  readonly root?: string;
  readonly account?: string;
  /** Whom the program runs as. */
  readonly uid?: number;
  readonly gid?: number;
}

/** Starts a server in a process of its own (`hold-server.ts`) so that the process can be killed. Rejects with its error. */
export async function holdServer(dataDir: string, options: HoldOptions = {}): Promise<HeldServer> {
  const root = options.root ?? ROOT;
  const tsx = join(ROOT, 'node_modules', 'tsx', 'dist', 'esm', 'index.mjs');
  const holder = spawn(
    process.execPath,
    [
      '--import',
      tsx,
      '--conditions',
      '@sentinel/source',
      join(root, 'test', 'support', 'hold-server.ts'),
      dataDir,
      ...(options.account === undefined ? [] : [options.account]),
    ],
    {
      cwd: '/',
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH },
      ...(options.uid !== undefined && { uid: options.uid }),
      ...(options.gid !== undefined && { gid: options.gid }),
    },
  );
  let stderr = '';
  holder.stderr.on('data', (chunk) => (stderr += chunk));
  for await (const line of createInterface(holder.stdout)) {
    const answer = JSON.parse(line) as Omit<HeldServer, 'holder'> | { error: string };
    if ('error' in answer) throw new Error(answer.error);
    return { holder, ...answer };
  }
  throw new Error(`the program that holds the server ended: ${stderr}`);
}

/** Ends the holder's server in the ordinary way and waits for the holder. */
export function release(held: HeldServer): Promise<void> {
  return new Promise((resolve) => {
    if (held.holder.exitCode !== null || held.holder.signalCode !== null) return resolve();
    held.holder.once('exit', () => resolve());
    held.holder.stdin?.end();
  });
}
