import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { AlertSettings } from '#src/config/alert-settings.js';
import type { SinkName } from '#src/contract/alert-delivery.js';
import { readMail, smtpReceiver } from './smtp-receiver.js';
import { type Answer, webhookReceiver } from './webhook-receiver.js';

/** Parts of the settings below that nobody may see. */
export const SECRETS = /t0p-s3cret|passw0rd|s1gning-key|r0uting-key/;

/** A real destination of the tests, and the settings by which a sink reaches it. */
export interface Destination {
  readonly settings: AlertSettings;
  /** As a sink names it. */
  readonly name: string;
  /** What was taken, decoded, in order. */
  taken(): string[];
  /** Nothing is there any more, until `up`. */
  down(): Promise<void>;
  up(): Promise<void>;
  /** Ways in which it does not take what comes, for one attempt each, and which pass. */
  readonly trouble: Readonly<Record<string, () => void>>;
  /** It takes its time with the next. */
  slow?(ms: number): void;
}

/** What each kind of sink sends to; one that has no entry here fails. */
export const DESTINATIONS: Readonly<Record<SinkName, () => Promise<Destination>>> = {
  webhook: () =>
    httpDestination((url) => ({
      webhookUrl: url.replace('http://', 'http://ada:passw0rd@'),
      webhookSecret: 's1gning-key',
    })),
  slack: () => httpDestination((url) => ({ slackWebhookUrl: url })),
  pagerduty: () => httpDestination((url) => ({ pagerdutyUrl: url, pagerdutyRoutingKey: 'r0uting-key' })),
  email: emailDestination,
  file: fileDestination,
};

async function httpDestination(settingsOf: (url: string) => AlertSettings): Promise<Destination> {
  const receiver = await webhookReceiver();
  const once = (answer: Answer) => () => receiver.answer(answer);
  return {
    settings: settingsOf(receiver.url),
    name: receiver.origin,
    taken: () => receiver.requests.flatMap(({ answered, body }) => (answered !== null && answered < 300 ? [body] : [])),
    down: receiver.down,
    up: receiver.up,
    trouble: {
      '500': once({ status: 500 }),
      '429': once({ status: 429, headers: { 'Retry-After': '0' } }),
      'a connection closed early': once('close'),
    },
    slow: (afterMs) => receiver.answer({ status: 200, afterMs }),
  };
}

export const ADDRESSES = { from: 'Sentinel <data@example.org>', to: ['ada@example.org', 'bob@example.org'] } as const;

async function emailDestination(): Promise<Destination> {
  const receiver = await smtpReceiver();
  const login = { user: 'ada', password: 't0p-s3cret' };
  return {
    settings: { email: { host: '127.0.0.1', port: receiver.port, tls: 'none', ...login, ...ADDRESSES } },
    name: `smtp://127.0.0.1:${receiver.port}`,
    taken: () => receiver.mails.map(({ raw }) => Object.values(readMail(raw)).map(String).join('\n')),
    down: receiver.down,
    up: receiver.up,
    trouble: {
      '421 in place of a greeting': () => receiver.answer({ greeting: 421 }),
      '451 for the sender': () => receiver.answer({ sender: 451 }),
      '451 for the mail': () => receiver.answer({ mail: 451 }),
      '454 for the login': () => receiver.answer({ login: 454 }),
      'a connection closed at once': () => receiver.answer({ greeting: 'close' }),
      'a connection closed in the middle of the mail': () => receiver.answer({ mail: 'close' }),
    },
    slow: (afterMs) => receiver.answer({ afterMs }),
  };
}

async function fileDestination(): Promise<Destination> {
  const folder = mkdtempSync(join(tmpdir(), 'sentinel-alerts-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'kept', 'alerts.jsonl');
  const destination = join(folder, 'kept');
  const away = join(folder, 'away');
  mkdirSync(destination);
  return {
    settings: { alertFile: path },
    name: path,
    taken: () => readFileSync(path, { encoding: 'utf8', flag: 'a+' }).split('\n').slice(0, -1),
    down: async () => renameSync(destination, away),
    up: async () => renameSync(away, destination),
    trouble: {},
  };
}
