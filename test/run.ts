import { type Count, runProgram, runVitest } from './support/vitest-report.js';

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
const PROJECTS = ['unit', 'laws', 'conformance', 'integration', 'e2e', 'faults'];
const LISTS: Readonly<Record<string, readonly string[]>> = {
  check: ['format', 'lint', 'types', 'unit', 'laws', 'knip'],
  all: ['format', 'lint', 'types', 'knip', 'build', ...PROJECTS],
};
/** Run what `build` made. */
const ON_BUILD = ['integration', 'e2e', 'faults'];

const failures: string[] = [];

function tool(name: string): Count {
  console.log(`\n── ${name}`);
  if (runProgram(STEPS[name]!)) return { passed: 1, failed: 0, skipped: 0 };
  failures.push(`${name} (npm run ${name})`);
  return { passed: 0, failed: 1, skipped: 0 };
}

function tests(projects: readonly string[]): Count {
  console.log(`\n── ${projects.join(', ')}`);
  const chosen = projects.flatMap((project) => ['--project', project]);
  const { failures: broken, ...count } = runVitest(['--passWithNoTests', ...chosen]);
  failures.push(...broken);
  return count;
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
