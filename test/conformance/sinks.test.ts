import { describe, expect, test } from 'vitest';
import { SINKS } from '#src/adapters/sinks/index.js';
import type { Sink } from '#src/adapters/sinks/sink.js';
import { sampleAlert } from '#src/cli/sample-alert.js';
import { SINK_NAMES } from '#src/contract/alert-delivery.js';
import { digestOf } from '#src/core/incidents/digest.js';
import type { Alert, AlertMessage } from '#src/core/model/alert.js';
import { alertSchema } from '../support/alert-schema.js';
import { DESTINATIONS, type Destination, SECRETS } from '../support/destinations.js';
import { type Answer, webhookReceiver } from '../support/webhook-receiver.js';

const alert = sampleAlert('5b0ed0ae-4a1c-4c79-a0a5-2d9d0f6c7a11', new Date('2026-01-02T03:04:05.678Z'));
const EVENTS = ['opened', 'worsened', 'reopened', 'reminder', 'resolved', 'test'] as const;

/** An alert with content that is out to break what it is set in. */
function hostile(length: number): Alert {
  const title = `"; drop table\n.\r\n\u0000\u2028 <!channel> </p> 🐘 ${'x'.repeat(length)}`;
  const tables = [{ schema: 'a"b', table: '<b>&\n@here' }];
  return {
    ...alert,
    incident: { ...alert.incident, title, tables, owners: ['<script>', 'a\r\nBcc: eve@example.org'] },
  };
}

const digests = (['storm', 'daily', 'over'] as const).map((kind) => {
  const many = Array.from({ length: 70 }, (_, i) => ({ ...alert, incident: { ...alert.incident, id: `INC-${i}` } }));
  const { id, at, run, actor, store, links } = alert;
  return digestOf([hostile(10), ...many], { id, kind, at, run, actor, store, links });
});

test('every sink has a name and a setting of its own', () => {
  expect(SINKS.map(({ name }) => name).sort()).toEqual([...SINK_NAMES].sort());
  for (const { setting } of SINKS) expect(setting).toMatch(/^[A-Z_]+$/);
  expect(new Set(SINKS.map(({ setting }) => setting)).size).toBe(SINKS.length);
});

test('what is sent is what the schema says', () => {
  for (const message of [alert, hostile(10), ...digests])
    expect(alertSchema.safeParse(JSON.parse(JSON.stringify(message))).error).toBeUndefined();
});

describe.each(SINKS)('the sink $name', (kind) => {
  const open = ({ settings }: Pick<Destination, 'settings'>): Sink => kind.open(settings)!;
  const deliver = (sink: Sink, of: AlertMessage = alert, timeoutMs = 5_000) =>
    sink.deliver(of, AbortSignal.timeout(timeoutMs));

  test('is there where it is configured, and names its destination without a secret', async () => {
    expect(kind.open({})).toBeNull();
    const destination = await DESTINATIONS[kind.name]();
    const sink = open(destination);
    expect(sink).toMatchObject({ name: kind.name, destination: destination.name });
    expect(JSON.stringify([sink.destination, sink.remarks])).not.toMatch(SECRETS);
  });

  test('delivers every kind of message, once', async () => {
    const destination = await DESTINATIONS[kind.name]();
    const sink = open(destination);
    const messages = [...EVENTS.map((event) => ({ ...alert, event })), ...digests];
    for (const message of messages)
      expect(await deliver(sink, message), message.event).toEqual({ result: 'delivered' });
    expect(destination.taken()).toHaveLength(messages.length);
  });

  test('delivers what comes at the same time, each whole', async () => {
    const destination = await DESTINATIONS[kind.name]();
    const sink = open(destination);
    const ids = Array.from({ length: 8 }, (_, i) => `5b0ed0ae-4a1c-4c79-a0a5-${String(i).padStart(12, '0')}`);
    const outcomes = await Promise.all(ids.map((id) => deliver(sink, { ...alert, id })));
    expect(outcomes).toEqual(ids.map(() => ({ result: 'delivered' })));
    expect(destination.taken()).toHaveLength(ids.length);
  });

  test('tries again later where nothing is there, and delivers when it is back', async () => {
    const destination = await DESTINATIONS[kind.name]();
    const sink = open(destination);
    await destination.down();
    const outcome = await deliver(sink);
    expect(outcome).toMatchObject({ result: 'retry', failure: { code: expect.stringMatching(/^E[A-Z]+$/) } });
    expect(JSON.stringify(outcome)).not.toMatch(SECRETS);
    await destination.up();
    expect(await deliver(sink)).toEqual({ result: 'delivered' });
    expect(destination.taken()).toHaveLength(1);
  });

  test('tries again later after trouble that passes', async () => {
    const destination = await DESTINATIONS[kind.name]();
    const sink = open(destination);
    for (const [trouble, begin] of Object.entries(destination.trouble)) {
      begin();
      const outcome = await deliver(sink);
      expect(outcome, trouble).toMatchObject({ result: 'retry', failure: { message: expect.stringMatching(/\S/) } });
      expect(JSON.stringify(outcome)).not.toMatch(SECRETS);
    }
    expect(destination.taken()).toEqual([]);
    expect(await deliver(sink)).toEqual({ result: 'delivered' });
  });

  test('waits for one that is slow, and no longer than it is told', async () => {
    const destination = await DESTINATIONS[kind.name]();
    if (!destination.slow) return; // a file
    destination.slow(200);
    expect(await deliver(open(destination))).toEqual({ result: 'delivered' });
    destination.slow(60_000);
    expect(await deliver(open(destination), alert, 300)).toMatchObject({
      result: 'retry',
      failure: { code: 'timeout' },
    });
  });

  test('delivers hostile and large content', async () => {
    const destination = await DESTINATIONS[kind.name]();
    expect(await deliver(open(destination), hostile(500_000))).toEqual({ result: 'delivered' });
    expect(destination.taken()).toHaveLength(1);
  });
});

describe.each(SINKS.filter(({ name }) => ['webhook', 'slack', 'pagerduty'].includes(name)))(
  'the sink $name, by HTTP,',
  (kind) => {
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
      const settings = { pagerdutyRoutingKey: 'r0uting-key', pagerdutyUrl: receiver.url };
      const sink = kind.open({ webhookUrl: receiver.url, slackWebhookUrl: receiver.url, ...settings })!;
      receiver.answer(answer);
      const given = await sink.deliver(alert, AbortSignal.timeout(5_000));
      expect(given).toMatchObject(outcome);
      expect(JSON.stringify(given)).not.toMatch(SECRETS);
      expect(receiver.requests).toHaveLength(1);
    });
  },
);
