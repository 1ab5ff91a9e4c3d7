import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { alertPlan } from '#src/config/alert-plan.js';
import { type Config, configSecrets, loadConfig, maskedConfig } from '#src/config/config.js';
import { ConfigError, type Problem } from '#src/config/problem.js';
import { parsePolicy } from '#src/config/yaml-policy.js';
import type { AlertFacts, PlannedSink } from '#src/core/incidents/alert-plan.js';

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'sentinel-config-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

const MAIL = {
  SMTP_HOST: 'mail.example.org',
  ALERT_EMAIL_FROM: 'Sentinel <data@example.org>',
  ALERT_EMAIL_TO: 'ada@example.org, bob@example.org',
};
const policy = (text: string) => writeFileSync(join(cwd, 'sentinel.yaml'), text);
const load = (env: Record<string, string> = {}): Config => loadConfig({ cwd, env });
function problemsOf(env: Record<string, string> = {}): readonly string[] {
  try {
    load(env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ setting, fix }) => `${setting}: ${fix}`);
  }
}

describe('the mail server', () => {
  test.each([
    [{}, { host: 'mail.example.org', port: 587, tls: 'starttls' }],
    [{ SMTP_TLS: 'tls' }, { port: 465, tls: 'tls' }],
    [
      { SMTP_TLS: 'none', SMTP_PORT: '25' },
      { port: 25, tls: 'none' },
    ],
    [
      { SMTP_USER: 'ada', SMTP_PASSWORD: 's3cret' },
      { user: 'ada', password: 's3cret' },
    ],
    [
      { SMTP_HOST: '', SMTP_URL: 'smtp://a%40b:p%2Fw@h' },
      { host: 'h', port: 587, user: 'a@b', password: 'p/w' },
    ],
    [
      { SMTP_HOST: '', SMTP_URL: 'smtps://h' },
      { host: 'h', port: 465, tls: 'tls' },
    ],
    [
      { SMTP_HOST: '', SMTP_URL: 'smtp://ada@[::1]:2525', SMTP_PASSWORD: 'x' },
      { host: '::1', port: 2525, password: 'x' },
    ],
  ])('with %o is what it says', (env, expected) => {
    const { email } = load({ ...MAIL, ...env }).alerts;
    expect(email).toMatchObject(expected);
    expect(email).toMatchObject({ from: MAIL.ALERT_EMAIL_FROM, to: ['ada@example.org', 'bob@example.org'] });
  });

  test.each([
    [{ ALERT_EMAIL_FROM: '' }, 'ALERT_EMAIL_FROM'],
    [{ ALERT_EMAIL_TO: '' }, 'ALERT_EMAIL_TO'],
    [{ SMTP_HOST: '' }, 'SMTP_HOST'],
    [{ SMTP_URL: 'smtp://h' }, 'SMTP_HOST'],
    [{ SMTP_PASSWORD: 'x' }, 'SMTP_USER'],
    [{ SMTP_USER: 'a', SMTP_PASSWORD: 'x', SMTP_PASSWORD_FILE: 'y' }, 'SMTP_PASSWORD_FILE'],
    [{ SMTP_USER: 'a', SMTP_PASSWORD_FILE: 'nowhere' }, 'SMTP_PASSWORD_FILE'],
    [{ SMTP_SSLROOTCERT: 'nowhere' }, 'SMTP_SSLROOTCERT'],
    [{ ALERT_EMAIL_TO: 'ada@example.org,ada@example.org' }, 'ALERT_EMAIL_TO'],
    [{ ALERT_EMAIL_TO: 'ada' }, 'ALERT_EMAIL_TO'],
    [{ ALERT_EMAIL_FROM: 'a@b, c@d' }, 'ALERT_EMAIL_FROM'],
    [{ SMTP_TLS: 'maybe' }, 'SMTP_TLS'],
  ])('is refused with %o', (env, setting) => {
    const [problem] = problemsOf({ ...MAIL, ...env });
    expect(problem?.split(':')[0]).toBe(setting);
  });

  test.each([
    [{ ALERT_EMAIL_TO: 'not an address' }, 'ALERT_EMAIL_TO'],
    [{ ALERT_EMAIL_FROM: 'not an address' }, 'ALERT_EMAIL_FROM'],
    [{ SMTP_HOST: '', SMTP_URL: 'http://h' }, 'SMTP_URL'],
    [{ SMTP_HOST: 'http://h/' }, 'SMTP_HOST'],
  ])('with one wrong value, %o, has one problem', (env, setting) => {
    policy('alerts: { routes: [{ sinks: [email] }] }');
    expect(problemsOf({ ...MAIL, ...env }).map((problem) => problem.split(':')[0])).toEqual([setting]);
  });

  test('is no matter where nobody gets mail: its variables may be those of another program', () => {
    expect(load({ SMTP_HOST: 'x', SMTP_PORT: '25' }).alerts.email).toBeUndefined();
  });

  test('is encrypted in production, off loopback', () => {
    const production = (host: string) =>
      problemsOf({ ...MAIL, SENTINEL_ENV: 'production', SMTP_HOST: host, SMTP_TLS: 'none' });
    expect(production('mail.example.org')).toContainEqual(expect.stringMatching(/^SMTP_TLS: set SMTP_TLS=starttls/));
    expect(production('127.0.0.1')).not.toContainEqual(expect.stringMatching(/^SMTP_TLS/));
  });

  test('has its password from a file, and no password is shown', () => {
    mkdirSync(join(cwd, 'run'));
    writeFileSync(join(cwd, 'run', 'smtp'), 'top-secret-1\n');
    const config = load({
      ...{ ...MAIL, SMTP_USER: 'ada', SMTP_PASSWORD_FILE: 'run/smtp', PAGERDUTY_ROUTING_KEY: 'top-secret-2' },
      ...{ SLACK_WEBHOOK_URL: 'https://hooks.slack.com/services/top-secret-3' },
    });
    expect(config.alerts.email).toMatchObject({ password: 'top-secret-1' });
    expect(configSecrets(config)).toEqual(expect.arrayContaining(['top-secret-1', 'top-secret-2', 'top-secret-3']));
    expect(configSecrets(config)).not.toContain('ada@example.org');
    expect(JSON.stringify(maskedConfig(config))).not.toContain('top-secret');
  });
});

test('a reminder is a duration, or off', () => {
  expect(load().alerts.reminderMs).toBe(86_400_000);
  expect(load({ ALERT_REMINDER: '90m' }).alerts.reminderMs).toBe(5_400_000);
  expect(load({ ALERT_REMINDER: 'off' }).alerts.reminderMs).toBeNull();
  expect(problemsOf({ ALERT_REMINDER: '0' })).toHaveLength(1);
});

describe('a route', () => {
  const sinks: readonly PlannedSink[] = [
    { name: 'slack', reader: 'person' },
    { name: 'pagerduty', reader: 'pager' },
    { name: 'file', reader: 'program' },
  ];
  const configured = { SLACK_WEBHOOK_URL: 'https://h/x', PAGERDUTY_ROUTING_KEY: 'k', ALERT_FILE: 'alerts.jsonl' };
  const facts = (table: string, changes: Partial<AlertFacts> = {}): AlertFacts => ({
    ...{ severity: 'warn', source: 'batch', tables: [{ schema: 'sales', table }], owners: [] },
    ...changes,
  });

  test('leads nowhere else: every alert goes to the sinks of all routes that it meets', () => {
    policy(`
tables:
  - { match: sales.orders, owner: Sales }
  - { match: sales.*, owner: Others }
  - { match: sales.customers, freshness: 1h }
alerts:
  routes:
    - { severity: critical, sinks: [pagerduty] }
    - { owner: Sales, sinks: [slack] }
    - { source: batch, table: 'batch.sales.*', sinks: [file, slack] }
`);
    const { route, ownersOf } = alertPlan(load(configured), sinks);
    const to = (of: AlertFacts) => [...route(of)].sort();
    expect(to(facts('orders'))).toEqual(['file', 'slack']);
    expect(to(facts('orders', { severity: 'critical' }))).toEqual(['file', 'pagerduty', 'slack']);
    expect(to(facts('orders', { source: 'cdc' }))).toEqual([]);
    expect(to(facts('x', { source: 'cdc', owners: ['Sales'] }))).toEqual(['slack']);
    expect(to(facts('x', { source: 'cdc', severity: 'critical', tables: [] }))).toEqual(['pagerduty']);
    const both = ['orders', 'customers', 'orders'].map((table) => ({ schema: 'sales', table }));
    expect(ownersOf('batch', both)).toEqual(['Others', 'Sales']);
    expect(ownersOf('batch', [])).toEqual([]);
  });

  test('is not needed: without any, every sink gets every alert', () => {
    const { route } = alertPlan(load(configured), sinks);
    expect([...route(facts('x'))]).toEqual(['slack', 'pagerduty', 'file']);
    policy('alerts: { routes: [] }');
    expect([...alertPlan(load(configured), sinks).route(facts('x'))]).toEqual([]);
  });

  test('to what there is not is refused, with what to do', () => {
    policy('alerts: { routes: [{ sinks: [slack] }, { source: other, sinks: [file] }] }');
    expect(problemsOf({ ALERT_FILE: 'x' })).toEqual([
      'alerts.routes[0].sinks: set SLACK_WEBHOOK_URL, or remove slack from the route',
      'alerts.routes[1].source: correct it, or add it to SENTINEL_SOURCES',
    ]);
    policy('alerts: { routes: [{ sinks: [pager] }] }');
    expect(problemsOf(configured)).toEqual(['alerts.routes[0].sinks[0]: use one of these']);
    policy('alerts: { routes: [{ sinks: [] }], digest: { dailyAt: 24:00 } }');
    expect(problemsOf(configured)).toHaveLength(2);
  });
});

test('the examples of docs/alerts.md are taken', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'alerts.md'), 'utf8');
  const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => text!);
  expect(examples).toHaveLength(2);
  for (const example of examples) {
    const problems: Problem[] = [];
    parsePolicy(example, problems);
    expect(problems).toEqual([]);
  }
  const mail = /```sh\n([\s\S]*?)```/.exec(page)![1]!;
  writeFileSync(join(cwd, 'smtp'), 'top-secret-1');
  writeFileSync(join(cwd, '.env'), mail.replace('/run/secrets/', ''));
  expect(load().alerts.email).toMatchObject({ host: 'mail.example.org', user: 'data', password: 'top-secret-1' });
});

test('alerts link to the report where people can open it', () => {
  const links = (url: string) => alertPlan(load({ REPORT_URL: url }), []).linksTo;
  expect(links('https://data.example.org/report.html#/')('INC-3')).toEqual({
    incident: 'https://data.example.org/report.html#/incident/INC-3',
  });
  expect(links('https://data.example.org')(null)).toEqual({ report: 'https://data.example.org' });
  expect(alertPlan(load(), []).linksTo('INC-3')).toEqual({});
});
