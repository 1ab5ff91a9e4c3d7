import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

export interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/** Runs a program of the project's own, or one on PATH; true where it ended with 0. */
export function runProgram(command: readonly string[], env: Readonly<Record<string, string>> = {}): boolean {
  const [program = '', ...args] = command;
  const path = `${join(ROOT, 'node_modules', '.bin')}:${process.env.PATH}`;
  const { status, error } = spawnSync(program, args, {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...env, PATH: path },
  });
  if (error) console.error(`${program} could not be run: ${error.message}`);
  return status === 0;
}

/** Runs vitest with these arguments. `failures` names each failed test, and whatever else went wrong. */
export function runVitest(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Count & { readonly failures: readonly string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'sentinel-report-'));
  const file = join(folder, 'report.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const ok = runProgram(['vitest', 'run', ...args, ...reporters], env);
    return counted(ok, JSON.parse(readFileSync(file, 'utf8')) as Report);
  } catch (error) {
    return { passed: 0, failed: 1, skipped: 0, failures: [`vitest made no report: ${(error as Error).message}`] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function counted(ok: boolean, report: Report): ReturnType<typeof runVitest> {
  const failures: string[] = [];
  let { numFailedTests: failed } = report;
  for (const { name, status, message, assertionResults } of report.testResults) {
    const file = relative(ROOT, name);
    const broken = assertionResults.filter((test) => test.status === 'failed');
    failures.push(...broken.map((test) => `${file} > ${test.fullName}`));
    // a file that cannot be loaded, or whose hooks fail, may hold no failed test
    if (status === 'failed' && broken.length === 0) {
      failed++;
      failures.push(`${file}: ${message.split('\n')[0]}`);
    }
  }
  if (!ok && failed === 0) {
    failed++;
    failures.push('vitest: an error outside the tests, see above');
  }
  return { passed: report.numPassedTests, failed, skipped: report.numPendingTests + report.numTodoTests, failures };
}
