import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { type AddressInfo, createServer as createTcp, type Server } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CliResult, runCli } from '../support/cli.js';
import { type TestDatabase, type TestServer, testServer } from '../support/postgres.js';
import { filesOf, linesOf, settings, tableNames, workFolder } from '../support/program.js';

/** Part of every password below: it must never be seen again. */
const PLANTED = 'pl4nted-S3cret';

const servers: Server[] = [];
let server: TestServer;
let database: TestDatabase;
let roleless: string;
const ports = { http: 0, ssh: 0, silent: 0 };

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

beforeAll(async () => {
  server = await testServer();
  database = await server.createDatabase();
  const admin = await database.client();
  await admin.query(`CREATE TABLE orders AS SELECT i AS id FROM generate_series(1, 10) AS i`);
  roleless = `roleless_${database.name}`;
  await admin.query(`CREATE ROLE ${roleless} LOGIN PASSWORD '${PLANTED}'`);
  ports.http = await listen(createHttp((_, response) => response.end('hello')));
  ports.ssh = await listen(createTcp((socket) => socket.on('error', () => {}).write('SSH-2.0-OpenSSH_9.6\r\n')));
  ports.silent = await listen(createTcp((socket) => socket.on('error', () => {})));
});

afterAll(async () => {
  for (const server of servers) server.close();
  const admin = await database.client();
  await admin.query(`DROP OWNED BY ${pg.escapeIdentifier(roleless)}; DROP ROLE ${pg.escapeIdentifier(roleless)}`);
});

/** What makes a connection bad, and what must be said about it; `X` stands for the prefix of its settings. */
const CASES: Record<string, { readonly change: () => Record<string, string>; readonly says: string }> = {
  wrong_password: {
    change: () => ({ PASSWORD: `${PLANTED}-wrong` }),
    says: 'refused the password of user ".*"; check X_PASSWORD and X_USER',
  },
  unknown_role: {
    change: () => ({ USER: 'nobody_here', PASSWORD: PLANTED }),
    says: '(refused the password of user|does not let user) "nobody_here".*check X_(PASSWORD and X_)?USER',
  },
  unknown_host: {
    change: () => ({ HOST: 'no-such-host.invalid' }),
    says: '(the host name "no-such-host.invalid" is not known; check X_HOST|the name service did not answer for "no-such-host.invalid"; check the network and X_HOST)',
  },
  nothing_there: {
    change: () => ({ HOST: '127.0.0.1', PORT: '1' }),
    says: 'nothing listens on 127.0.0.1:1; check X_HOST and X_PORT, and that the server runs',
  },
  web_server: {
    change: () => ({ HOST: '127.0.0.1', PORT: String(ports.http) }),
    says: 'an HTTP server answers at 127.0.0.1:\\d+, not Postgres; check X_HOST and X_PORT',
  },
  ssh_server: {
    change: () => ({ HOST: '127.0.0.1', PORT: String(ports.ssh) }),
    says: 'an SSH server answers at 127.0.0.1:\\d+, not Postgres; check X_HOST and X_PORT',
  },
  silent_server: {
    change: () => ({ HOST: '127.0.0.1', PORT: String(ports.silent) }),
    says: 'takes connections but said nothing within 1 s \\(CONNECT_TIMEOUT\\).*check X_HOST and X_PORT',
  },
  no_database: {
    change: () => ({ NAME: 'no_such_database' }),
    says: 'there is no database "no_such_database" at .*; check X_NAME',
  },
  no_tls: {
    change: () => ({ SSLMODE: 'require' }),
    says: 'does not offer TLS; turn it on there \\(ssl = on\\), or lower X_SSLMODE',
  },
};

function connection(prefix: string, change: Readonly<Record<string, string>>): Record<string, string> {
  const changed = Object.entries(change).map(([name, value]) => [`${prefix}_${name}`, value]);
  return { ...database.environment(prefix), ...Object.fromEntries(changed) };
}

/** No stack, and no password anywhere: on the terminal or in the logs. */
function expectClean({ stdout, stderr }: CliResult, cwd: string): void {
  const said = { stdout, stderr, ...filesOf(join(cwd, 'logs')) };
  for (const [where, text] of Object.entries(said)) {
    expect(text, where).not.toMatch(/^ +at .*\(?(file|node):/m);
    expect(text, where).not.toContain(PLANTED);
    expect(text, where).not.toContain(database.connection.password);
  }
}

test('of many bad sources each says what is wrong with it, and the good one is complete', async () => {
  const bad = Object.entries(CASES);
  const cwd = workFolder();
  const env = settings({ batch: database }, { CONNECT_TIMEOUT: '1', MAX_RETRY_ATTEMPTS: '0' });
  env.SENTINEL_SOURCES = ['batch', ...bad.map(([name]) => name)].join(',');
  for (const [name, { change }] of bad) Object.assign(env, connection(`${name.toUpperCase()}_DB`, change()));
  const result = await runCli(['run', '--json'], { cwd, env });
  expect(result.code).toBe(2);
  expect(tableNames(result.stdout)).toEqual(['batch.public.orders']);
  expect(linesOf(result.stdout, 'summary')).toMatchObject([
    { incomplete: true, tables: { ok: 1, failed: 0, skipped: 0 } },
  ]);
  const said = Object.fromEntries(
    linesOf(result.stdout, 'source').map(({ source, failure }) => [source, (failure as { message: string }).message]),
  );
  expect(Object.keys(said).sort()).toEqual(bad.map(([name]) => name).sort());
  const logs = filesOf(join(cwd, 'logs'));
  for (const [name, { says }] of bad) {
    expect(said[name]).toMatch(new RegExp(says.replaceAll('X_', `${name.toUpperCase()}_DB_`)));
    expect(logs[`${name}_db.log`]).toContain(`_DB_`);
  }
  expectClean(result, cwd);

  // the same by health, which looks at them without a store
  const health = await runCli(['health'], { cwd, env });
  expect(health.code).toBe(2);
  expect(health.stdout).toMatch(/^batch: ok /m);
  for (const [name, { says }] of bad.filter(([name]) => name !== 'silent_server')) {
    expect(health.stdout).toMatch(
      new RegExp(`^${name}: down .*\\n  .*${says.replaceAll('X_', `${name.toUpperCase()}_DB_`)}`, 'm'),
    );
  }
  expectClean(health, cwd);
});

describe('a metadata store that cannot be used is exit 3 before any table is read:', () => {
  test.each(Object.entries(CASES))('%s', async (_, { change, says }) => {
    const cwd = workFolder();
    const env = {
      ...settings({ batch: database }, { CONNECT_TIMEOUT: '1', MAX_RETRY_ATTEMPTS: '0' }),
      ...connection('METADATA_DB', change()),
    };
    const result = await runCli(['run', '--json'], { cwd, env });
    expect(result).toMatchObject({ code: 3, stdout: '' });
    expect(result.stderr).toMatch(
      new RegExp(`^metadata store "sentinel" in database .*: .*${says.replaceAll('X_', 'METADATA_DB_')}\n$`),
    );
    expectClean(result, cwd);
    expect(filesOf(join(cwd, 'logs'))['orchestrator.log']).toContain('run ended early');
  });

  test('a role without the right to make the schema gets the statement that mends it', async () => {
    const cwd = workFolder();
    const change = { USER: roleless, PASSWORD: PLANTED };
    const env = {
      ...settings({ batch: database }),
      ...connection('METADATA_DB', change),
      METADATA_SCHEMA: 'Own "one"',
    };
    const refused = await runCli(['run'], { cwd, env });
    expect(refused).toMatchObject({ code: 3, stdout: '' });
    expect(refused.stderr).toContain(
      `the role "${roleless}" may not create the schema "Own ""one""". Have a privileged role run `,
    );
    expect(refused.stderr).toContain('or choose another store (METADATA_DB_*; METADATA_SCHEMA)');
    expectClean(refused, cwd);
    const fix = /CREATE SCHEMA .*?;/.exec(refused.stderr)![0];
    await (await database.client()).query(fix);
    expect((await runCli(['run'], { cwd, env })).code).toBe(0);
  });

  test('without settings of its own, those of the batch warehouse are named, and why', async () => {
    const env = settings({ batch: database }, { BATCH_DB_PASSWORD: PLANTED, METADATA_SCHEMA: 's' });
    const { code, stderr } = await runCli(['run'], { cwd: workFolder(), env });
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /check BATCH_DB_PASSWORD and BATCH_DB_USER \(the store is in that warehouse because METADATA_DB_\* is not set\)\n$/,
    );
  });
});

describe('malformed settings are exit 3, with the place and the fix:', () => {
  test.each([
    [
      'a line without =',
      { '.env': `BATCH_DB_PASSWORD ${PLANTED}\n` },
      /\.env:1\)[\s\S]*NAME=value[\s\S]*fix +correct the line/,
    ],
    [
      'a quote that stays open',
      { '.env': `BATCH_DB_PASSWORD="${PLANTED}\nX=1\n` },
      /BATCH_DB_PASSWORD \(\.env:1\)[\s\S]*fix +close the "/,
    ],
    [
      'a # in a value',
      { '.env': `BATCH_DB_PASSWORD=${PLANTED}#1\n` },
      /BATCH_DB_PASSWORD \(\.env:1\)[\s\S]*quote the value: it is cut at the #/,
    ],
    [
      'a misspelt name',
      { '.env': `\nBATCH_DB_PASWORD=${PLANTED}\n` },
      /BATCH_DB_PASWORD \(\.env:2\)[\s\S]*rename it to BATCH_DB_PASSWORD/,
    ],
    [
      'a bad number',
      { '.env': 'BATCH_DB_PORT=54x2\n' },
      /BATCH_DB_PORT \(\.env:1\)[\s\S]*found +54x2[\s\S]*a port from 1 to 65535/,
    ],
    [
      'a URL for a host',
      { '.env': `BATCH_DB_HOST=postgres://u:${PLANTED}@h/d\n` },
      /BATCH_DB_HOST \(\.env:1\)[\s\S]*give the host alone/,
    ],
    [
      'PROFILE_MODE=sample',
      { '.env': 'PROFILE_MODE=sample\n' },
      /PROFILE_MODE \(\.env:1\)[\s\S]*sample is not available in this version; use full or auto/,
    ],
    [
      'PROFILE_MODE=stats',
      { '.env': 'PROFILE_MODE=stats\n' },
      /stats is not available in this version; use full or auto/,
    ],
    ['PROFILE_MODE=incremental', { '.env': 'PROFILE_MODE=incremental\n' }, /PROFILE_MODE[\s\S]*one of auto, full/],
    [
      'INCREMENTAL=proof',
      { '.env': 'INCREMENTAL=proof\n' },
      /INCREMENTAL \(\.env:1\)[\s\S]*proof is not available in this version; use off/,
    ],
    ['broken YAML', { 'sentinel.yaml': 'include: [a\nexclude: b\n' }, /sentinel\.yaml:2:1\)[\s\S]*YAML 1\.2/],
    [
      'an unknown key',
      { 'sentinel.yaml': 'checks:\n  rowCuont: {}\n' },
      /checks\.rowCuont \(sentinel\.yaml:2:3\)[\s\S]*rename it to rowCount/,
    ],
    [
      'a wrong type',
      { 'sentinel.yaml': 'views:\n  maxCost: lots\n' },
      /views\.maxCost \(sentinel\.yaml:2:3\)[\s\S]*found +lots[\s\S]*a number/,
    ],
    [
      'several things at once',
      { '.env': 'LOG_LEVEL=loud\nCONNECT_TIMEOUT=-1\n', 'sentinel.yaml': 'inclood: []\n' },
      /has 3 problems:[\s\S]*LOG_LEVEL[\s\S]*CONNECT_TIMEOUT[\s\S]*inclood/,
    ],
  ])('%s', async (_, files, message) => {
    const cwd = workFolder();
    for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, name), content);
    const result = await runCli(['run'], { cwd, env: {} });
    expect(result).toMatchObject({ code: 3, stdout: '' });
    expect(result.stderr).toMatch(message);
    expect(result.stderr).not.toContain(PLANTED);
    expect(result.stderr).not.toMatch(/^ +at /m);
    expect(Object.keys(filesOf(cwd)).sort()).toEqual(Object.keys(files).sort()); // not even a log
  });
});

test('.env.example, copied and given its databases and passwords, is all that a run needs', async () => {
  const cwd = join(workFolder(), 'project');
  mkdirSync(cwd);
  copyFileSync(join(import.meta.dirname, '..', '..', '.env.example'), join(cwd, '.env'));
  const [batch, cdc] = [await server.createDatabase(), await server.createDatabase()];
  await (await batch.client()).query('CREATE TABLE one (id int)');
  const env = { ...batch.environment('BATCH_DB'), ...cdc.environment('CDC_DB') };
  const { code, stdout } = await runCli([], { cwd, env });
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Run \d{8}-\d{6}-[0-9a-f]{6}: 1 table looked at; no findings\.\n/);
});
