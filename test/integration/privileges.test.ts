import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type CliResult, runCli } from '../support/cli.js';
import { ownServer, SERVER_VERSION } from '../support/postgres.js';
import { linesOf, settings, workFolder } from '../support/program.js';

const PAGE = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'privileges.md'), 'utf8');

/** The page's blocks of SQL by what stands behind the word `sql`, `` where nothing does; each is there once. */
const SQL = new Map(
  [...PAGE.matchAll(/^```sql ?(.*)\n([\s\S]+?)^```/gm)].map(([, name = '', sql = '']) => [name, sql]),
);
/** What the page says that `health` prints, line by line. */
const PRINTED = [...PAGE.matchAll(/^```text\n([\s\S]+?)^```/gm)].map(([, lines = '']) => lines.trim().split('\n'));
const used = new Set<string>();

const WAREHOUSE = `
  CREATE ROLE loader; CREATE SCHEMA sales AUTHORIZATION loader; SET ROLE loader;
  CREATE TABLE sales.orders AS SELECT i AS id, i % 9 AS customer FROM generate_series(1, 500) AS i;
  CREATE TABLE sales.customers AS SELECT i AS id, 'DE' AS country, 'x@example.com' AS email FROM generate_series(1, 9) AS i;
  CREATE TABLE sales.payments (id int) PARTITION BY RANGE (id);
  CREATE TABLE sales.payments_1 PARTITION OF sales.payments FOR VALUES FROM (0) TO (100); INSERT INTO sales.payments VALUES (1);
  CREATE TABLE sales.secured AS SELECT 1 AS id; ALTER TABLE sales.secured ENABLE ROW LEVEL SECURITY; RESET ROLE`;

interface Warehouse {
  readonly owner: pg.Client;
  /** Run a block of the page as superuser in the warehouse. */
  page(name: string): Promise<void>;
  /** A command as the page's roles. */
  sentinel(...args: string[]): Promise<CliResult>;
}

/** Where the page's names mean what they say: a server of its own. */
async function warehouse(env: Readonly<Record<string, string>>): Promise<Warehouse> {
  const server = await ownServer();
  onTestFinished(() => server.stop());
  const database = await server.createDatabase('analytics_db');
  const owner = await database.client();
  await owner.query(WAREHOUSE);
  const role = (prefix: string, user: string, password: string, name: string) => ({
    ...database.environment(prefix),
    [`${prefix}_NAME`]: name,
    [`${prefix}_USER`]: user,
    [`${prefix}_PASSWORD`]: password,
  });
  const all = {
    ...settings({}, { SENTINEL_SOURCES: 'batch' }),
    ...role('BATCH_DB', 'sentinel', 'choose-one', 'analytics_db'),
    ...role('METADATA_DB', 'sentinel_store', 'choose-another', 'sentinel'),
    ...env,
  };
  return {
    owner,
    async page(name) {
      const sql = SQL.get(name) ?? expect.fail(`the page has no block "sql ${name}"`);
      used.add(name);
      // CREATE DATABASE must be alone.
      for (const statement of sql.split(/;\s*$/m)) if (statement.trim()) await owner.query(statement);
    },
    sentinel: (...args) => runCli(args, { cwd: workFolder(), env: all }),
  };
}

function fates({ stdout }: CliResult): string[] {
  return linesOf(stdout, 'table')
    .map(({ table, status, failure }) =>
      `${table} ${status} ${(failure as { code?: string } | undefined)?.code ?? ''}`.trim(),
    )
    .sort();
}

/** Line by line; a block's lines stand below each other, with other facts of the source between them. */
function expectPrinted({ stdout, code }: CliResult, lines: readonly string[]): void {
  const said = stdout.split('\n').map((line) => line.trim());
  for (const line of lines)
    expect(
      said.some((each) => each.startsWith(line)),
      `${line}\n${stdout}`,
    ).toBe(true);
  expect(code).toBe(2);
}

const READ = ['customers ok', 'orders ok', 'payments ok'];
const GRANTS = [...(SERVER_VERSION >= 140000 ? ['since 14'] : []), 'by schema'];

describe.each(GRANTS)('with the grants "%s"', (grants) => {
  test('a run reads everything that comes, and health finds nothing missing', async () => {
    const { owner, page, sentinel } = await warehouse({});
    await page('');
    await page('store');
    expectPrinted(await sentinel('health'), PRINTED[0]!);
    await page(grants);
    expectPrinted(await sentinel('health'), PRINTED[1]!);
    const secured = await sentinel('run', '--json');
    expect(fates(secured)).toEqual([...READ, 'secured failed row_security']);
    expect(secured.code).toBe(2);
    await page('optional');
    await page('belts');
    await owner.query('SET ROLE loader; CREATE TABLE sales.later AS SELECT 1 AS id; RESET ROLE');
    expect(await sentinel('health')).toMatchObject({ code: 0, stdout: expect.stringContaining('batch: ok') });
    const run = await sentinel('run', '--json');
    expect(run.stderr).toBe('');
    expect(fates(run)).toEqual([READ[0], 'later ok', ...READ.slice(1), 'secured ok']);
    expect(run.code).toBe(0);
  });
});

test('columns that are not granted are left out, and the store may be a schema of the warehouse', async () => {
  const inWarehouse = { METADATA_DB_NAME: 'analytics_db' };
  const { page, sentinel } = await warehouse(inWarehouse);
  for (const name of ['', 'by schema', 'columns', 'optional', 'store in the warehouse']) await page(name);
  const run = await sentinel('run', '--json');
  expect(fates(run)).toEqual([...READ, 'secured ok']);
  expect(run.code).toBe(2);
  const customers = linesOf(run.stdout, 'table').find(({ table }) => table === 'customers');
  const columns = customers?.columns as { name: string; failure?: { code: string } }[];
  expect(columns.map(({ name, failure }) => `${name} ${failure?.code ?? 'read'}`)).toEqual([
    'id read',
    'country read',
    'email 42501',
  ]);
});

test('who only looks at the store needs no more than the page says', async () => {
  const viewer = { METADATA_DB_USER: 'sentinel_viewer', METADATA_DB_PASSWORD: 'choose-a-third' };
  const { page, owner, sentinel } = await warehouse({ METADATA_DB_NAME: 'analytics_db' });
  for (const name of ['', 'by schema', 'optional', 'store in the warehouse']) await page(name);
  expect((await sentinel('run')).code).toBe(0);
  await page('store readers');
  const { host, port } = owner;
  const env = {
    ...settings({}, { SENTINEL_SOURCES: 'batch' }),
    ...viewer,
    METADATA_DB_HOST: host,
    METADATA_DB_PORT: String(port),
  };
  const look = (...args: string[]) =>
    runCli(args, {
      cwd: workFolder(),
      env: { ...env, METADATA_DB_NAME: 'analytics_db', METADATA_DB_SSLMODE: 'disable' },
    });
  expect(await look('history', 'sales.orders')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('row_count'),
  });
  expect(await look('incidents')).toMatchObject({ code: 0 });
  expect((await look('report')).code).toBe(0);
});

test('no block of the page is left out', () => {
  const unused = [...SQL.keys()].filter((name) => !used.has(name) && (SERVER_VERSION >= 140000 || name !== 'since 14'));
  expect(unused).toEqual([]);
  expect(PRINTED).toHaveLength(2);
});
