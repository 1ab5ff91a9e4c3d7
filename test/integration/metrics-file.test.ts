import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { readSamples, seriesName } from '#src/cli/metrics/prometheus-text.js';
import { runCli } from '../support/cli.js';
import { undefinedSeries } from '../support/defined-series.js';
import { ownServer, type TestServer } from '../support/postgres.js';
import { settings, workFolder } from '../support/program.js';

const HAS_PROMTOOL = spawnSync('promtool', ['--version']).error === undefined;
if (!HAS_PROMTOOL)
  console.warn("metrics-file.test.ts: no `promtool` here (Debian's package prometheus), so it checks no metrics");

/** What promtool has to say of metrics in the text format: nothing, where all is well. */
function promtool(text: string): string {
  const { stdout, stderr, status } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  return status === 0 ? `${stdout}${stderr}` : `exit ${status}: ${stdout}${stderr}`;
}

let server: TestServer;
beforeAll(async () => {
  server = await ownServer();
});

const HOSTILE = ['a "quoted" \\ name', 'two\nlines', '🐘'.repeat(15), '} 7', '"; drop table x; --'];

async function openShop(more: Readonly<Record<string, string>> = {}) {
  const database = await server.createDatabase();
  const client = await database.client();
  for (const name of HOSTILE)
    await client.query(`CREATE TABLE ${pg.escapeIdentifier(name)} AS SELECT i AS id FROM generate_series(1, 500) AS i`);
  await client.query(`CREATE TABLE fresh AS
    SELECT i AS id, now() - i * interval '1 minute' AS created_at FROM generate_series(10, 300) AS i`);
  const cwd = workFolder();
  const file = join(cwd, 'sentinel.prom');
  const env = settings({ batch: database }, more);
  const run = async (command = 'run', changes: Readonly<Record<string, string>> = {}) => {
    const args = [command, '--quiet', '--metrics-file', file];
    const { code } = await runCli(args, { cwd, env: { ...env, ...changes } });
    const text = readFileSync(file, 'utf8');
    return { code, text, samples: readSamples(text) };
  };
  return { client, cwd, env, file, run };
}

describe('the metrics file', () => {
  test('is what promtool takes, whatever tables are called, and counts on from run to run', async () => {
    const { client, cwd, run } = await openShop({ WEBHOOK_URL: 'http://127.0.0.1:1/' });
    const first = await run();
    expect(first.code).toBe(0);
    for (const table of HOSTILE)
      expect(first.samples.get(seriesName('sentinel_table_rows', { source: 'batch', schema: 'public', table }))).toBe(
        500,
      );
    const age = first.samples.get('sentinel_table_freshness_seconds{source="batch",schema="public",table="fresh"}');
    expect(age).toBeGreaterThanOrEqual(600);
    expect(age).toBeLessThan(1_200);
    await client.query(`TRUNCATE ${pg.escapeIdentifier(HOSTILE[0]!)}`);
    const { code, text, samples } = await run();
    expect(code).toBe(1);
    expect(Object.fromEntries(samples)).toMatchObject({
      sentinel_run_success: 1,
      sentinel_run_incomplete: 0,
      sentinel_profile_rows_total: 2 * (4 * 500 + 291) + 500,
      'sentinel_runs_total{outcome="complete"}': 2,
      'sentinel_runs_total{outcome="failed"}': 0,
      'sentinel_retries_total{source="batch"}': 0,
      'sentinel_breaker_state{source="batch"}': 0,
      'sentinel_tables{status="ok"}': 6,
      'sentinel_incidents_open{severity="critical"}': 1,
      'sentinel_incidents_open{severity="warn"}': 0,
      'sentinel_alert_deliveries{state="pending"}': 1,
    });
    expect(samples.get('sentinel_run_last_success_timestamp_seconds')).toBe(
      samples.get('sentinel_run_finished_timestamp_seconds'),
    );
    expect(undefinedSeries(samples.keys())).toEqual([]);
    for (const each of [first.text, text]) expect(HAS_PROMTOOL ? promtool(each) : '').toBe('');
    expect(readdirSync(cwd).filter((name) => name.includes('.sentinel-'))).toEqual([]);
    const judged = await run('detect');
    expect(judged.samples.get('sentinel_profile_rows_total')).toBe(samples.get('sentinel_profile_rows_total'));
    expect(
      judged.samples.get('sentinel_table_freshness_seconds{source="batch",schema="public",table="fresh"}'),
    ).toBeGreaterThan(599);
  });

  test('is written where the run fails, and remembers the last one that did not', async () => {
    const { run } = await openShop();
    const last = (await run()).samples.get('sentinel_run_last_success_timestamp_seconds');
    const nowhere = { HOST: '127.0.0.1', PORT: '1', NAME: 'x', USER: 'x', PASSWORD: 'x' };
    const metadata = Object.entries(nowhere).map(([name, value]) => [`METADATA_DB_${name}`, value]);
    const down = await run('run', Object.fromEntries(metadata));
    expect(down.code).toBe(3);
    expect(Object.fromEntries(down.samples)).toMatchObject({
      sentinel_run_success: 0,
      sentinel_run_incomplete: 1,
      sentinel_run_last_success_timestamp_seconds: last,
      'sentinel_runs_total{outcome="complete"}': 1,
      'sentinel_runs_total{outcome="failed"}': 1,
      'sentinel_retries_total{source="metadata"}': 1,
    });
    expect(down.samples.get('sentinel_run_finished_timestamp_seconds')).toBeGreaterThan(last!);
    const half = await run('run', { SENTINEL_SOURCES: 'batch,cdc', CDC_DB_PORT: '1' });
    expect(half.code).toBe(2);
    expect(Object.fromEntries(half.samples)).toMatchObject({
      sentinel_run_success: 0,
      sentinel_run_last_success_timestamp_seconds: last,
      'sentinel_runs_total{outcome="incomplete"}': 1,
      'sentinel_retries_total{source="cdc"}': 1,
    });
    for (const { text } of [down, half]) expect(HAS_PROMTOOL ? promtool(text) : '').toBe('');
  });

  test('that is no metrics file is replaced, and one that cannot be written changes no exit code', async () => {
    const { file, run, cwd, env } = await openShop();
    writeFileSync(file, 'not\u0000 metrics\n# TYPE x counter\nsentinel_profile_rows_total many\n');
    expect((await run()).samples.get('sentinel_profile_rows_total')).toBe(5 * 500 + 291);
    // longer than a name may be, which only whoever writes it is told
    const impossible = join(cwd, `${'long'.repeat(100)}.prom`);
    const { code, stderr } = await runCli(['run', '--metrics-file', impossible], { cwd, env });
    expect(code).toBe(0);
    expect(stderr).toMatch(/ERROR .*--metrics-file: .*long\.prom cannot be written \(E/);
    expect(readdirSync(cwd).filter((name) => name.includes('.sentinel-'))).toEqual([]);
  });
});

test.skipIf(!HAS_PROMTOOL)('promtool finds what is wrong, so that its silence means something', () => {
  expect(promtool('# TYPE sentinel_x counter\nsentinel_x 1\n')).toContain('_total');
  expect(promtool('sentinel_x{table="a" b"} 1\n')).toMatch(/^exit 1: /);
});

test.skipIf(!HAS_PROMTOOL)('the rules in docs/metrics.md are ones that Prometheus takes', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'metrics.md'), 'utf8');
  const file = join(workFolder(), 'rules.yml');
  writeFileSync(file, /```yaml\n([\s\S]*?)```/.exec(page)![1]!);
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', file], { encoding: 'utf8' });
  expect(status, stdout + stderr).toBe(0);
  expect(stdout).toContain('3 rules found');
});
