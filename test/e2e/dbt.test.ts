import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { ReportData } from '#src/report/report-data.js';
import { runCli } from '../support/cli.js';
import { ownServer, type TestDatabase, type TestServer } from '../support/postgres.js';
import { settings, workFolder } from '../support/program.js';

let server: TestServer;
let database: TestDatabase;
beforeAll(async () => {
  server = await ownServer();
  database = await server.createDatabase();
});

const node = (name: string, more: object) => ({
  ...{ resource_type: 'model', database: database.name, schema: 'public', name, alias: name },
  ...more,
});

function folder(yaml: string): string {
  const cwd = workFolder();
  writeFileSync(join(cwd, 'sentinel.yaml'), yaml);
  return cwd;
}

test('owner, description and lineage of dbt are in the box of an incident and in the report; sentinel.yaml comes first', async () => {
  const client = await database.client();
  await client.query(`CREATE TABLE orders AS SELECT i AS id, 'x' || i AS name FROM generate_series(1, 2000) AS i;
    CREATE TABLE revenue AS SELECT 1 AS id`);
  const cwd = folder(`dbt: { manifest: manifest.json }\ntables: [{ match: revenue, owner: Somebody else }]\n`);
  const nodes = {
    'model.p.orders': node('orders', { description: 'One row an order.', meta: { owner: 'Sales data' } }),
    'model.p.revenue': node('revenue', { meta: { owner: 'Finance' }, depends_on: { nodes: ['model.p.orders'] } }),
  };
  writeFileSync(join(cwd, 'manifest.json'), JSON.stringify({ nodes }));
  const env = settings({ batch: database });
  await runCli(['run', '--quiet'], { cwd, env });
  await client.query('TRUNCATE orders');
  const { code, stderr } = await runCli(['run', '--quiet'], { cwd, env });
  expect(code).toBe(1);
  expect(stderr).toContain('Sales data');
  await runCli(['report', '--output', 'report.html'], { cwd, env });
  const html = readFileSync(join(cwd, 'report.html'), 'utf8');
  const { tables } = JSON.parse(/id="report-data">(.*?)<\/script>/s.exec(html)![1]!) as ReportData;
  const [orders, revenue] = ['orders', 'revenue'].map((name) => tables.find(({ table }) => table === name)!);
  expect(orders).toMatchObject({
    ...{ owner: 'Sales data', description: 'One row an order.' },
    feeds: ['public.revenue'],
  });
  expect(revenue!.owner).toBe('Somebody else');
});

test.each([
  ['is not there', null],
  ['is no JSON', '{'],
  ['is no manifest', '{"nodes": {"a": {}}}'],
])('a manifest that %s ends the program before it connects, and says which setting it is', async (_, text) => {
  const cwd = folder('dbt: { manifest: manifest.json }\n');
  if (text !== null) writeFileSync(join(cwd, 'manifest.json'), text);
  const { code, stderr } = await runCli(['run'], { cwd, env: settings({ batch: database }) });
  expect(code).toBe(3);
  expect(stderr).toContain('dbt.manifest');
  expect(stderr).toContain('dbt parse');
  expect(stderr).not.toContain('    at ');
});
