import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { runCli } from '../support/cli.js';
import { openLineageProblems } from '../support/open-lineage.js';
import { ownServer, type TestServer } from '../support/postgres.js';
import { linesOf, settings, workFolder } from '../support/program.js';
import { webhookReceiver } from '../support/webhook-receiver.js';

interface Event {
  readonly eventType: string;
  readonly run: { readonly runId: string; readonly facets?: unknown };
  readonly job: { readonly namespace: string; readonly name: string };
  readonly inputs?: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly inputFacets: Record<string, never>;
  }[];
}

let server: TestServer;
beforeAll(async () => {
  server = await ownServer();
});

async function openShop() {
  const database = await server.createDatabase();
  const client = await database.client();
  await client.query(`
    CREATE TABLE orders AS SELECT i AS id, 'user' || i || '@example.com' AS email, i / 4.0::float8 AS price
      FROM generate_series(1, 2000) AS i;
    CREATE TABLE "odd ""name" AS SELECT i AS id FROM generate_series(1, 500) AS i`);
  const cwd = workFolder();
  const run = (more: Readonly<Record<string, string>>, ...args: string[]) =>
    runCli(['run', '--json', ...args], { cwd, env: { ...settings({ batch: database }), ...more } });
  return { client, database, cwd, run };
}

test('events of a run are what the published schemas allow, with the figures and what was found', async () => {
  const { client, database, cwd, run } = await openShop();
  const receiver = await webhookReceiver();
  receiver.answer({ status: 503 });
  const more = {
    OPENLINEAGE_URL: receiver.origin,
    OPENLINEAGE_API_KEY: 'key-of-lineage',
    OPENLINEAGE_FILE: 'lineage.jsonl',
  };
  const first = await run(more);
  await client.query('UPDATE orders SET email = NULL WHERE id <= 700');
  const second = await run(more);

  const taken = receiver.requests.filter(({ answered }) => answered === 204);
  expect(receiver.requests).toHaveLength(taken.length + 1);
  const events = taken.map(({ path, headers, body }) => ({ path, headers, event: JSON.parse(body) as Event }));
  const lines = readFileSync(join(cwd, 'lineage.jsonl'), 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => openLineageProblems(JSON.parse(line)))).toEqual(lines.map(() => []));
  expect(events.map(({ event }) => event.eventType)).toEqual([
    ...['START', 'RUNNING', 'COMPLETE'],
    ...['START', 'RUNNING', 'COMPLETE'],
  ]);
  const about = ({ eventType, run: { runId }, inputs }: Event) => [eventType, runId, inputs];
  expect(lines.map((line) => about(JSON.parse(line) as Event))).toEqual(events.map(({ event }) => about(event)));
  expect(new Set(events.map(({ path }) => path))).toEqual(new Set(['/api/v1/lineage']));
  expect(new Set(events.map(({ headers }) => headers.authorization))).toEqual(new Set(['Bearer key-of-lineage']));
  expect(new Set(events.map(({ event }) => event.run.runId)).size).toBe(2);

  const { inputs } = events[4]!.event;
  const { name } = database;
  expect(inputs!.map((input) => input.name).sort()).toEqual([`${name}.public.odd "name`, `${name}.public.orders`]);
  const orders = inputs!.find((input) => input.name.endsWith('orders'))!;
  expect(orders.namespace).toBe(`postgres://${database.connection.host}:${database.connection.port}`);
  expect(orders.inputFacets.dataQualityMetrics).toMatchObject({
    rowCount: 2000,
    columnMetrics: {
      email: { nullCount: 700, count: 1300, distinctCount: 1300 },
      price: { nullCount: 0, min: 0.25, max: 500, quantiles: { '0.5': 250 } },
    },
  });
  expect(orders.inputFacets.dataQualityAssertions).toMatchObject({
    assertions: [{ assertion: 'first_null', success: false, column: 'email', severity: 'error', name: 'INC-1' }],
  });
  const other = inputs!.find((input) => input !== orders)!;
  expect(other.inputFacets.dataQualityAssertions).toMatchObject({ assertions: [{ success: true }] });
  const said = [first, second].map(({ stdout, stderr }) => stdout + stderr).join('') + lines.join('\n');
  expect(said).not.toContain('key-of-lineage');
  expect(lines.join('\n')).not.toContain('@example.com');
});

test('a source that is down fails its job; a server of lineage that is down costs a warning and nothing else', async () => {
  const { database, cwd, run } = await openShop();
  const down = { OPENLINEAGE_FILE: 'lineage.jsonl', ...database.environment('METADATA_DB'), BATCH_DB_NAME: 'nowhere' };
  expect((await run(down)).code).toBe(2);
  const events = readFileSync(join(cwd, 'lineage.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events.map(({ eventType }: Event) => eventType)).toEqual(['START', 'FAIL']);
  expect(events.flatMap(openLineageProblems)).toEqual([]);

  const { code, stdout, stderr } = await run({ OPENLINEAGE_URL: 'http://127.0.0.1:1/' });
  expect(code).toBe(0);
  expect(linesOf(stdout, 'summary')).toHaveLength(1);
  expect(stderr).toContain(
    'the rest of the lineage was not sent: nothing listens at http://127.0.0.1:1; check OPENLINEAGE_URL,',
  );
  const refused = await run({ OPENLINEAGE_FILE: join(cwd, 'no', 'folder') });
  expect([refused.code, existsSync(join(cwd, 'no'))]).toEqual([3, false]);
  expect(refused.stderr).toContain(`OPENLINEAGE_FILE: ${join(cwd, 'no', 'folder')} cannot be written (its folder does`);
});
