import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { reachableDataDir, runningServer } from '#src/adapters/embedded/server.js';
import { runCli } from '../support/cli.js';
import { outputSchema } from '../support/output-schema.js';
import { jsonLines, linesOf, tableNames } from '../support/program.js';

// where the account that the servers run under can reach it, also when we are root
const cwd = mkdtempSync('/var/tmp/sentinel-e2e-demo-');
chmodSync(cwd, 0o755);
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

// settings of other databases are none of the demo's business
const env = { CONCURRENT_WORKERS: '2', BATCH_DB_HOST: 'no-such-host.invalid', METADATA_SCHEMA: 'history' };
writeFileSync(join(cwd, 'sentinel.yaml'), 'tables:\n  - match: batch.sales.*\n    exclude: true\n');

const lastLine = (text: string) => text.trimEnd().split('\n').at(-1);

describe('demo', () => {
  test('needs nothing: two servers, eleven incidents, all of them found and nothing else', async () => {
    const { code, stdout, stderr } = await runCli(['demo', '--json'], { cwd, env });
    expect(stderr).toMatch(/Loaded analytics_db in .* s/);
    expect(lastLine(stderr)).toBe('planted 11, found 11, false alarms 0');
    expect(code).toBe(0);
    const names = tableNames(stdout);
    expect(names.length).toBeGreaterThanOrEqual(40);
    expect(new Set(names.map((name) => name.split('.')[0]))).toEqual(new Set(['batch', 'cdc']));
    expect(linesOf(stdout, 'table').filter(({ status }) => status !== 'ok')).toEqual([]);
    for (const line of jsonLines(stdout)) expect(outputSchema.safeParse(line).success, JSON.stringify(line)).toBe(true);
    expect(linesOf(stdout, 'planted').map(({ incident }) => incident)).toEqual(
      Array.from({ length: 11 }, () => expect.stringMatching(/^INC-/)),
    );
    expect(jsonLines(stdout).at(-1)).toEqual({ type: 'score', planted: 11, found: 11, falseAlarms: [] });
    for (const source of ['batch', 'cdc'])
      expect(runningServer(reachableDataDir(join(cwd, '.sentinel', 'demo', source)).path)).toBeNull();
    expect(statSync(join(cwd, '.sentinel', 'demo', 'report.html')).size).toBeLessThan(1_000_000);
  });

  test('says the same a second time, and loads nothing for it', async () => {
    const { code, stdout, stderr } = await runCli(['demo'], { cwd, env });
    expect(lastLine(stdout)).toBe('planted 11, found 11, false alarms 0');
    expect(code).toBe(0);
    expect(stderr).not.toContain('Loaded');
    // The caller's own store has none of these incidents.
    expect(stdout).toMatch(/┃ ALERT {2}\d+ incidents need attention/);
    expect(stdout + stderr).not.toMatch(/sentinel incidents (show|ack)/);
  });

  test('finds nothing where nothing is planted', async () => {
    const { code, stdout } = await runCli(['demo', '--plant', 'none'], { cwd, env });
    expect(lastLine(stdout)).toBe('planted 0, found 0, false alarms 0');
    expect(code).toBe(0);
  });

  test('knows what can be planted', async () => {
    const { code, stderr } = await runCli(['demo', '--plant', 'half load,flood'], { cwd, env });
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /--plant: there is no incident "flood"; there are half load, duplicate load, .*"all" and "none"/,
    );
  });
});
