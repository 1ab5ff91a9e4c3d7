import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

/**
 * Runs the named steps (`check` and `all` are lists of them) and ends with one line, `N passed, N failed`: tests are
 * counted by vitest, every other step is one. All steps run whatever fails, but what needs a build that failed.
 */
const STEPS: Readonly<Record<string, readonly string[]>> = {
  format: ['biome', 'format'],
  lint: ['biome', 'lint', '--error-on-warnings'],
  types: ['tsc', '-b'],
  knip: ['knip'],
  build: ['npm', 'run', '--silent', 'build'],
};
const PROJECTS = ['unit', 'laws', 'conformance', 'integration', 'e2e'];
const LISTS: Readonly<Record<string, readonly string[]>> = {
  check: ['format', 'lint', 'types', 'unit', 'laws', 'knip'],
  all: ['format', 'lint', 'types', 'knip', 'build', ...PROJECTS],
};
/** Run what `build` made. */
const ON_BUILD = ['integration', 'e2e'];

interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface VitestReport {
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

const ROOT = join(import.meta.dirname, '..');
const failures: string[] = [];

function run(command: readonly string[]): boolean {
  const [program = '', ...args] = command;
  const path = `${join(ROOT, 'node_modules', '.bin')}:${process.env.PATH}`;
  const { status, error } = spawnSync(program, args, {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, PATH: path },
  });
  if (error) console.error(`${program} could not be run: ${error.message}`);
  return status === 0;
}

function tool(name: string): Count {
  console.log(`\n── ${name}`);
  if (run(STEPS[name]!)) return { passed: 1, failed: 0, skipped: 0 };
  failures.push(`${name} (npm run ${name})`);
  return { passed: 0, failed: 1, skipped: 0 };
}

function tests(projects: readonly string[]): Count {
  console.log(`\n── ${projects.join(', ')}`);
  const folder = mkdtempSync(join(tmpdir(), 'sentinel-report-'));
  const file = join(folder, 'report.json');
  try {
    const chosen = projects.flatMap((project) => ['--project', project]);
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const ok = run(['vitest', 'run', '--passWithNoTests', ...chosen, ...reporters]);
    return counted(ok, JSON.parse(readFileSync(file, 'utf8')) as VitestReport);
  } catch (error) {
    failures.push(`vitest made no report: ${(error as Error).message}`);
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function counted(ok: boolean, report: VitestReport): Count {
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
  return { passed: report.numPassedTests, failed, skipped: report.numPendingTests + report.numTodoTests };
}

function main(names: readonly string[]): number {
  const steps = names.flatMap((name) => LISTS[name] ?? [name]);
  const unknown = steps.filter((step) => !(step in STEPS) && !PROJECTS.includes(step));
  if (unknown.length > 0) {
    console.error(`no such step: ${unknown.join(', ')}; there are ${[...Object.keys(STEPS), ...PROJECTS].join(', ')}`);
    return 1;
  }
  const counts: Count[] = [];
  let built = true;
  for (const step of steps.filter((name) => name in STEPS)) {
    const count = tool(step);
    if (step === 'build') built = count.failed === 0;
    counts.push(count);
  }
  const projects = steps.filter((name) => PROJECTS.includes(name) && (built || !ON_BUILD.includes(name)));
  if (projects.length > 0) counts.push(tests(projects));
  const sum = (field: keyof Count) => counts.reduce((total, count) => total + count[field], 0);
  if (failures.length > 0) console.log(`\nFailed:\n${failures.map((text) => `  ${text}`).join('\n')}`);
  if (!built) console.log(`Not run, because the build failed: ${ON_BUILD.join(', ')}`);
  const skipped = sum('skipped');
  if (skipped > 0) console.log(`\nSkipped: ${skipped} tests, each says why in its name or its output`);
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed`);
  return sum('failed') > 0 ? 1 : 0;
}

process.exitCode = main(process.argv.length > 2 ? process.argv.slice(2) : ['all']);
