import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { runCli } from '../support/cli.js';
import { type TestDatabase, testServer } from '../support/postgres.js';
import { type Line, linesOf, settings, workFolder } from '../support/program.js';

let database: TestDatabase;
let admin: pg.Client;
const cwd = workFolder();

const POLICY = `
checks: { disabled: [databases] }
metrics:
  - { name: unpaid, match: sales.orders, expression: 'avg((NOT paid)::int)', kind: share }
  - name: orphans
    match: sales.orders
    query: SELECT count(*) FROM sales.orders o WHERE NOT EXISTS (SELECT FROM sales.customers c WHERE c.id = o.customer)
    max: 0
  - { name: writes, match: sales.customers, query: DELETE FROM sales.customers RETURNING 1 }
`;

beforeAll(async () => {
  database = await (await testServer()).createDatabase();
  admin = await database.client();
  await admin.query(`CREATE SCHEMA sales;
    CREATE TABLE sales.customers AS SELECT i AS id FROM generate_series(1, 50) i;
    CREATE TABLE sales.orders AS SELECT i AS id, i % 50 + 1 AS customer, i % 10 <> 0 AS paid FROM generate_series(1, 1000) i`);
});

/** A run on a day of January, at the same hour each day. */
async function run(day: number, policy = POLICY): Promise<{ code: number | null; lines: Line[]; stdout: string }> {
  writeFileSync(join(cwd, 'sentinel.yaml'), policy);
  const asOf = new Date(Date.UTC(2026, 0, day, 6)).toISOString();
  const { code, stdout } = await runCli(['run', '--json', '--as-of', asOf], {
    cwd,
    env: settings({ batch: database }),
  });
  return { code, lines: linesOf(stdout, 'finding'), stdout };
}

test('metrics of sentinel.yaml are measured, kept, judged by limits and past, and told where they fail', async () => {
  const first = await run(1);
  const metrics = Object.fromEntries(linesOf(first.stdout, 'table').map(({ table, metrics }) => [table, metrics]));
  expect(metrics).toEqual({
    orders: [
      { name: 'unpaid', value: 0.1 },
      { name: 'orphans', value: 0 },
    ],
    customers: [{ name: 'writes', failure: expect.objectContaining({ code: '42601', retryable: false }) }],
  });
  expect(first.code).toBe(2);
  expect((await admin.query('SELECT count(*)::int AS n FROM sales.customers')).rows).toEqual([{ n: 50 }]);

  const policy = POLICY.replace(/.*name: writes.*\n/, '');
  for (let day = 2; day <= 9; day++) {
    await admin.query('UPDATE sales.orders SET paid = id % 100 > $1', [9 + (day % 2)]);
    expect(await run(day, policy)).toMatchObject({ code: 0, lines: [] });
  }
  await admin.query('UPDATE sales.orders SET paid = id % 3 = 0; DELETE FROM sales.customers WHERE id = 7');
  const last = await run(10, policy);
  expect(last.code).toBe(1);
  const custom = last.lines.filter(({ check }) => String(check).startsWith('custom')).reverse(); // the farthest off comes first
  expect(custom).toMatchObject([
    {
      check: 'custom_limit',
      severity: 'critical',
      metric: 'custom.orphans',
      value: 20,
      message: 'The metric orphans of sales.orders is 20; sentinel.yaml allows at most 0.',
    },
    {
      check: 'custom',
      metric: 'custom.unpaid',
      message: expect.stringMatching(/^The metric unpaid of sales\.orders is 0\.667, .* the usual 0\.\d+; expected /),
    },
  ]);
  const shown = await runCli(['history', 'sales.orders', 'custom.unpaid'], { cwd, env: settings({ batch: database }) });
  expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining('custom.unpaid') });
});

test('a metric that no table has is told', async () => {
  const { code, stdout } = await run(
    14,
    `${POLICY.split('  - name: orphans')[0]!.replace('sales.orders', 'sales.ordres')}`,
  );
  expect(code).toBe(2);
  expect(linesOf(stdout, 'summary')).toMatchObject([{ incomplete: true }]);
  const { stdout: text } = await runCli(['run'], { cwd, env: settings({ batch: database }) });
  expect(text).toMatch(/the metric unpaid was not measured, as no table that was looked\s+at\s+matches sales\.ordres/);
});
