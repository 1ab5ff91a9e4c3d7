import { beforeAll, describe, expect, test } from 'vitest';
import type { Alert } from '#src/core/model/alert.js';
import { alertSchema } from '../support/alert-schema.js';
import { critical, testOutbox, warn } from '../support/outbox.js';
import { type TestServer, testServer } from '../support/postgres.js';
import { takenByKey, webhookReceiver } from '../support/webhook-receiver.js';

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});

describe('what is told', () => {
  test('is what opens, gets worse than was told, and is over; a repeat is silent', async () => {
    const it = await testOutbox(server);
    await it.run(warn('a'), critical('b'), { ...warn('c'), severity: 'info' });
    expect(await it.told()).toEqual(['INC-1 opened critical', 'INC-2 opened warn']);
    await it.run(warn('a'), critical('b'));
    expect(await it.told()).toEqual([]);
    await it.run(critical('a'), critical('b'));
    expect(await it.told()).toEqual(['INC-2 worsened critical']);
    await it.run(warn('a'), critical('b'));
    await it.run(critical('a'), critical('b')); // to and fro between what is known
    expect(await it.told()).toEqual([]);
    await it.run();
    expect(await it.told()).toEqual([]); // over after two clean runs
    await it.run();
    expect(await it.told()).toEqual(['INC-1 resolved critical', 'INC-2 resolved critical']);
    await it.run(warn('a'));
    expect(await it.told()).toEqual(['INC-3 opened warn']);
  });

  test('is not what is acknowledged, expected or muted, until it opens again', async () => {
    const it = await testOutbox(server);
    await it.run(warn('a'), warn('b'), warn('c'));
    await it.told();
    await it.person('ack', 'INC-1');
    await it.person('expect', 'INC-2');
    await it.person('mute', 'INC-3');
    await it.run(warn('a'), { ...warn('b'), severity: 'info' }, critical('c'));
    expect(await it.told()).toEqual([]);
    await it.run(critical('a'), warn('b'), critical('c'));
    expect(await it.told()).toEqual(['INC-1 worsened critical', 'INC-2 reopened warn', 'INC-3 reopened critical']);
    await it.person('resolve', 'INC-1', 'INC-3');
    expect(await it.told()).toEqual(['INC-1 resolved critical', 'INC-3 resolved critical']);
  });

  test('is told once, however often a run is judged', async () => {
    const it = await testOutbox(server, ['webhook', 'file']);
    const run = await it.run(warn('a'));
    await it.judge(run, warn('a'));
    expect(await it.told()).toEqual(['INC-1 opened warn', 'INC-1 opened warn']); // once a sink
    await it.judge(run, critical('a')); // another verdict
    await it.judge(run, critical('a'));
    expect(await it.told()).toEqual(['INC-1 worsened critical', 'INC-1 worsened critical']);
  });

  test('has no end where no sink was configured at its beginning', async () => {
    const it = await testOutbox(server, []);
    await it.run(warn('a'), warn('b'));
    await it.run();
    await it.run();
    expect(await it.told()).toEqual([]);
  });

  test('says all there is to know, as the schema has it', async () => {
    const it = await testOutbox(server);
    const hostile = { ...critical('b'), message: 'b "is"\n 🐘 \\ \u0000 gone', value: Number.POSITIVE_INFINITY };
    const run = await it.run({ ...warn('a'), cause: 'All of it is of one shop.' }, hostile);
    await it.run(critical('a'));
    const alerts = (await it.store.listAlerts(['pending'])).map(({ alert }) => alert);
    for (const alert of alerts) expect(alertSchema.safeParse(alert).error).toBeUndefined();
    expect(alerts[1]).toEqual({
      version: 1,
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      event: 'opened',
      at: '2026-01-01T00:00:00.000Z',
      run: run.label,
      actor: 'sentinel',
      store: await it.store.id(),
      incident: {
        id: 'INC-2',
        state: 'open',
        severity: 'warn',
        previousSeverity: null,
        source: 'batch',
        tables: [{ schema: 'public', table: 'a' }],
        tableCount: 1,
        owners: [],
        title: '40 % of a is null; expected at most 10 %.',
        cause: 'All of it is of one shop.',
        nextStep: 'Look at the newest rows of public.a, and at what loads them.',
        ...{ feeds: [], referencedBy: [] },
        since: '2026-01-01T00:00:00.000Z',
        resolvedAt: null,
        findings: [{ ...warn('a'), cause: 'All of it is of one shop.' }],
        findingCount: 1,
      },
      links: {},
    });
    expect(alerts[2]).toMatchObject({ event: 'worsened', incident: { id: 'INC-2', previousSeverity: 'warn' } });
    expect((alerts[0] as Alert).incident.title).toBe('b "is"\n 🐘 \\ \uFFFD gone');
  });

  test('is no more than a receiver takes: the worst findings, and how many there are', async () => {
    const it = await testOutbox(server);
    const many = Array.from({ length: 60 }, (_, i) => ({ ...warn('a'), column: `c${i}`, message: `c${i} is odd.` }));
    await it.run(...many);
    const [told] = await it.store.listAlerts(['pending']);
    expect(told!.alert).toMatchObject({ incident: { findingCount: 60, findings: { length: 50 } } });
  });
});

describe('a receiver', () => {
  test('that is down, slow, busy, broken or hangs up loses nothing and gets nothing twice', async () => {
    const it = await testOutbox(server);
    const receiver = await webhookReceiver();
    await receiver.down();
    await it.run(...['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(warn));
    expect(await it.deliver(receiver.url, { beginWithinMs: 900, random: () => 1 })).toMatchObject({
      delivered: 0,
      failed: 0,
      failure: { code: 'ECONNREFUSED' },
    });
    expect((await it.outbox()).map((each) => each.split(' ')[1])).toEqual(Array.from({ length: 7 }, () => 'pending'));

    await receiver.up();
    receiver.otherwise('hang');
    expect(await it.deliver(receiver.url, { endWithinMs: 1_000 })).toMatchObject({ failure: { code: 'timeout' } });
    receiver.otherwise({ status: 204 });
    receiver.answer({ status: 500 }, { status: 503 }, 'close', { status: 408 }, 'cut', { status: 200, afterMs: 50 });
    receiver.answer({ status: 429, headers: { 'Retry-After': '1' } });
    expect(await it.deliver(receiver.url, { beginWithinMs: 20_000 })).toMatchObject({ delivered: 7, failed: 0 });
    expect((await it.outbox()).every((each) => each.startsWith('opened delivered'))).toBe(true);
    const taken = takenByKey(receiver.requests);
    expect(taken.size).toBe(7);
    for (const [key, counts] of taken) expect(counts, key).toMatch(/^\d sent, 1 taken$/);

    const before = receiver.requests.length;
    await it.deliver(receiver.url);
    expect(receiver.requests.length).toBe(before);
  });

  test('is sent the same in every attempt, but for the time and its signature', async () => {
    const it = await testOutbox(server);
    const receiver = await webhookReceiver();
    receiver.answer({ status: 500 }, 'close');
    await it.run(warn('a'));
    await it.deliver(receiver.url, { beginWithinMs: 20_000 });
    expect(receiver.requests).toHaveLength(3);
    expect(new Set(receiver.requests.map(({ body }) => body)).size).toBe(1);
    expect(new Set(receiver.requests.map(({ key }) => key))).toEqual(
      new Set([JSON.parse(receiver.requests[0]!.body).id]),
    );
    expect(receiver.requests[0]).toMatchObject({
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'sentinel', 'x-sentinel-event': 'opened' },
    });
  });

  test('that says when it takes more is left alone until then, with all that waits for it', async () => {
    const it = await testOutbox(server);
    const receiver = await webhookReceiver();
    receiver.otherwise({ status: 429, headers: { 'Retry-After': '3600' } });
    await it.run(...['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(warn));
    expect(await it.deliver(receiver.url)).toMatchObject({ failure: { code: 'http_429' } });
    expect(receiver.requests.length).toBeLessThanOrEqual(4); // those that were under way
    receiver.otherwise({ status: 204 });
    expect(await it.deliver(receiver.url)).toMatchObject({ delivered: 0 });
    const { rows } = await it.sql.query(
      `SELECT bool_and(next_attempt_at > now() + interval '59 minutes') AS all_later FROM sentinel.alert_delivery`,
    );
    expect(rows).toEqual([{ all_later: true }]);
    await it.writer.retryAlertsNow(['webhook'], { failed: false }); // a person asks for it
    expect(await it.deliver(receiver.url)).toMatchObject({ delivered: 7 });
  });

  test.each([
    [{ status: 404 }, 'http_404', / answered 404 \(Not Found\); check WEBHOOK_URL/],
    [
      { status: 302, headers: { Location: '/elsewhere' } },
      'http_302',
      /302 \(Found\); redirects are not followed: set WEBHOOK_URL/,
    ],
  ])('that answers %o is given up, which is kept and said', async (answer, code, message) => {
    const it = await testOutbox(server);
    const receiver = await webhookReceiver();
    receiver.answer(answer);
    await it.run(warn('a'), warn('b'));
    expect(await it.deliver(receiver.url)).toMatchObject({ delivered: 1, failed: 1, failure: { code } });
    const [failed] = await it.store.listAlerts(['failed']);
    expect(failed).toMatchObject({ attempts: 1, failure: { code, message: expect.stringMatching(message) } });
    expect(failed!.failure!.message).not.toContain('t0p-s3cret');
    expect(receiver.requests).toHaveLength(2);
    const { id } = (failed!.alert as Alert).incident;
    expect((await it.store.incidentEvents(id)).map(({ action }) => action)).toEqual(['opened', 'alert_failed']);
    await it.deliver(receiver.url);
    expect(receiver.requests).toHaveLength(2);
    await it.writer.retryAlertsNow(['webhook'], { failed: true });
    expect(await it.deliver(receiver.url)).toMatchObject({ delivered: 1 });
    expect((await it.store.incidentEvents(id)).map(({ action }) => action)).toEqual([
      'opened',
      'alert_failed',
      'alerted',
    ]);
  });

  test('hears of an incident in order: nothing of it goes out while an older alert waits', async () => {
    const it = await testOutbox(server);
    const receiver = await webhookReceiver();
    receiver.answer({ status: 500 });
    await it.run(warn('a'));
    await it.deliver(receiver.url, { beginWithinMs: 900, random: () => 1 });
    await it.run(critical('a'));
    await it.person('resolve', 'INC-1');
    await it.sql.query(
      `UPDATE sentinel.alert_delivery SET next_attempt_at = now() + interval '1 h' WHERE attempts > 0`,
    );
    expect(await it.deliver(receiver.url)).toMatchObject({ delivered: 0 });
    await it.sql.query('UPDATE sentinel.alert_delivery SET next_attempt_at = now()');
    expect(await it.deliver(receiver.url)).toMatchObject({ delivered: 3 });
    expect(receiver.requests.map(({ headers }) => headers['x-sentinel-event'])).toEqual([
      'opened', // answered 500
      'opened',
      'worsened',
      'resolved',
    ]);
  });

  test('that is done is not waited for, however long there was time', async () => {
    const it = await testOutbox(server);
    const receiver = await webhookReceiver();
    receiver.otherwise({ status: 204, afterMs: 100 }); // so that there is nothing left to claim meanwhile
    await it.run(warn('a'));
    const stop = AbortSignal.timeout(8_000); // less than a claim
    expect(await it.deliver(receiver.url, { beginWithinMs: 60_000, endWithinMs: 60_000, signal: stop })).toMatchObject({
      delivered: 1,
    });
    expect(stop.aborted).toBe(false);
  });

  test('that refuses one alert for ever gets the others', async () => {
    const it = await testOutbox(server);
    const receiver = await webhookReceiver();
    await it.run(warn('a'));
    receiver.answer({ status: 500 });
    await it.deliver(receiver.url, { beginWithinMs: 900, random: () => 1 });
    await it.run(warn('a'), warn('b'));
    await it.deliver(receiver.url, { beginWithinMs: 20_000 });
    expect(receiver.requests.map(({ body }) => JSON.parse(body).incident.id)).toEqual(['INC-1', 'INC-2', 'INC-1']);
  });

  test('gets nothing twice from two that deliver at once, nor from one that comes while an attempt runs', async () => {
    const it = await testOutbox(server);
    const receiver = await webhookReceiver();
    receiver.otherwise({ status: 204, afterMs: 20 });
    await it.run(...['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map(warn));
    const tallies = await Promise.all([1, 2, 3].map(() => it.deliver(receiver.url)));
    expect(tallies.reduce((sum, { delivered }) => sum + delivered, 0)).toBe(8);
    expect([...takenByKey(receiver.requests).values()]).toEqual(Array.from({ length: 8 }, () => '1 sent, 1 taken'));

    receiver.otherwise({ status: 204 });
    await it.run(critical('a'));
    // what a process leaves that was killed in the middle of an attempt
    const claimed = await it.writer.claimAlert('webhook', 60_000);
    expect(claimed).toMatchObject({ attempt: 1, alert: { event: 'worsened' } });
    expect(await it.deliver(receiver.url)).toMatchObject({ delivered: 0 });
    await it.sql.query('UPDATE sentinel.alert_delivery SET claimed_until = now() WHERE claimed_until IS NOT NULL');
    expect(await it.deliver(receiver.url)).toMatchObject({ delivered: 1 });
    // the first one comes back from a long sleep: what it says is of the past
    await it.writer.recordAttempt(claimed!, { result: 'failed', failure: { code: 'x', message: 'x' } }, 0);
    expect(await it.store.listAlerts(['failed'])).toEqual([]);
  });
});

test('retention forgets what was delivered, and keeps what waits or is of an incident that goes on', async () => {
  const it = await testOutbox(server);
  const receiver = await webhookReceiver();
  const forget = async () => {
    const now = new Date(Date.now() + 10 * 86_400_000);
    return (await it.writer.applyRetention({ pointsDays: 1, runsDays: 1, now })).alert_delivery;
  };
  await it.run(warn('a'));
  await it.deliver(receiver.url);
  expect(await forget()).toBe(0);
  await it.person('resolve', 'INC-1');
  await it.deliver(receiver.url);
  await it.run(warn('b'));
  expect(await forget()).toBe(2);
  expect(await it.outbox()).toEqual(['opened pending 0']);
});
