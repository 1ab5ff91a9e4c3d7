import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { embeddedBinaries, platformPackage } from '#src/adapters/embedded/binaries.js';
import { runVitest } from './support/vitest-report.js';

/**
 * Runs the integration tests on an embedded Postgres of every supported major version, or of those named: `versions.ts 12
 * 18`. Versions other than the installed one come from npm, into a folder outside the project, once. Prints a line per
 * version and a total; exit code 1 where a test failed.
 */

/** Beside the test servers' data: where this process is root, the account that runs a server must be able to enter. */
const CACHE = process.env.TEST_POSTGRES_CACHE ?? `/var/tmp/sentinel-postgres-versions-${process.getuid?.() ?? 0}`;

/** What has nothing to do with the server's version: the npm package itself, log files, the demo's own servers. */
const SAME_ON_ALL = ['embedded*', 'logging*', 'demo', 'test-support'];

const ROOT = join(import.meta.dirname, '..');
const { why: _, ...pinned } = JSON.parse(
  readFileSync(join(import.meta.dirname, 'postgres-versions.json'), 'utf8'),
) as Record<string, string>;
const installed = embeddedBinaries().version;
const versions: Readonly<Record<string, string>> = { ...pinned, [majorOf(installed)]: installed };

function majorOf(version: string): string {
  return version.slice(0, version.indexOf('.'));
}

/** Folder of the platform package of this version, installed where it is not there yet. */
function packageOf(version: string): string {
  const target = join(CACHE, version);
  const inside = join('node_modules', ...platformPackage().split('/'));
  if (existsSync(target)) return join(target, inside);
  mkdirSync(CACHE, { recursive: true, mode: 0o755 });
  const staging = mkdtempSync(join(CACHE, '.installing-'));
  chmodSync(staging, 0o755);
  try {
    const quiet = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error'];
    const named = `${platformPackage()}@${version}`;
    // Its script makes the links between libraries, which a package cannot hold; here it is run by name.
    execFileSync('npm', ['install', '--prefix', staging, '--ignore-scripts', ...quiet, named], { stdio: 'inherit' });
    execFileSync(process.execPath, [join('scripts', 'hydrate-symlinks.js')], { cwd: join(staging, inside) });
    renameSync(staging, target);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return join(target, inside);
}

function main(wanted: readonly string[]): number {
  const unknown = wanted.filter((major) => !(major in versions));
  if (unknown.length > 0) {
    console.error(`no such version: ${unknown.join(', ')}; there are ${Object.keys(versions).join(', ')}`);
    return 1;
  }
  const majors = wanted.length > 0 ? wanted : Object.keys(versions);
  const lines: string[] = [];
  const total = { passed: 0, failed: 0 };
  for (const major of majors) {
    const version = versions[major]!;
    console.log(`\n── Postgres ${version}`);
    const startedMs = performance.now();
    const { passed, failed, skipped, failures } = runVitest(
      ['--project', 'integration', ...SAME_ON_ALL.flatMap((name) => ['--exclude', `test/integration/${name}.test.ts`])],
      {
        TEST_POSTGRES: 'embedded',
        ...(version !== installed && { TEST_POSTGRES_PACKAGE: packageOf(version) }),
      },
    );
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    total.passed += passed;
    total.failed += failed;
    lines.push(`Postgres ${version}: ${passed} passed, ${failed} failed, ${skipped} skipped, ${seconds} s`);
    lines.push(...failures.map((failure) => `  ${failure}`));
  }
  console.log(`\n${lines.join('\n')}`);
  console.log(`\nversions ${majors.length}, passed ${total.passed}, failed ${total.failed}`);
  return total.failed > 0 ? 1 : 0;
}

process.chdir(ROOT);
process.exitCode = main(process.argv.slice(2));
