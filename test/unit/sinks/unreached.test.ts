import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { email } from '#src/adapters/sinks/email.js';
import { pagerduty } from '#src/adapters/sinks/pagerduty.js';
import { slack } from '#src/adapters/sinks/slack.js';
import { whyUnreached } from '#src/adapters/sinks/unreached.js';
import { webhook } from '#src/adapters/sinks/webhook.js';
import { sampleAlert } from '#src/cli/sample-alert.js';
import type { AlertSettings } from '#src/config/alert-settings.js';
import type { EmailSettings } from '#src/config/email-settings.js';

const alert = sampleAlert('5b0ed0ae-4a1c-4c79-a0a5-2d9d0f6c7a11', new Date('2026-01-02T03:04:05.678Z'));
const KINDS = { webhook, slack, pagerduty, email };

async function said(kind: keyof typeof KINDS, settings: AlertSettings): Promise<string> {
  const outcome = await KINDS[kind].open(settings)!.deliver(alert, AbortSignal.timeout(5_000));
  return 'failure' in outcome ? outcome.failure.message : outcome.result;
}

const mailOf = (changes: Partial<EmailSettings>): AlertSettings => ({
  email: { host: '127.0.0.1', port: 1, tls: 'none', from: 'a@example.org', to: ['b@example.org'], ...changes },
});

async function portOf(server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

test('a receiver that does not speak TLS is said in one line, with what to set', async () => {
  const http = await portOf(createHttpServer((_, answer) => void answer.end()));
  const url = `https://127.0.0.1:${http}/`;
  const words = (setting: string) =>
    `the receiver at 127.0.0.1:${http} does not speak TLS there; set ${setting} to http://…, or to a port where it does`;
  expect(await said('webhook', { webhookUrl: url })).toBe(words('WEBHOOK_URL'));
  expect(await said('slack', { slackWebhookUrl: url })).toBe(words('SLACK_WEBHOOK_URL'));
  expect(await said('pagerduty', { pagerdutyUrl: url, pagerdutyRoutingKey: 'x' })).toBe(words('PAGERDUTY_URL'));
  const smtp = await portOf(
    createServer((socket) => void socket.on('error', () => undefined).write('220 mail.example.org\r\n')),
  );
  expect(await said('email', mailOf({ port: smtp, tls: 'tls' }))).toMatch(
    new RegExp(`^the receiver at 127.0.0.1:${smtp} does not speak TLS there; set SMTP_TLS=starttls, [^\\n]*$`),
  );
});

test('where nothing is, the variable to correct is named', async () => {
  const address = 'http://127.0.0.1:1';
  const at = (setting: string, place = address) =>
    `nothing listens at ${place}; check ${setting}, and that the receiver runs`;
  expect(await said('webhook', { webhookUrl: `${address}/` })).toBe(at('WEBHOOK_URL'));
  expect(await said('pagerduty', { pagerdutyUrl: `${address}/`, pagerdutyRoutingKey: 'x' })).toBe(at('PAGERDUTY_URL'));
  expect(await said('email', mailOf({}))).toBe(at('SMTP_HOST and SMTP_PORT, or SMTP_URL', 'smtp://127.0.0.1:1'));
  const unknown = await said('webhook', { webhookUrl: 'http://nowhere.invalid/' });
  expect(unknown).toMatch(/^the name of http:\/\/nowhere.invalid is not found \(\w+\); check WEBHOOK_URL$/);
});

test.each([
  ['SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate', /not trusted; set CA to/],
  ['CERT_HAS_EXPIRED', 'certificate has expired', /^the certificate of h:1, .* has expired/],
  [
    'EPROTO',
    'write EPROTO 80:error:0A:SSL routines:f:sslv3 alert handshake failure:f.c:1:\n',
    /^TLS with h:1 failed \(sslv3 alert handshake failure\); check URL, [^\n]*$/,
  ],
  ['ERR_SSL_X', 'no words', /^TLS with h:1 failed \(ERR_SSL_X\); check URL/],
])('of TLS, %s is one line', (code, message, words) => {
  const receiver = { at: 'https://h:1', host: 'h:1', setting: 'URL', authorities: 'CA', withoutTls: '' };
  expect(whyUnreached(code, message, receiver)).toMatch(words);
});
