import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../support/cli.js';
import { ownServer, type TestDatabase, type TestServer } from '../support/postgres.js';
import { findingNames, jsonLines, linesOf, settings, tableNames, workFolder } from '../support/program.js';

const SHOP = `
  CREATE TABLE orders (id int PRIMARY KEY, amount numeric(12, 2), email text);
  INSERT INTO orders SELECT i, i / 7.0, 'user' || i FROM generate_series(1, 2000) AS i;
  CREATE TABLE customers (id int PRIMARY KEY, name text);
  INSERT INTO customers SELECT i, 'c' || i FROM generate_series(1, 500) AS i;
  CREATE TABLE events (id int, kind text);
  INSERT INTO events SELECT i, 'k' || i % 5 FROM generate_series(1, 3000) AS i;`;

let server: TestServer;
beforeAll(async () => {
  server = await ownServer();
});

interface Shop {
  readonly database: TestDatabase;
  readonly client: pg.Client;
  readonly cwd: string;
  readonly env: Record<string, string>;
  /** Runs a command with --json. */
  readonly sentinel: (...args: string[]) => Promise<{ code: number | null; stdout: string; stderr: string }>;
}

async function openShop(more: Readonly<Record<string, string>> = {}): Promise<Shop> {
  const database = await server.createDatabase();
  const client = await database.client();
  await client.query(SHOP);
  const cwd = workFolder();
  const env = settings({ batch: database }, more);
  return { database, client, cwd, env, sentinel: (...args) => runCli([...args, '--json'], { cwd, env }) };
}

describe('a run of what changed since the last', () => {
  test('names each change once, and its exit code is the worst against --fail-on', async () => {
    const { client, sentinel } = await openShop();
    const first = await sentinel('run');
    expect(first.code).toBe(0);
    expect(tableNames(first.stdout)).toEqual(['batch.public.customers', 'batch.public.events', 'batch.public.orders']);
    expect(findingNames(first.stdout)).toEqual([]);

    // an added table alone is worth knowing, nothing more
    await client.query('CREATE TABLE invoices (id int); INSERT INTO invoices VALUES (1)');
    const added = await sentinel('run', '--fail-on', 'warn');
    expect([added.code, findingNames(added.stdout)]).toEqual([0, ['info schema batch.public.invoices']]);

    // one null where there was none is worth a look
    await client.query(`UPDATE orders SET email = NULL WHERE id = 7`);
    const warn = await sentinel('run');
    expect([warn.code, findingNames(warn.stdout)]).toEqual([0, ['warn first_null batch.public.orders.email']]);
    for (const [failOn, code] of Object.entries({ info: 1, warn: 1, never: 0 })) {
      const detect = await sentinel('detect', '--fail-on', failOn);
      expect([failOn, detect.code, findingNames(detect.stdout)]).toEqual([failOn, code, findingNames(warn.stdout)]);
    }

    await client.query(`UPDATE orders SET email = 'back'; ALTER TABLE orders DROP COLUMN amount, ADD COLUMN note text`);
    await client.query('DELETE FROM customers WHERE id > 50; TRUNCATE events; DROP TABLE invoices');
    const worst = await sentinel('run');
    expect(worst.code).toBe(1);
    expect(findingNames(worst.stdout)).toEqual([
      'critical empty_table batch.public.events',
      'critical row_count batch.public.customers',
      'critical schema batch.public.invoices',
      'critical schema batch.public.orders.amount',
      'info schema batch.public.orders.note',
    ]);
    expect(linesOf(worst.stdout, 'summary')).toMatchObject([{ findings: 5, incomplete: false }]);
    expect(jsonLines(worst.stdout).at(-1)!.type).toBe('summary');
    const [dropped] = linesOf(worst.stdout, 'finding').filter(({ column }) => column === 'amount');
    expect(dropped!.message).toMatch(/^Column public\.orders\.amount \(numeric\(12,2\)\) was dropped since .* UTC\.$/);
  });

  test('a table that was there and left out is not called new when it is let in', async () => {
    const { sentinel } = await openShop();
    await sentinel('run', '--table', 'orders');
    const all = await sentinel('run');
    expect(tableNames(all.stdout)).toHaveLength(3);
    expect(findingNames(all.stdout)).toEqual([]);
  });
});

test('detect after profile finds what run finds', async () => {
  const [one, two] = [await openShop(), await openShop()];
  for (const { sentinel, client } of [one, two]) {
    expect((await sentinel('run')).code).toBe(0);
    await client.query('TRUNCATE events; ALTER TABLE orders ADD COLUMN note text; DROP TABLE customers');
  }
  const run = await one.sentinel('run');
  const profile = await two.sentinel('profile');
  expect([profile.code, findingNames(profile.stdout)]).toEqual([0, []]);
  expect(tableNames(profile.stdout)).toEqual(tableNames(run.stdout));
  const detect = await two.sentinel('detect');
  expect([detect.code, tableNames(detect.stdout)]).toEqual([run.code, []]);
  expect(findingNames(detect.stdout)).toEqual(findingNames(run.stdout));
  expect(findingNames(run.stdout)).toHaveLength(3);
  const name = (stdout: string) => linesOf(stdout, 'summary')[0]!.run;
  expect(name(detect.stdout)).toBe(name(profile.stdout));
  // judging again says the same and not more
  expect(findingNames((await two.sentinel('detect')).stdout)).toEqual(findingNames(run.stdout));
});

describe('what could not be looked at', () => {
  test('a source that is down is exit 2, and the other source is complete', async () => {
    const { sentinel } = await openShop({ SENTINEL_SOURCES: 'batch,cdc', CDC_DB_PORT: '1' });
    const { code, stdout } = await sentinel('profile');
    expect(code).toBe(2);
    expect(tableNames(stdout)).toHaveLength(3);
    expect(linesOf(stdout, 'source')).toMatchObject([
      { source: 'cdc', status: 'failed', failure: { code: 'ECONNREFUSED', retryable: true } },
    ]);
    expect(linesOf(stdout, 'summary')).toMatchObject([{ tables: { ok: 3, failed: 0, skipped: 0 }, incomplete: true }]);
    const detect = await sentinel('detect');
    expect([detect.code, linesOf(detect.stdout, 'source').length]).toEqual([2, 1]);
    expect((await sentinel('detect', '--source', 'batch')).code).toBe(0);
    expect((await sentinel('run', '--source', 'batch')).code).toBe(0);
  });

  test('a column that cannot be read is named and exit 2, the rest of its table is there', async () => {
    const { client, database, cwd, env } = await openShop();
    const role = `partial_${database.name}`;
    await client.query(
      `CREATE ROLE ${role} LOGIN PASSWORD 'partial'; GRANT CREATE ON DATABASE ${database.name} TO ${role}`,
    );
    await client.query(`GRANT SELECT (id, email) ON orders TO ${role}; GRANT SELECT ON customers TO ${role}`);
    const as = { ...env, BATCH_DB_USER: role, BATCH_DB_PASSWORD: 'partial' };
    const { code, stdout } = await runCli(['run', '--json'], { cwd, env: as });
    const text = await runCli(['detect'], { cwd, env: as });
    await client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    expect(code).toBe(2);
    const tables = Object.fromEntries(linesOf(stdout, 'table').map(({ table, ...rest }) => [table, rest]));
    expect(tables.orders).toMatchObject({
      status: 'ok',
      rowCount: 2000,
      columns: [{ nullCount: 0 }, { name: 'amount', failure: { code: '42501' } }, { nullCount: 0 }],
    });
    expect(tables.customers).toMatchObject({ status: 'ok' });
    expect(tables.events).toMatchObject({ status: 'failed', failure: { code: '42501' } });
    expect(linesOf(stdout, 'summary')).toMatchObject([{ tables: { ok: 2, failed: 1, skipped: 0 }, incomplete: true }]);
    expect(text.code).toBe(2);
    for (const name of ['orders.amount', 'events'])
      expect(text.stdout).toMatch(
        new RegExp(`failed +batch\\.public\\.${name} +the role has no privilege .*GRANT SELECT`),
      );
  });

  test('findings beat it', async () => {
    const { client, sentinel } = await openShop({ SENTINEL_SOURCES: 'batch,cdc', CDC_DB_PORT: '1' });
    await sentinel('run');
    await client.query('TRUNCATE events');
    const { code, stdout } = await sentinel('run');
    expect(code).toBe(1);
    expect(findingNames(stdout)).toEqual(['critical empty_table batch.public.events', 'warn unreachable cdc']);
    expect(linesOf(stdout, 'summary')).toMatchObject([{ findings: 2, incomplete: true }]);
  });
});

describe('options', () => {
  test('--table, --exclude and --source choose', async () => {
    const { database, sentinel } = await openShop();
    const chosen = async (...args: string[]) => tableNames((await sentinel('profile', ...args)).stdout);
    expect(await chosen('--table', '*e*s', '--exclude', 'batch.public.events')).toEqual([
      'batch.public.customers',
      'batch.public.orders',
    ]);
    expect(await chosen('--table', 'public.orders', 'events')).toEqual(['batch.public.events', 'batch.public.orders']);
    expect(await chosen('--table', 'nothing_like_it')).toEqual([]);
    const both = { cwd: workFolder(), env: settings({ batch: database, cdc: database }) };
    const only = await runCli(['profile', '--json', '--source', 'cdc', '--table', 'orders'], both);
    expect(tableNames(only.stdout)).toEqual(['cdc.public.orders']);
  });

  test('--as-of is the clock of freshness', async () => {
    const { client, sentinel } = await openShop();
    await client.query(`CREATE TABLE loads (id int, loaded_at timestamptz NOT NULL)`);
    await client.query(
      `INSERT INTO loads SELECT i, timestamptz '2026-01-01 12:00Z' - (500 - i) * interval '1 minute' FROM generate_series(1, 500) AS i`,
    );
    await sentinel('run', '--as-of', '2026-01-02T00:00Z', '--table', 'loads');
    const { stdout } = await sentinel('history', 'loads', 'freshness_seconds');
    expect(jsonLines(stdout)).toMatchObject([{ value: 43_200, at: '2026-01-02T00:00:00.000Z' }]);
  });

  test('--quiet says nothing but what is wrong', async () => {
    const { client, cwd, env } = await openShop();
    expect(await runCli(['run', '--quiet'], { cwd, env })).toMatchObject({ code: 0, stdout: '', stderr: '' });
    await client.query('TRUNCATE events');
    expect(await runCli(['run', '--quiet'], { cwd, env })).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^┏━+┓\n┃ ALERT {2}1 incident needs attention: 1 critical +┃\n┃ INC-1 {2}critical {2}/,
      ),
    });
    const down = await runCli(['run', '--quiet', '--fail-on', 'never'], {
      cwd,
      env: { ...env, SENTINEL_SOURCES: 'batch,cdc', CDC_DB_PORT: '1' },
    });
    expect([down.code, down.stdout]).toEqual([2, '']);
    expect(down.stderr).toContain('CDC_DB_PORT');
  });

  test('--metrics-file holds the run in the Prometheus text format', async () => {
    const { cwd, env, sentinel } = await openShop();
    const file = join(cwd, 'sentinel.prom');
    expect((await sentinel('run', '--metrics-file', file)).code).toBe(0);
    const text = readFileSync(file, 'utf8');
    expect(text).toContain('sentinel_table_rows{source="batch",schema="public",table="orders"} 2000\n');
    expect(text).toContain('sentinel_tables{status="ok"} 3\n');

    const nowhere = join(cwd, 'no', 'such', 'folder', 'x.prom');
    const refused = await runCli(['run', '--metrics-file', nowhere], {
      cwd,
      env: { ...env, METADATA_SCHEMA: 'fresh' },
    });
    expect(refused).toMatchObject({ code: 3, stdout: '' });
    expect(refused.stderr).toMatch(/--metrics-file: .*its folder does not exist/);
    expect(existsSync(nowhere)).toBe(false);
    // refused before anything was written
    expect((await runCli(['detect'], { cwd, env: { ...env, METADATA_SCHEMA: 'fresh' } })).stderr).toContain(
      'nothing to judge',
    );
  });

  test.each([
    ['an unknown command', ['frobnicate'], /unknown command 'frobnicate'/],
    ['an unknown option', ['run', '--frob'], /unknown option '--frob'/],
    ['an unknown source', ['run', '--source', 'nope'], /no source is named "nope"; SENTINEL_SOURCES has batch/],
    ['a bad pattern', ['run', '--table', 'a.b.c.d'], /--table: "a\.b\.c\.d" is no pattern; write/],
    ['a bad time', ['run', '--as-of', 'yesterday'], /--as-of.*ISO 8601/],
    ['a bad severity', ['run', '--fail-on', 'fatal'], /Allowed choices are info, warn, critical, never/],
    ['a bad number', ['history', 't', '--limit', '0'], /--limit.*whole number/],
    ['a missing argument', ['history'], /missing required argument 'table'/],
  ])('%s is exit 3', async (_, args, message) => {
    const result = await runCli(args, { cwd: workFolder(), env: { SENTINEL_SOURCES: 'batch' } });
    expect(result).toMatchObject({ code: 3, stdout: '' });
    expect(result.stderr).toMatch(message);
    expect(result.stderr).not.toMatch(/^ +at /m);
  });
});

describe('the store', () => {
  test('without history there is nothing to judge or to show', async () => {
    const { sentinel } = await openShop();
    const detect = await sentinel('detect');
    expect(detect).toMatchObject({ code: 3, stdout: '' });
    expect(detect.stderr).toMatch(/^there is nothing to judge yet: run "sentinel profile" or "sentinel run" first\n$/);
    const history = await sentinel('history', 'orders');
    expect(history).toMatchObject({ code: 3, stdout: '' });
    expect(history.stderr).toMatch(/^nothing is stored of table orders; "sentinel tables" lists what is looked at\n$/);
  });

  test('history is of the table that is meant', async () => {
    const { sentinel, cwd, env } = await openShop();
    await sentinel('run');
    await sentinel('run');
    for (const name of ['orders', 'public.orders', 'batch.public.orders', '"orders"']) {
      const { code, stdout } = await sentinel('history', name, 'row_count');
      expect(code).toBe(0);
      expect(jsonLines(stdout)).toMatchObject([
        { source: 'batch', table: 'orders', metric: 'row_count', value: 2000, judged: true },
        { value: 2000 },
      ]);
    }
    const column = await sentinel('history', 'orders', 'mean', '--column', 'id', '--limit', '1');
    expect(jsonLines(column.stdout)).toMatchObject([{ column: 'id', metric: 'mean', value: 1000.5 }]);
    const text = await runCli(['history', 'orders', 'row_count'], { cwd, env });
    expect(text.stdout).toMatch(/^batch\.public\.orders\nas of +row_count\n\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ +2,000\n/);
    const unknown = await sentinel('history', 'orders', 'row_cuont');
    expect(unknown).toMatchObject({ code: 3, stdout: '' });
    expect(unknown.stderr).toBe('metric row_cuont is not stored of table orders; stored metrics: row_count\n');
    const other = await sentinel('history', 'orders', '--column', 'amuont');
    expect(other.stderr).toBe(
      'nothing is stored of column amuont of table orders; stored columns: amount, email, id\n',
    );
  });
});
