import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { runCli } from '#src/cli/cli.js';
import { type BadInput, PLANTED } from './case.js';

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the input in a folder of its own and throws where the program does not bear it with manners. */
export async function tryInput(
  input: BadInput,
  run: (input: BadInput, cwd: string) => Promise<Outcome> = runInProcess,
): Promise<Outcome> {
  const cwd = mkdtempSync(join(tmpdir(), 'sentinel-bad-'));
  try {
    for (const file of input.files) place(cwd, file);
    const before = readdirSync(cwd);
    const outcome = await run(input, cwd);
    check(input, outcome);
    const made = readdirSync(cwd).filter((name) => !before.includes(name) && name !== 'logs');
    if (made.length > 0) throw new Error(`it left ${made.join(', ')}`);
    const logs = before.includes('logs') ? '' : logText(join(cwd, 'logs'));
    if (logs.includes(PLANTED)) throw new Error(`a secret is in the logs:\n${logs}`);
    return outcome;
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

/** The program's own entry, in this process. It ends on bad input before it opens anything. */
async function runInProcess({ args, env }: BadInput, cwd: string): Promise<Outcome> {
  const [stdout, stderr] = [new PassThrough({ encoding: 'utf8' }), new PassThrough({ encoding: 'utf8' })];
  const text = { stdout: '', stderr: '' };
  stdout.on('data', (chunk: string) => (text.stdout += chunk));
  stderr.on('data', (chunk: string) => (text.stderr += chunk));
  const code = await runCli(args, { stdout, stderr, env, cwd }, '0.0.0');
  return { code, ...text };
}

function check({ named, args, files, env }: BadInput, { code, stdout, stderr }: Outcome): void {
  const said = stdout + stderr;
  const fail = (what: string) => {
    throw new Error(`${what} (exit ${code}):\n${said.slice(0, 3000)}`);
  };
  if (![0, 2, 3].includes(code as number)) fail('an exit code that bad input does not have');
  if (code === 3 && stderr === '') fail('it does not say why');
  if (/^\s+at .*[:(]\d+/m.test(said) || /node:internal/.test(said)) fail('a stack trace');
  if (said.includes(PLANTED)) fail('a secret');
  for (const expected of named) if (!expected.test(stderr)) fail(`it does not name ${expected}`);
  if (named.length > 0 && code !== 3) fail('it does not refuse');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029]/.test(said)) fail('control characters');
  if (said.length > 100_000) fail(`${said.length} characters`);
  // What was given may be said again; a word of JavaScript's that nobody gave is our own mistake.
  const given = [
    ...args,
    ...Object.values(env),
    ...files.map((file) => ('content' in file ? Buffer.from(file.content).toString() : '')),
  ].join();
  for (const word of ['undefined', '[object', 'NaN', 'TypeError', 'RangeError', 'ERR_'])
    if (said.includes(word) && !given.includes(word) && !/\bnan\b/i.test(given)) fail(`the word ${word}`);
}

function place(cwd: string, file: BadInput['files'][number]): void {
  const path = join(cwd, file.name);
  if ('content' in file) {
    writeFileSync(path, file.content);
    return;
  }
  const make = {
    folder: () => void mkdirSync(path),
    loop: () => symlinkSync(file.name, path),
    dangling: () => symlinkSync('nowhere', path),
    pipe: () => void spawnSync('mkfifo', [path]),
    device: () => symlinkSync('/dev/zero', path),
  };
  make[file.special]();
}

function logText(folder: string): string {
  try {
    return readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('');
  } catch {
    return '';
  }
}
