import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli, startCli } from '../support/cli.js';
import {
  CHANGED_SQL,
  filesBelow,
  PERSONAL,
  PLANTED_SQL,
  plantedIn,
  SECRETS,
  seenByOthers,
  storedTexts,
} from '../support/planted.js';
import { type TestDatabase, testServer } from '../support/postgres.js';
import { linesOf, settings, workFolder } from '../support/program.js';

const ALL = { ...SECRETS, ...PERSONAL };
/** Receives alerts, and takes none. */
const receiver = createServer((_, response) => response.writeHead(500).end('no'));
let database: TestDatabase;
let client: pg.Client;
let cwd: string;
let env: Record<string, string>;
/** Everything that was said, by what was run. */
const said: [what: string, text: string][] = [];

async function sentinel(
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
  nodeFlags: string[] = [],
) {
  const result = await runCli(args, { cwd, env: { ...env, ...more }, nodeFlags });
  const what = `${args.join(' ')} ${Object.keys(more).join()} ${nodeFlags.join(' ')}`.trim();
  said.push([`${what}: stdout`, result.stdout], [`${what}: stderr`, result.stderr]);
  return result;
}

beforeAll(async () => {
  const server = await testServer();
  database = await server.createDatabase();
  client = await database.client();
  await client.query(PLANTED_SQL);
  const role = async (name: string, password: string, grants: string) => {
    await client.query(`CREATE ROLE ${name} LOGIN PASSWORD ${client.escapeLiteral(password)}`);
    await client.query(grants);
  };
  const [reader, keeper, other] = ['reader', 'keeper', 'other'].map((name) => `${name}_${database.name}`) as [
    string,
    string,
    string,
  ];
  await role(reader, SECRETS.batchPassword, `GRANT pg_read_all_data TO ${reader}`);
  await role(other, SECRETS.cdcPassword, `GRANT pg_read_all_data TO ${other}`);
  await role(keeper, SECRETS.storePassword, `GRANT CREATE ON DATABASE ${database.name} TO ${keeper}`);
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  cwd = workFolder();
  const outside = workFolder();
  writeFileSync(join(outside, 'cdc-password'), `${SECRETS.cdcPassword}\n`, { mode: 0o600 });
  writeFileSync(join(cwd, 'sentinel.yaml'), 'foreignTables: true\n');
  const { CDC_DB_PASSWORD: _, ...both } = settings({ batch: database, cdc: database });
  env = {
    ...both,
    ...database.environment('METADATA_DB'),
    ...{ BATCH_DB_USER: reader, BATCH_DB_PASSWORD: SECRETS.batchPassword },
    ...{ CDC_DB_USER: other, CDC_DB_PASSWORD_FILE: join(outside, 'cdc-password') },
    ...{ METADATA_DB_USER: keeper, METADATA_DB_PASSWORD: SECRETS.storePassword },
    ...{
      HTTP_TOKEN: SECRETS.httpToken,
      WEBHOOK_SECRET: SECRETS.webhookSecret,
      LOG_LEVEL: 'debug',
      LOG_MAX_BYTES: '65536',
    },
    WEBHOOK_URL: `${url}/in/${SECRETS.webhookToken}`,
    HEARTBEAT_URL: `${url}/ping/${SECRETS.heartbeatToken}`,
    SMTP_URL: `smtp://alerts:${SECRETS.smtpPassword}@127.0.0.1:1`,
    SLACK_WEBHOOK_URL: `https://127.0.0.1:1/services/${SECRETS.slackToken}`,
    PAGERDUTY_ROUTING_KEY: SECRETS.pagerdutyKey,
    PAGERDUTY_URL: `${url}/events`,
    ALERT_EMAIL_FROM: 'data@example.org',
    ALERT_EMAIL_TO: 'ada@example.org',
  };
});
afterAll(async () => {
  receiver.close();
  for (const name of ['reader', 'keeper', 'other'])
    await client.query(`DROP OWNED BY ${name}_${database.name}; DROP ROLE ${name}_${database.name}`);
});

describe('what is planted is said nowhere', () => {
  test('by any command, while all goes well and while views fail', async () => {
    const first = await sentinel(['run', '--metrics-file', 'metrics.prom']);
    expect(first.code, first.stderr).toBe(2);
    for (const view of ['casts', 'raises', 'repeats', 'divides', 'far'])
      expect(first.stdout).toContain(`public.${view}`);
    await client.query(CHANGED_SQL);
    const second = await sentinel(['run', '--json', '--metrics-file', 'metrics.prom']);
    const checks = linesOf(second.stdout, 'finding').map(({ check, column }) => `${check} ${column}`);
    // values are named by these: without them nothing is shown here
    expect(checks).toEqual(expect.arrayContaining(['categories via', 'categories contact']));
    const masked = linesOf(second.stdout, 'table').find(({ table }) => table === 'people')!.columns as Record<
      string,
      unknown
    >[];
    expect(masked.filter((column) => column.masked !== undefined).map(({ name }) => name)).toEqual([
      ...['email', 'phone', 'first_name', 'born', 'contact', 'via', 'w', 'pay', 'pay_text', 'account', 'code'],
    ]);
    const lookingOn = [
      'health',
      'tables',
      'incidents',
      'incidents show INC-1',
      'backtest',
      'audit list',
      'audit verify',
      'alerts',
    ];
    const history = ['email', 'pay', 'born'].map((column) => `history people --column ${column}`);
    for (const command of [...lookingOn, ...history])
      await Promise.all([[], ['--json']].map((json) => sentinel([...command.split(' '), ...json])));
    for (const json of [[], ['--json']]) await sentinel(['detect', ...json]);
    await sentinel(['incidents', 'ack', 'INC-1', '--reason', `password is ${SECRETS.batchPassword}`]);
    await sentinel(['profile', '--json', '--table', 'people']);
    await sentinel(['alerts', 'flush']);
    expect((await sentinel(['report'])).code).toBe(0);
    expect((await sentinel(['init', '--dry-run'])).code).toBe(0);
  });

  test('where the login or the settings are wrong', async () => {
    await sentinel(['run'], { BATCH_DB_PASSWORD: SECRETS.wrongPassword });
    await sentinel(['health', '--json'], { BATCH_DB_PASSWORD: SECRETS.wrongPassword });
    expect((await sentinel(['run'], { METADATA_DB_PASSWORD: SECRETS.wrongPassword })).code).toBe(3);
    const wrong = await sentinel(['run'], {
      ...{ SMTP_URL: `mail:${SECRETS.smtpPassword}`, WEBHOOK_URL: `hooks/${SECRETS.webhookToken}` },
      ...{ SLACK_WEBHOOK_URL: `http://x/${SECRETS.slackToken}`, HEARTBEAT_URL: SECRETS.heartbeatToken },
      ...{ BATCH_DB_PASSWORD_FILE: '/nowhere', BATCH_DB_PASSWROD: SECRETS.batchPassword },
    });
    expect([wrong.code, wrong.stdout]).toEqual([3, '']);
  });

  test('by a crash, in its own words and in the diagnostic report that Node writes', async () => {
    const outside = workFolder();
    /** A file that Node loads first, in every thread. */
    const preload = (name: string, code: string): string[] => {
      const path = join(outside, `${name}.mjs`);
      writeFileSync(path, `import { isMainThread } from 'node:worker_threads';\n${code}`);
      return ['--import', path];
    };
    const text = JSON.stringify(
      `no pool for postgres://x:${encodeURIComponent(SECRETS.batchPassword)}@h, ${SECRETS.httpToken}`,
    );
    // A run listens for signals once its settings are read, and every secret is known.
    const late = (code: string) => `
      const waiting = isMainThread && setInterval(() => {
        if (process.listenerCount('SIGTERM') === 0) return;
        clearInterval(waiting);
        ${code}
      }, 5);`;
    const crashes = {
      thrown: late(`throw new Error(${text});`),
      rejected: late(`Promise.reject(new Error(${text}));`),
      odd: late(`throw { toString: () => ${text} };`),
    };
    for (const [name, code] of Object.entries(crashes)) {
      const { code: exit, stderr } = await sentinel(['run'], { LOG_LEVEL: 'info' }, preload(name, code));
      expect([exit, stderr.trimEnd().split('\n').at(-1)], name).toEqual([
        4,
        'sentinel: internal error: no pool for postgres://x:***@h, ***',
      ]);
    }
    const inWorker = `if (!isMainThread) setTimeout(() => { throw new Error(${text}); }, 100);`;
    await sentinel(['run', '--table', 'people'], {}, preload('worker', inWorker));

    const reports = join(cwd, 'reports');
    mkdirSync(reports);
    const flags = [
      '--report-on-fatalerror',
      '--report-on-signal',
      '--report-uncaught-exception',
      `--report-directory=${reports}`,
    ];
    const fill = late('const kept = []; for (;;) kept.push(new Array(1e5).fill({}));');
    const full = await sentinel(['run'], {}, [...flags, '--max-old-space-size=48', ...preload('full', fill)]);
    expect(full.signal).toBe('SIGABRT');
    await client.query('BEGIN; LOCK TABLE people IN ACCESS EXCLUSIVE MODE');
    const running = startCli(['run', '--no-resume'], { cwd, env: { ...env, LOCK_TIMEOUT: '60' }, nodeFlags: flags });
    const waits =
      'SELECT FROM pg_locks WHERE NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())';
    while ((await client.query(waits)).rowCount === 0) await new Promise((resolve) => setTimeout(resolve, 50));
    said.push(['ps', seenByOthers(running.child.pid!)]);
    running.child.kill('SIGUSR2');
    while (filesBelow(reports).length < 2) await new Promise((resolve) => setTimeout(resolve, 50));
    const ended = await running.kill('SIGTERM');
    await client.query('ROLLBACK');
    said.push(['signalled', ended.stdout + ended.stderr]);
    expect(filesBelow(reports)[0]![1]).toContain('"environmentVariables"');
  });

  test('in anything that was printed', () => {
    expect(said.length).toBeGreaterThan(50);
    for (const [what, text] of said) expect(plantedIn(text, ALL), `${what}\n${text.slice(0, 4000)}`).toEqual([]);
  });

  test('in any file: logs and their archives, audit.log, report, metrics, diagnostic reports', () => {
    const files = filesBelow(cwd);
    const names = files.map(([name]) => name);
    for (const wanted of [
      /orchestrator\.log$/,
      /\.log\.\d\.gz$/,
      /audit\.log$/,
      /report\.html$/,
      /metrics\.prom$/,
      /reports\/report/,
    ])
      expect(
        names.some((name) => wanted.test(name)),
        String(wanted),
      ).toBe(true);
    for (const [name, text] of files) {
      const found = plantedIn(text, ALL);
      expect(found, name).toEqual([]);
    }
  });

  test('in the store, but for the profiles themselves', async () => {
    const texts = await storedTexts(client, 'sentinel');
    for (const [column, text] of texts)
      expect(plantedIn(text, column === 'profile.summary' ? SECRETS : ALL), column).toEqual([]);
    expect(plantedIn(Object.fromEntries(texts)['profile.summary']!, PERSONAL)).toContain('email');
  });
});
