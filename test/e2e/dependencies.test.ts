import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { ReportData } from '#src/report/report-data.js';
import { runCli } from '../support/cli.js';
import { ownServer, type TestDatabase } from '../support/postgres.js';
import { jsonLines, linesOf, settings, workFolder } from '../support/program.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await (await ownServer()).createDatabase();
});

test('a table that is emptied is one incident with what depends on it, which says what else is hit and what to do', async () => {
  const client = await database.client();
  await client.query(`
    CREATE SCHEMA sales; CREATE SCHEMA quiet; CREATE SCHEMA reports;
    CREATE TABLE sales.orders (id int PRIMARY KEY, day int);
    INSERT INTO sales.orders SELECT i, i % 30 FROM generate_series(1, 3000) AS i;
    CREATE TABLE sales.items AS SELECT i AS "order", 'x' AS sku FROM generate_series(1, 3000) AS i;
    ALTER TABLE sales.items ADD FOREIGN KEY ("order") REFERENCES sales.orders;
    CREATE VIEW reports.daily AS SELECT day, count(*) AS orders FROM sales.orders GROUP BY 1;
    CREATE MATERIALIZED VIEW reports.weekly AS SELECT day / 7 AS week, sum(orders) FROM reports.daily GROUP BY 1;
    ${Array.from({ length: 9 }, (_, i) => `CREATE TABLE quiet.t${i} AS SELECT generate_series(1, 500) AS n`).join(';')}`);
  const cwd = workFolder();
  writeFileSync(join(cwd, 'sentinel.yaml'), 'views: { maxCost: 0 }\n'); // reports.daily is not looked at itself
  const env = { ...settings({ batch: database }), ALERT_FILE: 'alerts.jsonl' };
  await runCli(['run', '--quiet'], { cwd, env });
  await client.query('TRUNCATE sales.orders CASCADE; REFRESH MATERIALIZED VIEW reports.weekly');
  const { code, stdout } = await runCli(['run', '--json'], { cwd, env });
  expect(code).toBe(1);
  const feeds = ['reports.daily', 'reports.weekly'];
  const step = expect.stringContaining('Look at what loads sales.orders');
  const incidents = linesOf(stdout, 'incident');
  expect(incidents).toMatchObject([
    {
      ...{ id: 'INC-1', severity: 'critical', title: expect.stringContaining('sales.orders'), nextStep: step },
      cause: expect.stringContaining('reports.weekly and sales.items depend on it, and changed with it.'),
    },
  ]);
  const found = incidents[0]!.findings as { table: string }[];
  expect([...new Set(found.map(({ table }) => table))]).toEqual(['orders', 'weekly', 'items']);

  const [alert] = jsonLines(readFileSync(join(cwd, 'alerts.jsonl'), 'utf8'));
  expect(alert!.incident).toMatchObject({ tableCount: 3, nextStep: step, feeds: ['reports.daily'], referencedBy: [] });

  const shown = await runCli(['incidents', 'show', 'INC-1'], { cwd, env });
  expect(shown.stdout).toMatch(/What to do: Look at what loads sales\.orders/);
  expect(shown.stdout).toMatch(/Feeds: reports\.daily\n/);
  const [json] = jsonLines((await runCli(['incidents', 'show', 'INC-1', '--json'], { cwd, env })).stdout);
  expect(json).toMatchObject({ feeds: ['reports.daily'], referencedBy: [] });

  await runCli(['report', '--output', 'report.html'], { cwd, env });
  const html = readFileSync(join(cwd, 'report.html'), 'utf8');
  const report = JSON.parse(/id="report-data">(.*?)<\/script>/s.exec(html)![1]!) as ReportData;
  expect(report.incidents).toMatchObject([{ nextStep: step, feeds: ['reports.daily'] }]);
  expect(report.tables.find(({ table }) => table === 'orders')).toMatchObject({ feeds, referencedBy: ['sales.items'] });
});
