import { userInfo } from 'node:os';
import type pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { type CliResult, runCli } from '../support/cli.js';
import { ownServer, type TestServer } from '../support/postgres.js';
import { linesOf, settings, workFolder } from '../support/program.js';

let server: TestServer;
beforeAll(async () => {
  server = await ownServer();
});

interface Shop {
  readonly client: pg.Client;
  readonly sentinel: (...args: string[]) => Promise<CliResult>;
}

/** Two tables that were judged once, of which one is empty now and one has a first null. */
async function openShop(): Promise<Shop> {
  const database = await server.createDatabase();
  const client = await database.client();
  await client.query(`
    CREATE TABLE orders (id int PRIMARY KEY, email text);
    INSERT INTO orders SELECT i, 'user' || i FROM generate_series(1, 2000) AS i;
    CREATE TABLE events AS SELECT i AS id FROM generate_series(1, 3000) AS i;`);
  const [cwd, env] = [workFolder(), settings({ batch: database })];
  const sentinel = (...args: string[]) => runCli(args, { cwd, env });
  expect((await sentinel('run')).code).toBe(0);
  await client.query('TRUNCATE events; UPDATE orders SET email = NULL WHERE id = 7');
  return { client, sentinel };
}

const states = (stdout: string) =>
  linesOf(stdout, 'incident').map(({ id, state, severity }) => `${id} ${state} ${severity}`);

describe('incidents', () => {
  test('are what a run tells, and go on from run to run', async () => {
    const { sentinel, client } = await openShop();
    const first = await sentinel('run', '--json');
    expect(first.code).toBe(1);
    expect(states(first.stdout)).toEqual(['INC-1 open critical', 'INC-2 open warn']);
    expect(linesOf(first.stdout, 'finding').map(({ incident }) => incident)).toEqual(['INC-1', 'INC-2']);
    expect(linesOf(first.stdout, 'summary')).toMatchObject([{ findings: 2, incidents: 2 }]);

    const text = await sentinel('detect');
    expect(text.stdout).toMatch(/^│ CRITICAL {2}INC-1 {2}batch\.public\.events +│$/m);
    expect(text.stdout).toMatch(/^warn +INC-2 +batch\.public\.orders +public\.orders\.email has 1 null/m);
    expect(text.stdout).toContain('2 incidents, 2 findings (1 critical, 1 warn).');

    await client.query(`INSERT INTO events SELECT generate_series(1, 3000); UPDATE orders SET email = 'back'`);
    expect(states((await sentinel('run', '--json')).stdout)).toEqual([]);
    expect(states((await sentinel('incidents', '--json')).stdout)).toEqual(states(first.stdout));
    expect((await sentinel('run')).code).toBe(0);
    expect((await sentinel('incidents')).stdout).toBe('No incident is open (--all lists 2 others).\n');
    expect(states((await sentinel('incidents', 'list', '--all', '--json')).stdout)).toEqual([
      'INC-1 resolved critical',
      'INC-2 resolved warn',
    ]);
  });

  test('that people expect or mute fail no run; an acknowledged one does', async () => {
    const { sentinel } = await openShop();
    expect((await sentinel('run', '--fail-on', 'warn')).code).toBe(1);
    expect((await sentinel('incidents', 'ack', 'INC-1', '--reason', 'asked the shop team')).stdout).toBe(
      'INC-1 is acknowledged; it opens again where it gets worse.\n',
    );
    expect((await sentinel('run')).code).toBe(1);
    expect((await sentinel('incidents', 'mute', '1', '--until', '7d')).code).toBe(0);
    expect((await sentinel('incidents', 'expect', 'inc-2')).code).toBe(0);
    const quiet = await sentinel('run', '--fail-on', 'warn');
    expect(quiet.code).toBe(0);
    expect(quiet.stdout).toContain('Not counted: 1 muted ("sentinel incidents --all" lists them).');
    const json = await sentinel('detect', '--json', '--fail-on', 'info');
    expect(json.code).toBe(1);
    expect(linesOf(json.stdout, 'finding').map(({ severity, table }) => `${severity} ${table}`)).toEqual([
      'critical events',
      'info orders',
    ]);
    expect((await sentinel('incidents', '--all')).stdout).toMatch(
      /INC-2 +warn +expected [\s\S]*INC-1 +critical +muted until 20/,
    );
  });

  test('show tells the findings and who did what', async () => {
    const { sentinel } = await openShop();
    await sentinel('run');
    await sentinel('incidents', 'ack', 'INC-1', '--reason', 'asked the shop team');
    const { stdout } = await sentinel('incidents', 'show', 'INC-1');
    expect(stdout).toMatch(/^INC-1 {2}critical {2}acknowledged {2}batch\.public\.events\npublic\.events is empty;/);
    expect(stdout).toMatch(/^critical +empty_table +public\.events is empty; it had 3,000 rows at /m);
    expect(stdout).toMatch(/Z +sentinel +opened +public\.events is empty/);
    expect(stdout).toMatch(new RegExp(`Z +${userInfo().username} +acknowledged +asked the shop team`));
    const json = await sentinel('incidents', 'show', '1', '--json');
    expect(linesOf(json.stdout, 'incident_event').map(({ action }) => action)).toEqual(['opened', 'acknowledged']);
  });

  test('a change that makes no sense is exit 3 and changes nothing', async () => {
    const { sentinel } = await openShop();
    await sentinel('run');
    const refused = async (...args: string[]) => {
      const { code, stdout, stderr } = await sentinel('incidents', ...args);
      expect([code, stdout], args.join(' ')).toEqual([3, '']);
      return stderr;
    };
    expect(await refused('ack', 'INC-1', 'INC-9')).toContain(
      'there is no incident INC-9: the nearest are INC-2, INC-1;',
    );
    expect(await refused('show', 'orders')).toContain('there is no incident orders');
    expect(await refused('mute', 'INC-1', '--until', 'tomorrow')).toContain(
      '"tomorrow" is neither a time nor a duration',
    );
    expect(await refused('expect', 'INC-1', '--until', '2020-01-01')).toContain('is over already');
    expect(await refused('ack', 'INC-1', '--until', '7d')).toContain("unknown option '--until'");
    expect(await refused('ack')).toContain("missing required argument 'id'");
    await sentinel('incidents', 'resolve', 'INC-2');
    expect(await refused('ack', 'INC-1', 'INC-2')).toContain('INC-2 is resolved since');
    expect(states((await sentinel('incidents', '--all', '--json')).stdout)).toEqual([
      'INC-1 open critical',
      'INC-2 resolved warn',
    ]);
  });
});
