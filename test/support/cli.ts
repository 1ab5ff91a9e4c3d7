import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = join(import.meta.dirname, '..', '..');

export interface CliOptions {
  /** What is built (`dist/main.js`), or the sources through tsx. */
  readonly entry?: 'dist' | 'source';
  /** Added to PATH, HOME and TMPDIR; nothing else of this process's environment is passed on. */
  readonly env?: Readonly<Record<string, string>>;
  /** The folder it runs in; one without `.env` files, unless those are the test. */
  readonly cwd: string;
  readonly stdin?: string;
  /** Node's own flags, e.g. `--max-old-space-size=64`. */
  readonly nodeFlags?: readonly string[];
}

export interface CliResult {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCli {
  readonly child: ChildProcess;
  /** Resolves when it has ended and everything it said was read. */
  readonly ended: Promise<CliResult>;
  /** What it has said so far. */
  said(): { stdout: string; stderr: string };
  /** Resolves when stdout or stderr matches; rejects where it ends before that. */
  saying(pattern: RegExp): Promise<void>;
  /** Sends the signal (SIGKILL when absent) and waits for the end. */
  kill(signal?: NodeJS.Signals): Promise<CliResult>;
}

/** Runs the program to its end: `runCli(['tables', '--json'], { cwd, env })`. */
export function runCli(args: readonly string[], options: CliOptions): Promise<CliResult> {
  return startCli(args, options).ended;
}

/** Starts the program, to watch it, signal it or kill it. It is killed with this process's test file. */
export function startCli(args: readonly string[], options: CliOptions): RunningCli {
  const { PATH = '', HOME = '', TMPDIR } = process.env;
  const child = spawn(process.execPath, [...(options.nodeFlags ?? []), ...entry(options.entry ?? 'dist'), ...args], {
    cwd: options.cwd,
    env: { PATH, HOME, ...(TMPDIR !== undefined && { TMPDIR }), ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text.stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text.stderr += chunk));
  child.stdin.on('error', () => {}); // it may end without reading
  child.stdin.end(options.stdin ?? '');
  const killAtExit = () => child.kill('SIGKILL');
  process.once('exit', killAtExit);
  let done = false;
  const ended = new Promise<CliResult>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      done = true;
      process.removeListener('exit', killAtExit);
      resolve({ code, signal, ...text });
    });
  });
  return {
    child,
    ended,
    said: () => ({ ...text }),
    async saying(pattern) {
      while (!pattern.test(text.stdout) && !pattern.test(text.stderr)) {
        if (done) throw new Error(`it ended without saying ${pattern}:\n${text.stdout}\n${text.stderr}`);
        await sleep(10);
      }
    },
    kill(signal = 'SIGKILL') {
      child.kill(signal);
      return ended;
    },
  };
}

function entry(kind: 'dist' | 'source'): string[] {
  if (kind === 'dist') return [join(ROOT, 'dist', 'main.js')];
  const tsx = join(ROOT, 'node_modules', 'tsx', 'dist', 'loader.mjs');
  return ['--import', tsx, '--conditions', '@sentinel/source', join(ROOT, 'src', 'main.ts')];
}
