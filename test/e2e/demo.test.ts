import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { reachableDataDir, runningServer } from '#src/adapters/embedded/server.js';
import { runCli } from '../support/cli.js';
import { jsonLines, linesOf, tableNames } from '../support/program.js';

// where the account that the servers run under can reach it, also when we are root
const cwd = mkdtempSync('/var/tmp/sentinel-e2e-demo-');
chmodSync(cwd, 0o755);
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

test('demo needs nothing: it starts two servers, runs on them, and stops them', async () => {
  const env = { CONCURRENT_WORKERS: '2', BATCH_DB_HOST: 'no-such-host.invalid', METADATA_SCHEMA: 'history' };
  const { code, stdout, stderr } = await runCli(['demo', '--json'], { cwd, env });
  expect(code).toBe(0);
  expect(stderr).toMatch(/Loaded analytics_db in .* s\./);
  expect(new Set(tableNames(stdout).map((name) => name.split('.')[0]))).toEqual(new Set(['batch', 'cdc']));
  expect(linesOf(stdout, 'table').filter(({ status }) => status !== 'ok')).toEqual([]);
  expect(jsonLines(stdout).at(-1)).toMatchObject({ type: 'summary', incomplete: false, findings: 0 });
  for (const source of ['batch', 'cdc'])
    expect(runningServer(reachableDataDir(join(cwd, '.sentinel', 'demo', source)).path)).toBeNull();
});
