import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { runCli } from '../support/cli.js';
import { type TestDatabase, testServer } from '../support/postgres.js';
import { linesOf, settings, workFolder } from '../support/program.js';
import { startServe } from '../support/serve.js';
import { webhookReceiver } from '../support/webhook-receiver.js';

const QUIET = 'checks: { disabled: [databases] }\n';

let database: TestDatabase;
let cwd: string;
beforeAll(async () => {
  database = await (await testServer()).createDatabase();
  const client = await database.client();
  await client.query(`CREATE SCHEMA sales;
    CREATE TABLE sales.orders AS SELECT i AS id FROM generate_series(1, 50) i;
    CREATE TABLE sales.customers AS SELECT i AS id FROM generate_series(1, 50) i;
    CREATE TABLE sales.parts (id int) PARTITION BY RANGE (id);
    CREATE TABLE sales.parts_1 PARTITION OF sales.parts FOR VALUES FROM (0) TO (10)`);
});
beforeEach(() => {
  cwd = workFolder();
  policy('');
});

const policy = (text: string) => writeFileSync(join(cwd, 'sentinel.yaml'), QUIET + text);
const env = (more: Readonly<Record<string, string>> = {}) => settings({ batch: database }, more);
const sentinel = (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
  runCli(args, { cwd, env: env(more) });
const oneLine = (text: string) => text.replace(/\s+/g, ' ');

test('a misspelt --table is told by its name, is exit 2, and no heartbeat', async () => {
  const receiver = await webhookReceiver();
  const { code, stdout } = await sentinel(['run', '--table', 'saels.*'], { HEARTBEAT_URL: receiver.url });
  expect(oneLine(stdout)).toContain(
    'no table of batch that can be looked at matches "saels.*"; correct it: "sentinel tables" lists the names, and what is left out',
  );
  expect(stdout).toContain('Incomplete: ');
  expect([code, receiver.requests.length]).toEqual([2, 0]);
  expect((await sentinel(['run', '--table', 'sales.*'], { HEARTBEAT_URL: receiver.url })).code).toBe(0);
  expect(receiver.requests).toHaveLength(1);
});

test('each pattern counts by itself; what is left out on purpose is no miss', async () => {
  const { code, stdout, stderr } = await sentinel([
    ...['profile', '--json', '--table', 'sales.orders', '--table', 'nope', '--table', 'sales.parts_1'],
  ]);
  expect(code).toBe(2);
  expect(linesOf(stdout, 'summary')).toMatchObject([{ tables: { ok: 1 }, incomplete: true }]);
  expect(stderr).toContain('matches "nope"');
  expect(stderr).toContain('matches "sales.parts_1"'); // nothing is read of it under this name
  expect(stderr).not.toContain('matches "sales.orders"');
  expect((await sentinel(['profile', '--table', 'sales.*', '--exclude', 'sales.*'])).code).toBe(0);
});

test('a source that is down may have the table', async () => {
  const away = { SENTINEL_SOURCES: 'batch,cdc', CDC_DB_PORT: '1' };
  const { code, stderr } = await sentinel(['profile', '--json', '--table', 'cdc.sales.orders'], away);
  expect(code).toBe(2);
  expect(stderr).not.toContain('matches "cdc.sales.orders"');
});

test('include counts as a whole', async () => {
  policy(`include: ['saels.*', 'nope']\n`);
  const missed = await sentinel(['run']);
  expect(missed.code).toBe(2);
  expect(oneLine(missed.stdout)).toContain('matches include ("saels.*", "nope") of sentinel.yaml; correct it');
  policy(`include: ['saels.*', 'sales.*']\n`);
  expect((await sentinel(['run'])).code).toBe(0);
});

test('detect judges nothing of what the run did not look at', async () => {
  await sentinel(['profile', '--table', 'sales.orders']);
  expect((await sentinel(['detect', '--table', 'sales.orders'])).code).toBe(0);
  const { code, stdout } = await sentinel(['detect', '--table', 'sales.customers']);
  expect(code).toBe(2);
  expect(oneLine(stdout)).toMatch(/no table of batch that run \S+ looked at matches "sales\.customers"; correct it/);
});

test('a report of no table is not written', async () => {
  await sentinel(['run']);
  const { code, stdout, stderr } = await sentinel(['report', '--table', 'nope.*', '--output', 'none.html']);
  expect([code, stdout, stderr]).toEqual([
    3,
    '',
    '--table: no table of batch that is reported matches "nope.*"; correct it: "sentinel tables" lists the names, and what is left out\n',
  ]);
  expect(existsSync(join(cwd, 'none.html'))).toBe(false);
});

test('a run by the daemon', async () => {
  const serve = await startServe(env(), { policy: 'schedules: [{ name: yearly, cron: "0 0 1 1 *" }]' });
  await serve.active();
  const headers = { 'x-sentinel-request': '1' };
  await serve.ask('/api/v1/runs', { method: 'POST', headers, body: { tables: ['nope.*'] } });
  await serve.cli.saying(/ends: incomplete, exit code 2/);
  expect(serve.cli.said().stderr).toContain('no table of batch that can be looked at matches "nope.*"');
});

test('an empty database is fine where nothing in particular was asked for', async () => {
  const empty = await (await testServer()).createDatabase();
  const run = (...args: string[]) => runCli(['run', ...args], { cwd, env: settings({ batch: empty }) });
  expect((await run()).code).toBe(0);
  expect((await run('--table', '*')).code).toBe(2);
});

test('an entry of tables that no table has is a warning in a run over everything', async () => {
  policy(`tables:
  - { match: sales.ordres, owner: Ada }
  - { match: sales.parts_1, owner: Ada }
  - { match: sales.orders, owner: Ada }\n`);
  const said =
    'sentinel.yaml: tables: no table matches "sales.ordres"; correct match, or remove the entry ("sentinel tables" lists the names)';
  const all = await sentinel(['run']);
  expect(all.code).toBe(0);
  expect(all.stderr).toMatch(/WARN/);
  expect(all.stderr).toContain(said);
  expect((await sentinel(['run', '--table', 'sales.orders'])).stderr).not.toContain('no table matches');
});
