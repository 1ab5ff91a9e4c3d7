import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { alertSchema } from '../support/alert-schema.js';
import { runCli } from '../support/cli.js';
import { ownServer, type TestServer } from '../support/postgres.js';
import { findingNames, linesOf, settings, tableNames, workFolder } from '../support/program.js';

let server: TestServer;
beforeAll(async () => {
  server = await ownServer();
});

/** Two sources, each with a table. */
async function openShops() {
  const [batch, cdc] = [await server.createDatabase(), await server.createDatabase()];
  for (const database of [batch, cdc])
    await (await database.client()).query('CREATE TABLE orders AS SELECT i AS id FROM generate_series(1, 500) AS i');
  const cwd = workFolder();
  // Databases come and go on the server of the tests.
  const disable = (...checks: string[]) =>
    writeFileSync(join(cwd, 'sentinel.yaml'), `checks: { disabled: [databases, ${checks.join()}] }\n`);
  disable();
  const file = join(cwd, 'alerts.jsonl');
  const env = settings({ batch, cdc }, { ALERT_FILE: file });
  const sentinel = (args: readonly string[], changes: Readonly<Record<string, string>> = {}) =>
    runCli(args, { cwd, env: { ...env, ...changes } });
  const alerts = () => {
    const lines = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
    return lines.map((line) => alertSchema.parse(JSON.parse(line)) as { readonly event: string });
  };
  return { cdc, disable, sentinel, alerts };
}

const AWAY = { CDC_DB_PORT: '1' };
const FINDING = ['warn unreachable cdc'];

test('a source that is away is one incident, told once, until two runs have read it again', async () => {
  const { cdc, sentinel, alerts } = await openShops();
  expect((await sentinel(['run'])).code).toBe(0);

  const away = await sentinel(['run', '--json'], AWAY);
  expect(away.code).toBe(2);
  expect(findingNames(away.stdout)).toEqual(FINDING);
  expect(tableNames(away.stdout)).toEqual(['batch.public.orders']);
  expect(linesOf(away.stdout, 'summary')).toMatchObject([{ findings: 1, incidents: 1, incomplete: true }]);
  const again = await sentinel(['run'], AWAY);
  expect(again.code).toBe(2);
  expect(again.stdout).toContain('ALERT  1 incident needs attention: 1 warn');
  expect((await sentinel(['detect'], AWAY)).code).toBe(2);

  const [incident, ...others] = linesOf((await sentinel(['incidents', '--json'])).stdout, 'incident');
  expect(others).toEqual([]);
  expect(incident).toMatchObject({
    id: 'INC-1',
    state: 'open',
    severity: 'warn',
    title: expect.stringMatching(
      /^Source cdc could not be read, so its tables are unknown \(last read at .* UTC\): nothing listens on .*:1; check CDC_DB_HOST and CDC_DB_PORT, .*\.$/,
    ),
    nextStep: 'Run sentinel health --source cdc: it says what is wrong and how to mend it.',
  });
  const [opened, ...more] = alerts();
  expect(more).toEqual([]);
  expect(opened).toMatchObject({ event: 'opened', incident: { id: 'INC-1', title: incident!.title } });
  expect(JSON.stringify(opened)).not.toContain(cdc.connection.password);

  expect((await sentinel(['run'])).code).toBe(0);
  expect(alerts()).toHaveLength(1);
  expect((await sentinel(['run'])).code).toBe(0);
  expect(alerts().map(({ event }) => event)).toEqual(['opened', 'resolved']);
  expect((await sentinel(['incidents'])).stdout).not.toContain('INC-1');
});

test('so is one that no run has ever reached; --fail-on, expect and checks.disabled hold for it', async () => {
  const { disable, sentinel, alerts } = await openShops();
  const first = await sentinel(['run', '--json', '--fail-on', 'warn'], AWAY);
  expect([first.code, findingNames(first.stdout)]).toEqual([1, FINDING]);
  expect(alerts()).toMatchObject([{ event: 'opened', incident: { title: expect.not.stringContaining('last read') } }]);

  await sentinel(['incidents', 'expect', 'INC-1', '--reason', 'it moves house']);
  const expected = await sentinel(['run', '--json', '--fail-on', 'warn'], AWAY);
  expect([expected.code, findingNames(expected.stdout)]).toEqual([2, ['info unreachable cdc']]);

  disable('unreachable');
  const silent = await sentinel(['run', '--json'], AWAY);
  expect([silent.code, findingNames(silent.stdout)]).toEqual([2, []]);
  expect(alerts()).toHaveLength(1);
});
