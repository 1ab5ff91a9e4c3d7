import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSinks } from '#src/adapters/sinks/index.js';
import { sampleAlert } from '#src/cli/sample-alert.js';
import { alertSchema } from '../../support/alert-schema.js';
import { webhookReceiver } from '../../support/webhook-receiver.js';

/** The example of docs/alerts.md, as a receiver would copy it. */
async function documented(): Promise<(headers: object, body: string, secret: string, now?: number) => boolean> {
  const page = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'alerts.md'), 'utf8');
  const code = /```js\n([\s\S]*?)```/.exec(page)![1]!;
  return (await import(`data:text/javascript,${encodeURIComponent(code)}`)).isFromSentinel;
}

const alert = sampleAlert('5b0ed0ae-4a1c-4c79-a0a5-2d9d0f6c7a11', new Date());

test('a signed alert is what the documented example accepts, and nothing else is', async () => {
  const isFromSentinel = await documented();
  const receiver = await webhookReceiver();
  const [sink] = openSinks({ webhookUrl: receiver.url, webhookSecret: 'k3y 🐘' });
  const umlauts = { ...alert, incident: { ...alert.incident, title: 'größer 🐘' } };
  await sink!.deliver(umlauts, AbortSignal.timeout(5_000));
  const [{ headers, body }] = receiver.requests as [(typeof receiver.requests)[number]];
  expect(isFromSentinel(headers, body, 'k3y 🐘')).toBe(true);
  expect(isFromSentinel(headers, body, 'another')).toBe(false);
  expect(isFromSentinel(headers, `${body} `, 'k3y 🐘')).toBe(false);
  expect(isFromSentinel({ ...headers, 'x-sentinel-timestamp': '1' }, body, 'k3y 🐘', 1)).toBe(false);
  expect(isFromSentinel(headers, body, 'k3y 🐘', Date.now() / 1000 + 600)).toBe(false);
  expect(isFromSentinel({}, body, 'k3y 🐘')).toBe(false);
});

test('without a secret nothing is signed, which is said', async () => {
  const receiver = await webhookReceiver();
  const [sink] = openSinks({ webhookUrl: receiver.url });
  await sink!.deliver(alert, AbortSignal.timeout(5_000));
  expect(receiver.requests[0]!.headers).not.toHaveProperty('x-sentinel-signature');
  expect(sink!.remarks).toEqual(['not signed, as WEBHOOK_SECRET is not set']);
});

test('the sample is an alert like any other', () => {
  expect(alertSchema.safeParse(JSON.parse(JSON.stringify(alert))).error).toBeUndefined();
});
