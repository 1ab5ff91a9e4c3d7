import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { alertSchema } from '../support/alert-schema.js';
import { type CliResult, type RunningCli, runCli, startCli } from '../support/cli.js';
import { ownServer, type TestServer } from '../support/postgres.js';
import { filesOf, linesOf, settings, workFolder } from '../support/program.js';
import { readMail, smtpReceiver } from '../support/smtp-receiver.js';
import { takenByKey, type WebhookReceiver, webhookReceiver } from '../support/webhook-receiver.js';

let server: TestServer;
beforeAll(async () => {
  server = await ownServer();
});

interface Shop {
  readonly client: pg.Client;
  readonly receiver: WebhookReceiver;
  readonly sentinel: (...args: string[]) => Promise<CliResult>;
  readonly start: (...args: string[]) => RunningCli;
  readonly logs: () => string;
  readonly cwd: string;
}

const SECRETS = /t0p-s3cret|s1gning-key/;

/** A table that was judged once and is empty now, and a receiver of what is told of it. */
async function openShop(more: (receiver: WebhookReceiver) => Record<string, string> = () => ({})): Promise<Shop> {
  const receiver = await webhookReceiver();
  const database = await server.createDatabase();
  const client = await database.client();
  await client.query('CREATE TABLE events AS SELECT i AS id FROM generate_series(1, 3000) AS i');
  const cwd = workFolder();
  const env = settings(
    { batch: database },
    { WEBHOOK_URL: receiver.url, WEBHOOK_SECRET: 's1gning-key', ...more(receiver) },
  );
  const start = (...args: string[]) => startCli(args, { cwd, env });
  const sentinel = async (...args: string[]) => {
    const result = await runCli(args, { cwd, env });
    expect(result.stdout + result.stderr).not.toMatch(SECRETS);
    return result;
  };
  expect((await sentinel('run')).code).toBe(0);
  await client.query('TRUNCATE events');
  return { client, receiver, sentinel, start, cwd, logs: () => Object.values(filesOf(`${cwd}/logs`)).join('\n') };
}

const events = ({ requests }: WebhookReceiver) =>
  requests.filter(({ method }) => method === 'POST').map(({ headers }) => headers['x-sentinel-event']);

describe('a run', () => {
  test('tells the webhook what opens and what is over, once', async () => {
    const { client, receiver, sentinel, logs } = await openShop();
    expect((await sentinel('run')).code).toBe(1);
    expect((await sentinel('run')).code).toBe(1);
    expect((await sentinel('detect')).code).toBe(1);
    expect(events(receiver)).toEqual(['opened']);
    const alert = JSON.parse(receiver.requests[0]!.body);
    expect(alertSchema.safeParse(alert).error).toBeUndefined();
    expect(alert.incident).toMatchObject({
      id: 'INC-1',
      severity: 'critical',
      title: expect.stringContaining('empty'),
    });
    await client.query('INSERT INTO events SELECT generate_series(1, 3000)');
    await sentinel('run');
    await sentinel('run');
    expect(events(receiver)).toEqual(['opened', 'resolved']);
    expect((await sentinel('alerts')).stdout).toBe('No alert waits (--all lists 2 delivered too).\n');
    const lines = linesOf((await sentinel('alerts', 'list', '--all', '--json')).stdout, 'alert_delivery');
    expect(lines).toMatchObject([
      { sink: 'webhook', state: 'delivered', attempts: 1, alert: { event: 'opened' }, failure: null },
      { sink: 'webhook', state: 'delivered', attempts: 1, alert: { event: 'resolved' } },
    ]);
    expect((await sentinel('incidents', 'show', '1')).stdout).toMatch(/ sentinel +alerted +opened: webhook$/m);
    expect(logs()).not.toMatch(SECRETS);
    expect(logs()).toContain('alert sent');
  });

  test('ends as it would where the receiver is down, says so, and what waits is delivered when it is back', async () => {
    const { receiver, sentinel } = await openShop();
    await receiver.down();
    const run = await sentinel('run');
    expect(run.code).toBe(1);
    expect(run.stderr).toContain(
      `1 alert for webhook waits: nothing listens at ${receiver.origin}; check WEBHOOK_URL, and that the receiver runs (a later run tries again, or "sentinel alerts flush" now)`,
    );
    const list = await sentinel('alerts');
    expect(list.stdout).toMatch(
      /^pending +webhook +INC-1 +opened +20.*Z +\d attempts? +nothing listens at http:.*; next attempt from 20/m,
    );
    await receiver.up();
    await sentinel('alerts', 'flush'); // a run would wait for the time of the next attempt
    expect(events(receiver)).toEqual(['opened']);
  });

  test('that is killed before its alert is answered loses nothing, and the receiver can tell the repeat', async () => {
    const { client, receiver, sentinel, start } = await openShop();
    receiver.answer('hang');
    const run = start('run');
    await receiver.request(1);
    expect((await run.kill('SIGKILL')).signal).toBe('SIGKILL');
    // As if the time had passed in which the killed process might still be sending.
    await client.query(`UPDATE sentinel.alert_delivery SET claimed_until = now() WHERE state = 'pending'`);
    expect((await sentinel('alerts', 'flush')).code).toBe(0);
    expect([...takenByKey(receiver.requests).values()]).toEqual(['2 sent, 1 taken']);
  });

  test('beside another leaves each alert to one of them', async () => {
    const { receiver, sentinel } = await openShop();
    receiver.otherwise({ status: 204, afterMs: 100 });
    const codes = (await Promise.all([sentinel('run'), sentinel('run'), sentinel('run')])).map(({ code }) => code);
    expect(codes.filter((code) => code === 1).length).toBeGreaterThan(0);
    for (const code of codes) expect([1, 3]).toContain(code); // 3: another one writes
    await sentinel('run');
    expect([...takenByKey(receiver.requests).values()]).toEqual(['1 sent, 1 taken']);
  });

  test('that is stopped while the receiver hangs ends at once, and the alert waits', async () => {
    const { receiver, sentinel, start } = await openShop();
    receiver.answer('hang');
    const run = start('run');
    await receiver.request(1);
    const { code, stdout, stderr } = await run.kill('SIGTERM');
    expect(code, stdout + stderr).toBe(143);
    expect((await sentinel('alerts')).stdout).toMatch(/pending +webhook +INC-1/);
  });
});

describe('sinks side by side', () => {
  const lines = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));

  test('get what routes send them, with owner and link; the box names the owner; each can be tried', async () => {
    const mail = await smtpReceiver();
    const { client, receiver, sentinel, cwd } = await openShop(({ origin }) => ({
      ...{ PAGERDUTY_ROUTING_KEY: 's1gning-key', PAGERDUTY_URL: `${origin}/events`, ALERT_FILE: 'kept/alerts.jsonl' },
      ...{ SMTP_HOST: '127.0.0.1', SMTP_PORT: String(mail.port), SMTP_TLS: 'none', SMTP_USER: 'ada' },
      ...{ SMTP_PASSWORD: 't0p-s3cret', ALERT_EMAIL_FROM: 'data@example.org', ALERT_EMAIL_TO: 'ada@example.org' },
      REPORT_URL: 'https://data.example.org/',
    }));
    mkdirSync(join(cwd, 'kept'));
    writeFileSync(
      join(cwd, 'sentinel.yaml'),
      `tables: [{ match: events, owner: Web team }]
alerts:
  routes:
    - { severity: critical, sinks: [pagerduty, file] }
    - { owner: Web team, sinks: [email] }
    - { table: 'other.*', sinks: [webhook] }
`,
    );
    const run = await sentinel('run');
    expect([run.code, run.stdout]).toEqual([1, expect.stringMatching(/┃ Web team: INC-1 /)]);
    await client.query('INSERT INTO events SELECT generate_series(1, 3000)');
    await sentinel('run');
    await sentinel('run');
    const kept = () => lines(readFileSync(join(cwd, 'kept', 'alerts.jsonl'), 'utf8'));
    expect(kept()).toMatchObject([
      {
        event: 'opened',
        incident: { id: 'INC-1', owners: ['Web team'] },
        links: { incident: 'https://data.example.org/#/incident/INC-1' },
      },
      { event: 'resolved' },
    ]);
    for (const each of kept()) expect(alertSchema.safeParse(each).error).toBeUndefined();
    const pages = receiver.requests.map(({ body }) => JSON.parse(body));
    const key = `sentinel/${kept()[0].store}/INC-1`;
    expect(pages).toMatchObject([
      { event_action: 'trigger', dedup_key: key },
      { event_action: 'resolve', dedup_key: key },
    ]);
    expect(mail.mails.map(({ raw }) => readMail(raw).headers.subject)).toEqual([
      '[Sentinel] CRITICAL: INC-1 in batch.public.events',
      '[Sentinel] RESOLVED: INC-1 in batch.public.events',
    ]);
    for (const sink of ['webhook', 'pagerduty', 'email', 'file'])
      expect(await sentinel('alerts', 'test', sink)).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(`^${sink}: a sample alert was delivered to .* in .*\\.\n$`),
      });
    expect([kept().length, mail.mails.length]).toEqual([3, 3]);
    mail.otherwise({ recipients: { 'ada@example.org': 550 } });
    expect(await sentinel('alerts', 'test', 'email')).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/the sample was not delivered: smtp:.* answered 550 .*, for ada@example\.org\.\n$/),
    });
  });

  test('are told again of what nobody has looked at', async () => {
    const { sentinel, cwd } = await openShop(() => ({ ALERT_FILE: 'alerts.jsonl', ALERT_REMINDER: '1s' }));
    await sentinel('run');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await sentinel('alerts', 'flush');
    await sentinel('incidents', 'ack', 'INC-1');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await sentinel('alerts', 'flush');
    const told = lines(readFileSync(join(cwd, 'alerts.jsonl'), 'utf8'));
    expect(told.map(({ event }) => event)).toEqual(['opened', 'reminder']);
  });

  test('hold back for the digest of the day what is not urgent, and say so', async () => {
    const mail = await smtpReceiver();
    const { sentinel, cwd, receiver } = await openShop(() => ({
      ...{ SMTP_URL: `smtp://ada:t0p-s3cret@127.0.0.1:${mail.port}`, SMTP_TLS: 'none' },
      ...{ ALERT_EMAIL_FROM: 'data@example.org', ALERT_EMAIL_TO: 'ada@example.org' },
    }));
    writeFileSync(join(cwd, 'sentinel.yaml'), 'alerts: { digest: { daily: critical } }\n');
    await sentinel('run');
    expect([events(receiver), mail.mails]).toEqual([['opened'], []]);
    expect((await sentinel('alerts')).stdout).toMatch(/^held +email +INC-1 +opened +.* waits for the day's digest *$/m);
    expect((await sentinel('alerts', 'list', '--json')).stdout).toContain('"state":"held"');
    expect(await sentinel('alerts', 'flush')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`email: 1 alert sent to smtp://127.0.0.1:${mail.port}.\n`),
    });
    expect(mail.mails.map(({ raw }) => readMail(raw).headers.subject)).toEqual([
      '[Sentinel] CRITICAL: 1 alert of the day',
    ]);
    expect((await sentinel('alerts', 'list', '--all')).stdout).toMatch(/^delivered +email +1 alert +digest /m);
    expect((await sentinel('incidents', 'show', '1')).stdout).toMatch(/ alerted +daily digest: email$/m);
  });

  test('that are not configured are no place to route to', async () => {
    const { sentinel, cwd } = await openShop();
    writeFileSync(join(cwd, 'sentinel.yaml'), 'alerts: { routes: [{ sinks: [slack] }] }\n');
    const { code, stdout, stderr } = await sentinel('run');
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toContain('alerts.routes[0].sinks');
    expect(stderr).toContain('set SLACK_WEBHOOK_URL, or remove slack from the route');
  });
});

describe('the heartbeat', () => {
  const heartbeat = ({ origin }: WebhookReceiver) => ({ HEARTBEAT_URL: `${origin}/ping/t0p-s3cret` });
  const beats = ({ requests }: WebhookReceiver) => requests.filter(({ method }) => method === 'GET').length;

  test('comes with each complete run, whatever it found, and with no other', async () => {
    const { receiver, sentinel } = await openShop(heartbeat);
    expect(beats(receiver)).toBe(1);
    expect((await sentinel('run')).code).toBe(1);
    expect((await sentinel('detect')).code).toBe(1);
    expect(beats(receiver)).toBe(3);
    expect((await sentinel('profile')).code).toBe(0); // judges nothing
    expect(beats(receiver)).toBe(3);
  });

  test('is not sent by a run that could not look at everything', async () => {
    const receiver = await webhookReceiver();
    const database = await server.createDatabase();
    const env = settings(
      { batch: database },
      { ...heartbeat(receiver), SENTINEL_SOURCES: 'batch,cdc', CDC_DB_PORT: '1' },
    );
    const cwd = workFolder();
    expect((await runCli(['run'], { cwd, env })).code).toBe(2);
    expect(beats(receiver)).toBe(0);
    expect((await runCli(['run', '--source', 'batch'], { cwd, env })).code).toBe(0);
    expect(beats(receiver)).toBe(1);
  });

  test('that does not arrive is a warning and no more', async () => {
    const { receiver, sentinel } = await openShop(heartbeat);
    receiver.otherwise({ status: 404 });
    const { code, stderr } = await sentinel('run');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^.*WARN.* the heartbeat was not sent: http:.* answered 404 \(Not Found\); check HEARTBEAT_URL/m,
    );
  });
});

describe('alerts', () => {
  test('test sends a sample and says whether it arrived', async () => {
    const { receiver, sentinel } = await openShop();
    const sent = await sentinel('alerts', 'test', 'webhook');
    expect(sent).toMatchObject({ code: 0, stderr: '' });
    expect(sent.stdout).toMatch(/^webhook: a sample alert was delivered to http:\/\/127\.0\.0\.1:\d+ in \d+ ms\.\n$/);
    expect(events(receiver)).toEqual(['test']);
    receiver.answer({ status: 403 });
    const refused = await sentinel('alerts', 'test', 'webhook');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('the sample was not delivered: ');
    expect(await sentinel('alerts', 'test', 'pager')).toMatchObject({
      code: 3,
      stderr: 'there is no sink "pager"; there are: webhook, slack, pagerduty, email, file\n',
    });
  });

  test('that were given up stay, and are sent when a person says so', async () => {
    const { receiver, sentinel } = await openShop();
    receiver.answer({ status: 410 });
    const run = await sentinel('run');
    expect(run.stderr).toContain('1 alert for webhook is given up: ');
    expect((await sentinel('alerts')).stdout).toMatch(/^failed +webhook +INC-1 +opened .* answered 410 \(Gone\)/m);
    expect((await sentinel('run')).stderr).not.toContain('given up'); // said once
    expect(await sentinel('alerts', 'flush')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('0 alerts sent'),
    });
    expect(await sentinel('alerts', 'flush', '--failed')).toMatchObject({
      code: 0,
      stdout: `webhook: 1 alert sent to ${receiver.origin}.\n`,
    });
    expect(events(receiver)).toEqual(['opened', 'opened']);
  });

  test('without a receiver there is nothing to flush or test', async () => {
    const [cwd, env] = [workFolder(), {}];
    for (const [args, settings] of [
      ['flush', 'WEBHOOK_URL, SLACK_WEBHOOK_URL, PAGERDUTY_ROUTING_KEY, ALERT_EMAIL_TO, ALERT_FILE'],
      ['test webhook', 'WEBHOOK_URL'],
      ['test email', 'ALERT_EMAIL_TO'],
    ] as const) {
      const command = ['alerts', ...args.split(' ')];
      const { code, stderr } = await runCli(command, { cwd, env: { ...env, SENTINEL_SOURCES: 'batch' } });
      expect([code, stderr]).toEqual([3, expect.stringContaining(`configured: set ${settings}\n`)]);
    }
  });
});
