import { beforeAll, describe, expect, test } from 'vitest';
import { SINKS } from '#src/adapters/sinks/index.js';
import { ADDRESSES, DESTINATIONS } from '../support/destinations.js';
import { testOutbox, warn } from '../support/outbox.js';
import { type TestServer, testServer } from '../support/postgres.js';
import { smtpReceiver } from '../support/smtp-receiver.js';

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});

const TABLES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const LABELS = TABLES.map((_, i) => `INC-${i + 1}`);

/** Which incident each taken message is of. */
const incidents = (taken: readonly string[]) => taken.map((text) => /\bINC-\d+\b/.exec(text)?.[0]).sort();

describe.each(SINKS)('$name', ({ name }) => {
  test('loses nothing and gets nothing twice, whatever passes in between', async () => {
    const it = await testOutbox(server, [name]);
    const destination = await DESTINATIONS[name]();
    const { settings } = destination;
    await destination.down();
    await it.run(...TABLES.map(warn));
    const nothing = await it.deliverTo(settings, { beginWithinMs: 500, random: () => 1 });
    expect(nothing.get(name)).toMatchObject({
      delivered: 0,
      failed: 0,
      failure: { code: expect.stringMatching(/^E/) },
    });
    expect((await it.outbox()).every((each) => each.startsWith('opened pending'))).toBe(true);

    await destination.up();
    for (const begin of Object.values(destination.trouble)) begin();
    destination.slow?.(100);
    await it.writer.retryAlertsNow([name], { failed: false });
    const all = await it.deliverTo(settings, { beginWithinMs: 20_000, endWithinMs: 30_000 });
    expect(all.get(name)).toMatchObject({ delivered: LABELS.length, failed: 0, partly: 0 });
    expect(incidents(destination.taken())).toEqual(LABELS);
    await it.deliverTo(settings);
    expect(destination.taken()).toHaveLength(LABELS.length);
  });
});

describe('a mail server that refuses one of two recipients', () => {
  const [ADA, BOB] = ADDRESSES.to;

  test('for now is asked again for that one alone, also by another process', async () => {
    const it = await testOutbox(server, ['email']);
    const receiver = await smtpReceiver();
    const settings = { email: { host: '127.0.0.1', port: receiver.port, tls: 'none', ...ADDRESSES } } as const;
    receiver.otherwise({ recipients: { [BOB]: 451 } });
    await it.run(warn('a'));
    const first = await it.deliverTo(settings, { beginWithinMs: 300, random: () => 1 });
    expect(first.get('email')).toMatchObject({ delivered: 0, failure: { code: 'smtp_451' } });
    receiver.otherwise({});
    await it.deliverTo(settings);
    expect(receiver.mails.map(({ to }) => to)).toEqual([[ADA], [BOB]]);
    expect(await it.outbox()).toEqual([expect.stringMatching(/^opened delivered \d+$/)]);
  });

  test('for good has delivered it, and it is kept whom it did not reach', async () => {
    const it = await testOutbox(server, ['email']);
    const receiver = await smtpReceiver();
    const settings = { email: { host: '127.0.0.1', port: receiver.port, tls: 'none', ...ADDRESSES } } as const;
    receiver.otherwise({ recipients: { [BOB]: 550 } });
    await it.run(warn('a'));
    const tallies = await it.deliverTo(settings);
    expect(tallies.get('email')).toMatchObject({ delivered: 1, failed: 0, partly: 1, failure: { code: 'smtp_550' } });
    expect(await it.store.listAlerts(['delivered'])).toMatchObject([
      { state: 'delivered', failure: { message: expect.stringContaining('for bob@example.org') } },
    ]);
    const told = (await it.store.incidentEvents('INC-1')).find(({ action }) => action === 'alerted');
    expect(told!.reason).toContain('for bob@example.org');
  });
});
