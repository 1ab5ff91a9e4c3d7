import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { email } from '#src/adapters/sinks/email.js';
import { sampleAlert } from '#src/cli/sample-alert.js';
import type { EmailSettings } from '#src/config/email-settings.js';
import type { DeliveryProgress } from '#src/contract/alert-delivery.js';
import type { AlertMessage } from '#src/core/model/alert.js';
import { type Authority, createAuthority, opensslIsHere } from '../support/certificates.js';
import { ADDRESSES, SECRETS } from '../support/destinations.js';
import { readMail, type SmtpReceiver, smtpReceiver } from '../support/smtp-receiver.js';

const alert = sampleAlert('5b0ed0ae-4a1c-4c79-a0a5-2d9d0f6c7a11', new Date('2026-01-02T03:04:05.678Z'));
const [ADA, BOB] = ADDRESSES.to;

let folder: string | undefined;
let authority: Authority;
let certificate: { readonly key: Buffer; readonly cert: Buffer };
beforeAll(() => {
  if (!opensslIsHere()) return;
  folder = mkdtempSync(join(tmpdir(), 'sentinel-smtp-'));
  authority = createAuthority(folder, 'authority');
  const { key, cert } = authority.issue('mail', { names: 'DNS:localhost,IP:127.0.0.1' });
  certificate = { key: readFileSync(key), cert: readFileSync(cert) };
});
afterAll(() => folder && rmSync(folder, { recursive: true }));

function sinkFor({ port }: SmtpReceiver, changes: Partial<EmailSettings> = {}) {
  const sink = email.open({ email: { host: '127.0.0.1', port, tls: 'none', ...ADDRESSES, ...changes } })!;
  return {
    ...sink,
    send: async (progress: DeliveryProgress | null = null, message: AlertMessage = alert, timeoutMs = 5_000) => {
      const outcome = await sink.deliver(message, AbortSignal.timeout(timeoutMs), progress);
      expect(JSON.stringify(outcome)).not.toMatch(SECRETS);
      return outcome;
    },
  };
}

describe('a mail', () => {
  test('says what is wrong as text and as HTML, to all recipients', async () => {
    const receiver = await smtpReceiver();
    const { incident } = alert;
    const title = 'orders <b>is</b> empty & größer 🐘.';
    const links = { incident: 'https://data.example.org/#/incident/INC-0?a&b' };
    await sinkFor(receiver).send(null, { ...alert, event: 'opened', links, incident: { ...incident, title } });
    const [mail] = receiver.mails;
    expect(mail!.to).toEqual(ADDRESSES.to);
    const { headers, text, html } = readMail(mail!.raw);
    expect(headers).toMatchObject({
      from: 'Sentinel <data@example.org>',
      to: 'ada@example.org, bob@example.org',
      subject: '[Sentinel] WARN: INC-0 in batch.sales.orders',
      'auto-submitted': 'auto-generated',
      'x-sentinel-event': 'opened',
    });
    expect(text).toContain(`${title}\n${incident.cause}\n`);
    expect(text).toMatch(/^Owner +Sales data$/m);
    expect(text).toContain(`Open the incident: ${links.incident}`);
    expect(html).toContain('orders &lt;b&gt;is&lt;/b&gt; empty &amp; größer 🐘.');
    expect(html).toContain('<a href="https://data.example.org/#/incident/INC-0?a&amp;b">Open the incident</a>');
  });

  test('that is only a test says so in its subject', async () => {
    const receiver = await smtpReceiver();
    await sinkFor(receiver).send();
    expect(readMail(receiver.mails[0]!.raw).headers.subject).toBe('[Sentinel] TEST: WARN: INC-0 in batch.sales.orders');
  });

  test('has the same Message-ID in every attempt, and one thread for each incident', async () => {
    const receiver = await smtpReceiver();
    const sink = sinkFor(receiver);
    const other = { ...alert, id: 'd4b0b3a2-0000-4c79-a0a5-2d9d0f6c7a11' };
    for (const message of [alert, alert, { ...other, event: 'resolved' as const }]) await sink.send(null, message);
    const headers = receiver.mails.map(({ raw }) => readMail(raw).headers);
    expect(headers.map((each) => each['message-id'])).toEqual([
      `<${alert.id}@example.org>`,
      `<${alert.id}@example.org>`,
      `<${other.id}@example.org>`,
    ]);
    expect(new Set(headers.map(({ references }) => references))).toEqual(
      new Set([`<INC-0.${alert.store}@example.org>`]),
    );
  });

  test('gets no header from what an incident is called', async () => {
    const receiver = await smtpReceiver();
    const tables = [{ schema: 'a\r\nBcc: eve@example.org', table: 'b\r\n\r\nbody' }];
    await sinkFor(receiver).send(null, { ...alert, incident: { ...alert.incident, tables } });
    expect(readMail(receiver.mails[0]!.raw).headers).not.toHaveProperty('bcc');
  });
});

describe('the connection', () => {
  test.skipIf(!opensslIsHere()).each(['starttls', 'tls'] as const)(
    'is encrypted with %s, and the server has to prove who it is',
    async (tls) => {
      const receiver = await smtpReceiver({ ...certificate, secure: tls === 'tls' });
      const login = { user: 'ada', password: 't0p-s3cret' };
      const sink = sinkFor(receiver, { tls, ...login, sslRootCert: authority.file });
      expect(await sink.send()).toEqual({ result: 'delivered' });
      expect(receiver.mails).toMatchObject([{ isEncrypted: true, user: 'ada' }]);
      const untrusted = await sinkFor(receiver, { tls, ...login }).send();
      expect(untrusted).toMatchObject({
        result: 'retry',
        failure: { message: expect.stringContaining('certificate') },
      });
      const elsewhere = await sinkFor(receiver, { tls, ...login, sslRootCert: '/nowhere' }).send();
      expect(elsewhere).toMatchObject({
        result: 'failed',
        failure: { message: 'the file of SMTP_SSLROOTCERT is gone' },
      });
      expect(receiver.passwords).toHaveLength(1);
    },
  );

  test('is not used where it would not be encrypted as it is wished: no password is said', async () => {
    const receiver = await smtpReceiver();
    const sink = sinkFor(receiver, { tls: 'starttls', user: 'ada', password: 't0p-s3cret' });
    expect(await sink.send()).toMatchObject({
      result: 'failed',
      failure: {
        message: expect.stringMatching(/does not encrypt by STARTTLS \(50\d\); set SMTP_TLS to tls, or to none/),
      },
    });
    expect([receiver.passwords, receiver.mails]).toEqual([[], []]);
  });

  test('that is not encrypted is told of', async () => {
    const receiver = await smtpReceiver();
    expect(sinkFor(receiver).remarks).toEqual(['not encrypted, as SMTP_TLS is none']);
    expect(sinkFor(receiver, { tls: 'tls' }).remarks).toEqual([]);
  });

  test('with a wrong password is given up, with a login that fails for the time being it is not', async () => {
    const receiver = await smtpReceiver();
    expect(await sinkFor(receiver, { user: 'ada', password: 'passw0rd' }).send()).toMatchObject({
      result: 'failed',
      failure: { code: 'smtp_535', message: expect.stringMatching(/ refused the login \(535\); check SMTP_USER and/) },
    });
    receiver.answer({ login: 454 });
    expect(await sinkFor(receiver, { user: 'ada', password: 't0p-s3cret' }).send()).toMatchObject({ result: 'retry' });
  });
});

test('a password in a file is read for each mail: it may be changed meanwhile', async () => {
  const receiver = await smtpReceiver();
  const place = mkdtempSync(join(tmpdir(), 'sentinel-smtp-'));
  onTestFinished(() => rmSync(place, { recursive: true }));
  const passwordFile = join(place, 'password');
  const sink = sinkFor(receiver, { user: 'ada', password: 'passw0rd', passwordFile });
  expect(await sink.send()).toMatchObject({ result: 'retry', failure: { code: 'no_password' } });
  writeFileSync(passwordFile, 't0p-s3cret\n');
  expect(await sink.send()).toEqual({ result: 'delivered' });
  expect(receiver.passwords).toEqual(['t0p-s3cret']);
});

describe('a server that', () => {
  test.each([
    ['closes the connection at once', { greeting: 'close' }, 'retry', /closed the connection before/],
    ['is too busy', { greeting: 421 }, 'retry', /answered 421/],
    ['wants nothing', { greeting: 554 }, 'failed', /answered 554/],
    ['does not take the sender now', { sender: 451 }, 'retry', /answered 451/],
    ['does not take the sender', { sender: 550 }, 'failed', /answered 550/],
    ['does not take the mail now', { mail: 451 }, 'retry', /answered 451/],
    ['does not take the mail', { mail: 552 }, 'failed', /answered 552/],
    ['closes the connection in the middle', { mail: 'close' }, 'retry', /closed the connection before/],
    ['knows nobody', { recipients: { [ADA]: 550, [BOB]: 550 } }, 'failed', /answered 550 .*, for ada@example.org/],
    ['takes nobody now', { recipients: { [ADA]: 451, [BOB]: 450 } }, 'retry', /answered 451 .*, for ada@example.org/],
  ] as const)('%s', async (_, manners, result, message) => {
    const receiver = await smtpReceiver();
    receiver.answer(manners);
    expect(await sinkFor(receiver).send()).toMatchObject({
      result,
      failure: { message: expect.stringMatching(message) },
    });
    expect(receiver.mails).toEqual([]);
  });

  test.each([{ greeting: 'hang' }, { mail: 'hang' }] as const)(
    'hangs (%o) is left when it is time',
    async (manners) => {
      const receiver = await smtpReceiver();
      receiver.answer(manners);
      const outcome = await sinkFor(receiver).send(null, alert, 300);
      expect(outcome).toMatchObject({ result: 'retry', failure: { code: 'timeout' } });
    },
  );

  test('refuses one of two for good: the other has it once, and it is said whom it did not reach', async () => {
    const receiver = await smtpReceiver();
    receiver.answer({ recipients: { [BOB]: 550 } });
    expect(await sinkFor(receiver).send()).toMatchObject({
      result: 'delivered',
      remark: { code: 'smtp_550', message: expect.stringContaining('for bob@example.org') },
    });
    expect(receiver.mails.map(({ to }) => to)).toEqual([[ADA]]);
  });

  test('refuses one of two for now: the next attempt is for that one alone', async () => {
    const receiver = await smtpReceiver();
    receiver.answer({ recipients: { [BOB]: 451 } }, { sender: 421 });
    const sink = sinkFor(receiver);
    const first = await sink.send();
    expect(first).toMatchObject({ result: 'retry', progress: { done: [ADA] } });
    const { progress = null } = first as { progress?: DeliveryProgress };
    const second = await sink.send(progress);
    expect(second).toMatchObject({ result: 'retry', progress: { done: [ADA] } }); // what was reached is not forgotten
    expect(await sink.send(progress)).toEqual({ result: 'delivered' });
    expect(receiver.mails.map(({ to }) => to)).toEqual([[ADA], [BOB]]);
    expect(readMail(receiver.mails[1]!.raw).headers.to).toBe(ADDRESSES.to.join(', '));
  });

  test('refuses one for good and one for now keeps both in mind', async () => {
    const receiver = await smtpReceiver();
    receiver.answer({ recipients: { [ADA]: 550, [BOB]: 451 } });
    const sink = sinkFor(receiver);
    const first = await sink.send();
    expect(first).toMatchObject({ result: 'retry', progress: { done: [ADA], remark: { code: 'smtp_550' } } });
    const { progress = null } = first as { progress?: DeliveryProgress };
    expect(await sink.send(progress)).toMatchObject({ result: 'delivered', remark: { code: 'smtp_550' } });
    expect(receiver.mails.map(({ to }) => to)).toEqual([[BOB]]);
  });

  test('takes the mail and never says so gets it again, with the same Message-ID', async () => {
    const receiver = await smtpReceiver();
    receiver.answer({ mail: 'took and closed' });
    const sink = sinkFor(receiver);
    expect(await sink.send()).toMatchObject({ result: 'retry' });
    expect(await sink.send()).toEqual({ result: 'delivered' });
    expect(receiver.mails.map(({ isAnswered }) => isAnswered)).toEqual([false, true]);
    expect(new Set(receiver.mails.map(({ raw }) => readMail(raw).headers['message-id'])).size).toBe(1);
  });
});
