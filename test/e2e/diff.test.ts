import type pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { runCli } from '../support/cli.js';
import { ownServer, type TestServer } from '../support/postgres.js';
import { linesOf, settings, workFolder } from '../support/program.js';

let server: TestServer;
beforeAll(async () => {
  server = await ownServer();
});

async function openShop() {
  const database = await server.createDatabase();
  const client: pg.Client = await database.client();
  await client.query(`
    CREATE TABLE orders AS SELECT i AS id, 'user' || i AS email, i % 7 AS kind FROM generate_series(1, 2000) AS i;
    CREATE TABLE same AS SELECT i AS id FROM generate_series(1, 100) AS i;
    CREATE TABLE left_behind AS SELECT i AS id FROM generate_series(1, 30) AS i`);
  const cwd = workFolder();
  const env = settings({ batch: database });
  const sentinel = (...args: string[]) => runCli(args, { cwd, env });
  const run = async (...args: string[]) => {
    const { stdout } = await sentinel('run', '--json', ...args);
    return String(linesOf(stdout, 'summary')[0]!.run);
  };
  return { client, sentinel, run };
}

test('diff tells each table that is new, gone, changed in shape or figures, and what findings came and went', async () => {
  const { client, sentinel, run } = await openShop();
  expect(await sentinel('diff')).toMatchObject({ code: 3, stderr: expect.stringContaining('nothing to compare yet') });
  const first = await run();
  expect(await sentinel('diff')).toMatchObject({ code: 3, stderr: expect.stringContaining('one run only') });
  await client.query(`
    UPDATE orders SET email = NULL WHERE id <= 500;
    DELETE FROM orders WHERE id > 1000;
    ALTER TABLE orders ADD note text;
    DROP TABLE left_behind;
    CREATE TABLE arrived AS SELECT 1 AS id`);
  const second = await run();

  const { code, stdout } = await sentinel('diff', '--json');
  expect(code).toBe(0);
  const tables = new Map(linesOf(stdout, 'table_difference').map((line) => [line.table, line]));
  expect([...tables.keys()].sort()).toEqual(['arrived', 'left_behind', 'orders']);
  expect(tables.get('arrived')).toMatchObject({ change: 'new', rowsBefore: null, rowsAfter: 1, figures: [] });
  expect(tables.get('left_behind')).toMatchObject({ change: 'gone', rowsBefore: 30 });
  const orders = tables.get('orders')!;
  expect(orders).toMatchObject({ change: 'changed', rowsBefore: 2000, rowsAfter: 1000 });
  expect(orders.notes).toEqual(['Column public.orders.note (text) was added.']);
  const figures = orders.figures as { column: string | null; metric: string }[];
  expect(figures[0]).toEqual({
    ...{ column: null, metric: 'row_count', before: 2000, after: 1000 },
    changePercent: -50,
  });
  expect(figures).toContainEqual({
    ...{ column: 'email', metric: 'null_rate', before: 0, after: 0.5 },
    changePercent: 50,
  });
  expect(figures.filter(({ column, metric }) => column === 'kind' && metric === 'null_rate')).toEqual([]);
  expect(linesOf(stdout, 'difference')).toEqual([
    {
      type: 'difference',
      ...{ before: first, after: second },
      tables: { new: 1, gone: 1, changed: 1, unread: 0, same: 1 },
      findings: { appeared: linesOf(stdout, 'finding_difference').length, disappeared: 0 },
    },
  ]);
  expect(linesOf(stdout, 'finding_difference').length).toBeGreaterThan(2);

  const back = await sentinel('diff', second, first, '--json', '--table', 'orders', '--min-change', '49');
  const [turned] = linesOf(back.stdout, 'table_difference');
  expect(turned).toMatchObject({ rowsBefore: 1000, rowsAfter: 2000 });
  expect((turned!.figures as { metric: string }[]).map(({ metric }) => metric)).toContain('row_count');
  expect(linesOf(back.stdout, 'finding_difference').every(({ change }) => change === 'disappeared')).toBe(true);

  const text = await sentinel('diff', first);
  expect(text.stdout).toContain('batch.public.orders');
  expect(text.stdout).toMatch(/row_count\s+2,000\s+1,000\s+−50 %/);
  expect(text.stdout).toContain('1 other table: nothing changed.');
});

test('what a run did not or could not read is said, and is no difference', async () => {
  const { client, sentinel, run } = await openShop();
  await run('--table', 'orders');
  await client.query('DROP TABLE left_behind');
  await run();
  const { stdout } = await sentinel('diff');
  expect(stdout).toContain('batch.public.same');
  expect(stdout).toContain('1 other table: nothing changed.');
});

test('a label that is not there is answered with those that are', async () => {
  const { sentinel, run } = await openShop();
  const label = await run();
  const { code, stderr } = await sentinel('diff', 'nonsense');
  expect(code).toBe(3);
  expect(stderr).toContain(`RUN1: no run is labelled "nonsense"; the newest are ${label}`);
  expect((await sentinel('diff', label, label)).stderr).toContain(`both are run ${label}`);
  expect((await sentinel('diff', '--min-change', 'much')).code).toBe(3);
});
