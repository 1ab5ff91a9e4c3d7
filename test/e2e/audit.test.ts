import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { runCli, startCli } from '../support/cli.js';
import { type TestDatabase, testServer } from '../support/postgres.js';
import { linesOf, settings, workFolder } from '../support/program.js';

let database: TestDatabase;
let client: pg.Client;
let cwd: string;
let env: Record<string, string>;
const sentinel = (...args: string[]) => runCli(args, { cwd, env });
const log = () =>
  readFileSync(join(cwd, 'logs', 'audit.log'), 'utf8')
    .trimEnd()
    .split('\n');
const actions = async (...args: string[]) =>
  linesOf((await sentinel('audit', 'list', '--json', ...args)).stdout, 'audit_event').map(({ action }) => action);

beforeAll(async () => {
  database = await (await testServer()).createDatabase();
  client = await database.client();
  await client.query(`
    CREATE TABLE orders AS SELECT i AS id FROM generate_series(1, 500) AS i;
    CREATE TABLE events AS SELECT i AS id FROM generate_series(1, 500) AS i`);
  cwd = workFolder();
  env = settings({ batch: database });
});

test('each run says who ran what, what was read, and the head of the trail, in the store and in audit.log', async () => {
  const { stdout } = await sentinel('run', '--json', '--table', 'orders');
  const { run, auditHead } = linesOf(stdout, 'summary')[0]!;
  const events = linesOf((await sentinel('audit', 'list', '--json')).stdout, 'audit_event');
  expect(events[0]).toMatchObject({ action: 'run_ended', run, hash: auditHead, details: { state: 'finished' } });
  expect(events[1]).toMatchObject({ action: 'read', details: { source: 'batch', tables: '1', rows: '500' } });
  expect(events[2]).toMatchObject({
    ...{ action: 'run_begun', actor: userInfo().username },
    details: { command: 'run', host: hostname(), options: expect.stringContaining('"table":["orders"]') },
  });
  const { sha256, configuration } = events[3]!.details as Record<string, string>;
  expect(sha256).toBe((events[2]!.details as Record<string, string>).configuration);
  expect(JSON.parse(configuration!)).toMatchObject({ workers: 1, sources: [{ name: 'batch', password: '***' }] });
  expect(log().map((line) => JSON.parse(line).hash)).toEqual(events.map(({ hash }) => hash).reverse());

  const text = await sentinel('run');
  expect(text.stdout).toMatch(/^Audit head: [0-9a-f]{64}$/m);
  const head = /Audit head: (\S+)/.exec(text.stdout)![1]!;
  expect(await sentinel('audit', 'verify', '--head', head)).toMatchObject({
    code: 0,
    stdout: `The audit trail is whole: ${log().length} events, every hash recomputed.
${log().length} lines of audit.log agree with it.
Audit head: ${head}
`,
  });
  expect((await actions('--limit', '3')).join()).toBe('run_ended,read,run_begun');
  expect((await sentinel('audit', 'list', '--since', '2099-01-01')).stdout).toBe(
    'Nothing happened since 2099-01-01 00:00:00Z.\n',
  );
});

test('people, detect, and a run that was killed', async () => {
  await client.query('TRUNCATE events');
  expect((await sentinel('run')).code).toBe(1);
  expect((await sentinel('incidents', 'ack', 'INC-1', '--reason', 'on it')).code).toBe(0);
  expect(JSON.parse(log().at(-1)!)).toMatchObject({ action: 'acknowledged', reason: 'on it' });
  expect((await sentinel('detect')).code).toBe(1);
  expect((await actions('--limit', '3')).join()).toBe('run_ended,run_begun,acknowledged');

  await client.query('BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE');
  const killed = startCli(['run'], { cwd, env: { ...env, LOCK_TIMEOUT: '60' } });
  const begun = log().length;
  while (log().length === begun) await new Promise((resolve) => setTimeout(resolve, 20));
  await killed.kill();
  await client.query('ROLLBACK');
  // as if the crash had cut a line
  appendFileSync(join(cwd, 'logs', 'audit.log'), '{"store":"');
  await sentinel('run');
  const ofRuns = (await actions()).map(String).filter((action) => action.startsWith('run_'));
  expect(ofRuns.slice(0, 4)).toEqual(['run_ended', 'run_resumed', 'run_interrupted', 'run_begun']);
  expect((await sentinel('audit', 'verify')).code).toBe(0);
});

test('verify says what was changed, and exits 1; 3 where there is nothing to verify', async () => {
  const path = join(cwd, 'logs', 'audit.log');
  const before = readFileSync(path, 'utf8');
  writeFileSync(path, before.replace('"acknowledged"', '"resolved"'));
  const line = before.split('\n').findIndex((text) => text.includes('"acknowledged"')) + 1;
  const inFile = await sentinel('audit', 'verify');
  expect([inFile.code, inFile.stderr]).toEqual([1, '']);
  expect(inFile.stdout).toMatch(/^THE AUDIT TRAIL IS BROKEN: 1 problem in \d+ events\.\n/);
  expect(inFile.stdout).toContain(`\n  audit.log line ${line} (event `);
  writeFileSync(path, before);

  await client.query(`ALTER TABLE sentinel.incident_event DISABLE TRIGGER append_only;
    UPDATE sentinel.incident_event SET reason = 'never' WHERE action = 'acknowledged'`);
  const inTable = await sentinel('audit', 'verify', '--json');
  expect(inTable.code).toBe(1);
  expect(linesOf(inTable.stdout, 'audit_problem').map(({ where, fault }) => `${where} ${fault}`)).toEqual([
    'store changed',
    'store unguarded',
  ]);
  expect(linesOf(inTable.stdout, 'audit')).toMatchObject([{ status: 'broken', problems: 2 }]);

  expect(await sentinel('audit', 'verify', '--head', 'abc')).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('give the 64 hexadecimal digits that a run printed.'),
  });
  env = { ...env, BATCH_DB_PORT: '1' };
  expect(await sentinel('audit', 'verify')).toMatchObject({ code: 3, stdout: '' });
});
