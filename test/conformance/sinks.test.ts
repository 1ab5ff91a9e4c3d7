import { describe, expect, test } from 'vitest';
import { SINKS } from '#src/adapters/sinks/index.js';
import type { Sink } from '#src/adapters/sinks/sink.js';
import { sampleAlert } from '#src/cli/sample-alert.js';
import type { AlertSettings } from '#src/config/config.js';
import type { Alert } from '#src/core/model/alert.js';
import { type Answer, type WebhookReceiver, webhookReceiver } from '../support/webhook-receiver.js';

/** What a kind of sink needs to send to a receiver of the tests; one that has no entry here fails. */
const SETTINGS: Readonly<Record<string, (receiver: WebhookReceiver) => AlertSettings>> = {
  webhook: ({ url }) => ({ webhookUrl: url.replace('http://', 'http://ada:passw0rd@'), webhookSecret: 's1gning-key' }),
};
/** Parts of those settings that nobody may see. */
const SECRETS = /t0p-s3cret|passw0rd|s1gning-key/;

const alert = sampleAlert('5b0ed0ae-4a1c-4c79-a0a5-2d9d0f6c7a11', new Date('2026-01-02T03:04:05.678Z'));

test('every sink has a name and a setting of its own', () => {
  expect(new Set(SINKS.map(({ name }) => name)).size).toBe(SINKS.length);
  expect(SINKS.map(({ name }) => name).filter((name) => SETTINGS[name] === undefined)).toEqual([]);
  for (const { setting } of SINKS) expect(setting).toMatch(/^[A-Z_]+$/);
});

describe.each(SINKS)('the sink $name', (kind) => {
  const open = (receiver: WebhookReceiver): Sink => kind.open(SETTINGS[kind.name]!(receiver))!;
  const deliver = (sink: Sink, of: Alert = alert, timeoutMs = 5_000) =>
    sink.deliver(of, AbortSignal.timeout(timeoutMs));

  test('is there where it is configured, and names its destination without a secret', async () => {
    expect(kind.open({})).toBeNull();
    const receiver = await webhookReceiver();
    const sink = open(receiver);
    expect(sink).toMatchObject({ name: kind.name, destination: receiver.origin });
    expect(JSON.stringify([sink.destination, sink.remarks])).not.toMatch(SECRETS);
  });

  test.each<[string, Answer, object]>([
    ['takes it', { status: 200 }, { result: 'delivered' }],
    ['takes it for later', { status: 202 }, { result: 'delivered' }],
    ['breaks off its answer', 'cut', { result: 'delivered' }],
    ['hangs up', 'close', { result: 'retry', failure: { code: 'ECONNRESET' } }],
    ['is broken', { status: 500 }, { result: 'retry', failure: { code: 'http_500' } }],
    ['is away', { status: 503, headers: { 'Retry-After': '7' } }, { result: 'retry', retryAfterMs: 7_000 }],
    ['is busy', { status: 429, headers: { 'Retry-After': '0' } }, { result: 'retry', retryAfterMs: 0 }],
    ['refuses it', { status: 401 }, { result: 'failed', failure: { code: 'http_401' } }],
    ['is elsewhere', { status: 308, headers: { Location: 'http://127.0.0.1:1/' } }, { result: 'failed' }],
  ])('knows what to do where the receiver %s', async (_, answer, outcome) => {
    const receiver = await webhookReceiver();
    receiver.answer(answer);
    const given = await deliver(open(receiver));
    expect(given).toMatchObject(outcome);
    expect(JSON.stringify(given)).not.toMatch(SECRETS);
    expect(receiver.requests).toHaveLength(1);
  });

  test('tries again later where nobody listens or nobody answers, and waits no longer than it is told', async () => {
    const receiver = await webhookReceiver();
    receiver.answer('hang');
    expect(await deliver(open(receiver), alert, 100)).toMatchObject({ result: 'retry', failure: { code: 'timeout' } });
    await receiver.down();
    const refused = await deliver(open(receiver));
    expect(refused).toMatchObject({ result: 'retry', failure: { code: 'ECONNREFUSED' } });
    expect(JSON.stringify(refused)).not.toMatch(SECRETS);
  });

  test('delivers hostile and large content as it is', async () => {
    const receiver = await webhookReceiver();
    const title = `"; drop table\n\u0000\u2028 🐘 ${'x'.repeat(500_000)}`;
    await deliver(open(receiver), { ...alert, incident: { ...alert.incident, title } });
    expect(receiver.requests[0]!.body).toContain(JSON.stringify(title).slice(1, -1));
  });
});
