import { spawnSync } from 'node:child_process';
import { Validator } from '@seriousme/openapi-schema-validator';
import { expect, test } from 'vitest';
import { readSamples } from '#src/cli/metrics/prometheus-text.js';
import { undefinedSeries } from '../support/defined-series.js';
import { testServer } from '../support/postgres.js';
import { settings } from '../support/program.js';
import { startServe } from '../support/serve.js';

const HAS_PROMTOOL = spawnSync('promtool', ['--version']).error === undefined;

async function served() {
  const database = await (await testServer()).createDatabase();
  const client = await database.client();
  await client.query(
    `CREATE TABLE "a ""b"" \\ c" AS SELECT i AS id, now() AS created_at FROM generate_series(1, 500) AS i`,
  );
  const env = settings({ batch: database });
  const start = async () => {
    const serve = await startServe(env, { policy: `schedules: [{ name: yearly, cron: '0 0 1 1 *' }]` });
    await serve.active();
    return serve;
  };
  return { client, start };
}

const metricsOf = async (serve: Awaited<ReturnType<typeof startServe>>) => {
  const { text, headers } = await serve.ask('/metrics');
  return { text, type: headers['content-type'], samples: readSamples(text) };
};

async function run(serve: Awaited<ReturnType<typeof startServe>>, body: object = {}) {
  await serve.ask('/api/v1/runs', { method: 'POST', headers: { 'x-sentinel-request': '1' }, body });
  await serve.until('/api/v1/status', (answer) => answer.json().running === null);
}

test('figures count on from run to run, and those of the store outlive the process', async () => {
  const { start } = await served();
  const serve = await start();
  await run(serve);
  await run(serve);
  await serve.until('/metrics', ({ text }) => text.includes('sentinel_source_up'));
  const { text, type, samples } = await metricsOf(serve);
  expect(type).toMatch(/^text\/plain; version=0\.0\.4/);
  const table = 'source="batch",schema="public",table="a \\"b\\" \\\\ c"';
  expect(Object.fromEntries(samples)).toMatchObject({
    sentinel_active: 1,
    'sentinel_runs_total{outcome="complete"}': 2,
    sentinel_profile_rows_total: 1000,
    'sentinel_retries_total{source="batch"}': 0,
    'sentinel_breaker_state{source="batch"}': 0,
    'sentinel_db_pool_connections{source="batch",state="used"}': 0,
    'sentinel_source_up{source="batch"}': 1,
    'sentinel_source_up{source="metadata"}': 1,
    'sentinel_incidents_open{severity="critical"}': 0,
    'sentinel_schedule_skipped_total{schedule="yearly"}': 0,
    [`sentinel_table_rows{${table}}`]: 500,
  });
  expect(samples.get(`sentinel_table_freshness_seconds{${table}}`)).toBeGreaterThanOrEqual(0);
  expect(samples.get('sentinel_run_duration_seconds')).toBeGreaterThan(0);
  expect(text).toContain('nodejs_eventloop_lag_seconds');
  expect(undefinedSeries(samples.keys())).toEqual([]);
  const success = samples.get('sentinel_run_last_success_timestamp_seconds');
  await serve.cli.kill('SIGTERM');

  const again = await metricsOf(await start());
  expect(again.samples.get(`sentinel_table_rows{${table}}`)).toBe(500);
  expect(Object.fromEntries(again.samples)).toMatchObject({
    // of the newest run
    sentinel_run_success: 1,
    sentinel_run_incomplete: 0,
    sentinel_run_rows: 500,
    sentinel_run_read_bytes: samples.get('sentinel_run_read_bytes'),
    sentinel_run_connections_max: samples.get('sentinel_run_connections_max'),
    'sentinel_tables{status="ok"}': 1,
    'sentinel_findings{severity="critical"}': 0,
    // of this process
    'sentinel_runs_total{outcome="complete"}': 0,
    'sentinel_runs_total{outcome="failed"}': 0,
    sentinel_profile_rows_total: 0,
    'sentinel_retries_total{source="batch"}': 0,
    'sentinel_retries_total{source="metadata"}': 0,
  });
  expect(again.samples.get('sentinel_run_duration_seconds')).toBeGreaterThan(0);
  expect(undefinedSeries(again.samples.keys())).toEqual([]);
  expect(Math.abs(again.samples.get('sentinel_run_last_success_timestamp_seconds')! - success!)).toBeLessThan(60);
});

test.skipIf(!HAS_PROMTOOL)("are what promtool takes (needs Debian's package prometheus)", async () => {
  const { start } = await served();
  const serve = await start();
  await run(serve);
  const { text } = await metricsOf(serve);
  const { stdout, stderr, status } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
  expect([status, stdout + stderr]).toEqual([0, '']);
});

test('a run of a part is no sign that the scheduled whole still runs: neither at once nor after a restart', async () => {
  const { client, start } = await served();
  await client.query('CREATE TABLE other (id int)');
  const last = async (of: Awaited<ReturnType<typeof startServe>>) =>
    (await metricsOf(of)).samples.get('sentinel_run_last_success_timestamp_seconds');
  const serve = await start();
  await run(serve, { tables: ['public.other'] });
  expect((await metricsOf(serve)).samples.get('sentinel_runs_total{outcome="complete"}')).toBe(1);
  expect(await last(serve)).toBeUndefined();
  await serve.cli.kill('SIGTERM');
  const again = await start();
  expect(await last(again)).toBeUndefined();
  await run(again);
  expect(await last(again)).toBeGreaterThan(0);
});

test('a run that fails is counted, and the daemon goes on', async () => {
  const { client, start } = await served();
  const serve = await start();
  // Another process writes: the run cannot begin.
  await client.query(`SELECT pg_advisory_lock(hashtextextended('sentinel writer sentinel', 0))`);
  await run(serve);
  expect((await metricsOf(serve)).samples.get('sentinel_runs_total{outcome="failed"}')).toBe(1);
  await client.query('SELECT pg_advisory_unlock_all()');
  await run(serve);
  expect((await metricsOf(serve)).samples.get('sentinel_runs_total{outcome="complete"}')).toBe(1);
});

test('the OpenAPI document is valid, and has every route', async () => {
  const { start } = await served();
  const document = (await (await start()).ask('/api/v1/openapi.json')).json<{ paths: Record<string, object> }>();
  const { valid, errors } = await new Validator().validate(structuredClone(document));
  expect([valid, errors]).toEqual([true, undefined]);
  const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  expect(routes.sort()).toEqual([
    'get /api/v1/events',
    'get /api/v1/health',
    'get /api/v1/incidents',
    'get /api/v1/incidents/{id}',
    'get /api/v1/runs',
    'get /api/v1/runs/{run}',
    'get /api/v1/schedules',
    'get /api/v1/settings',
    'get /api/v1/status',
    'get /api/v1/tables',
    'get /api/v1/tables/{source}/{schema}/{table}',
    'get /api/v1/tables/{source}/{schema}/{table}/series',
    'get /healthz',
    'get /metrics',
    'get /readyz',
    'post /api/v1/incidents/{id}/acknowledge',
    'post /api/v1/incidents/{id}/expect',
    'post /api/v1/incidents/{id}/mute',
    'post /api/v1/incidents/{id}/resolve',
    'post /api/v1/runs',
    'post /login',
    'post /logout',
  ]);
  const ids = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods as Record<string, { operationId: string }>).map(({ operationId }) => operationId),
  );
  expect(new Set(ids).size).toBe(ids.length);
});
