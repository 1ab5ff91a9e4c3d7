import { beforeAll, describe, expect, test } from 'vitest';
import type { AlertPlan } from '#src/core/incidents/alert-plan.js';
import { compareSeverity } from '#src/core/incidents/severity.js';
import type { Digest } from '#src/core/model/alert.js';
import { alertSchema } from '../support/alert-schema.js';
import { critical, type TestOutbox, testOutbox, warn } from '../support/outbox.js';
import { type TestServer, testServer } from '../support/postgres.js';
import { webhookReceiver } from '../support/webhook-receiver.js';

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});

const HOUR = 3_600_000;

/** As if so many hours had passed since all that was told so far. */
const hoursLater = ({ sql }: TestOutbox, hours: number) =>
  sql.query(`UPDATE sentinel.alert_delivery SET created_at = created_at - $1 * interval '1 hour'`, [hours]);

const prepare = ({ writer }: TestOutbox, now = new Date(), all = false) => writer.prepareAlerts({ now, all });

const digestsFor = async ({ store }: TestOutbox, sink: string): Promise<Digest[]> =>
  (await store.listAlerts(['pending', 'delivered'])).flatMap(({ sink: to, alert }) =>
    to === sink && alert.event === 'digest' ? [alert] : [],
  );

describe('routes', () => {
  const criticalToPager: AlertPlan['route'] = ({ severity }) =>
    new Set(compareSeverity(severity, 'critical') >= 0 ? ['slack', 'pagerduty'] : ['slack']);

  test('decide who is told, and the end goes to those who heard of the beginning', async () => {
    const it = await testOutbox(server, ['slack', 'pagerduty'], { route: criticalToPager });
    await it.run(warn('a'), critical('b'));
    expect(await it.toldTo('slack')).toEqual(['INC-1 opened critical', 'INC-2 opened warn']);
    expect(await it.toldTo('pagerduty')).toEqual(['INC-1 opened critical']);
    await it.run(critical('a'), warn('b'));
    expect(await it.toldTo('slack')).toEqual(['INC-2 worsened critical']);
    expect(await it.toldTo('pagerduty')).toEqual(['INC-2 worsened critical']);
    await it.run(warn('a'), warn('b'));
    await it.run();
    await it.run();
    // Both had eased to what the pager does not get: it would otherwise keep them open for ever.
    expect(await it.toldTo('pagerduty')).toEqual(['INC-1 resolved warn', 'INC-2 resolved warn']);
    expect(await it.toldTo('slack')).toEqual(['INC-1 resolved warn', 'INC-2 resolved warn']);
  });

  test('that lead nowhere leave it untold, until it meets one', async () => {
    const it = await testOutbox(server, ['file', 'slack'], {
      route: ({ severity }) => new Set(severity === 'critical' ? ['file'] : []),
    });
    await it.run(warn('a'));
    expect(await it.told()).toEqual([]);
    await it.run(critical('a'));
    expect(await it.told()).toEqual(['INC-1 opened critical']);
    await it.person('resolve', 'INC-1');
    expect(await it.toldTo('file')).toEqual(['INC-1 opened critical', 'INC-1 resolved critical']);
    expect(await it.toldTo('slack')).toEqual([]);
  });

  test('may go by table and owner, and the owner and the link are in the alert', async () => {
    const ownersOf: AlertPlan['ownersOf'] = (_, tables) => (tables.some(({ table }) => table === 'a') ? ['Ada'] : []);
    const it = await testOutbox(server, ['file', 'slack'], {
      ownersOf,
      linksTo: (incident) => ({ incident: `https://x/#/incident/${incident}` }),
      route: ({ owners, tables, source }) =>
        new Set([...(owners.includes('Ada') ? ['slack'] : []), ...(tables[0]?.table === 'b' ? ['file'] : []), source]),
    });
    await it.run(warn('a'), warn('b'), warn('c'));
    const alerts = await it.store.listAlerts(['pending']);
    expect(alerts).toMatchObject([
      { sink: 'file', alert: { incident: { tables: [{ table: 'b' }], owners: [] } } },
      { sink: 'slack', alert: { incident: { tables: [{ table: 'a' }], owners: ['Ada'] } } },
    ]);
    expect(alerts[1]!.alert.links).toEqual({ incident: 'https://x/#/incident/INC-1' });
  });
});

describe('a storm', () => {
  const five = (finding: typeof warn) => ['a', 'b', 'c', 'd', 'e'].map(finding);

  test('comes as one message to people, as one event to a pager, and whole to programs', async () => {
    const it = await testOutbox(server, ['slack', 'pagerduty', 'webhook'], { beyond: 3 });
    const run = await it.run(...five(warn).slice(1), critical('a'));
    expect(await it.toldTo('slack')).toEqual(['storm digest of 5 critical']);
    expect(await it.toldTo('pagerduty')).toEqual(['storm digest of 5 critical']);
    expect(await it.toldTo('webhook')).toHaveLength(5);
    const [digest] = await digestsFor(it, 'slack');
    expect(alertSchema.safeParse(digest).error).toBeUndefined();
    expect(digest).toMatchObject({ run: run.label, store: await it.store.id(), alertCount: 5 });
    expect(digest!.alerts[0]!.incident).toMatchObject({ id: 'INC-1', severity: 'critical' });
    await it.judge(run, ...five(warn).slice(1), critical('a')); // again: nothing new
    expect([...(await it.toldTo('slack')), ...(await it.toldTo('webhook'))]).toEqual([]);
  });

  test('is none where there are no more than the limit', async () => {
    const it = await testOutbox(server, ['slack'], { beyond: 5 });
    await it.run(...five(warn));
    expect(await it.toldTo('slack')).toHaveLength(5);
  });

  test('is over for a pager when the last of it is; it hears of every end', async () => {
    const it = await testOutbox(server, ['slack', 'pagerduty'], { beyond: 3 });
    await it.run(...five(warn));
    await it.toldTo('slack');
    await it.toldTo('pagerduty');
    await it.person('resolve', 'INC-1', 'INC-2', 'INC-3', 'INC-4');
    expect(await it.toldTo('slack')).toEqual(['storm digest of 4 warn']); // as many ends at once
    expect(await it.toldTo('pagerduty')).toEqual([1, 2, 3, 4].map((n) => `INC-${n} resolved warn`));
    await it.person('resolve', 'INC-5');
    expect(await it.toldTo('pagerduty')).toEqual(['INC-5 resolved warn', 'over digest of 1 warn']);
    const [storm, over] = await digestsFor(it, 'pagerduty');
    expect(over!.of).toBe(storm!.id);
    expect(over!.id).not.toBe(storm!.id);
  });

  test('keeps the order: it waits for what was told before of its incidents, and what comes after waits for it', async () => {
    const it = await testOutbox(server, ['slack'], { beyond: 3 });
    const receiver = await webhookReceiver();
    await it.run(warn('a'));
    await it.run(critical('a'), ...five(warn).slice(1));
    await it.person('resolve', 'INC-1');
    const texts = () => receiver.requests.map(({ body }) => (JSON.parse(body) as { text: string }).text);
    receiver.answer({ status: 500 }, { status: 200 }, { status: 500 });
    await it.deliverTo({ slackWebhookUrl: receiver.url });
    expect(texts().map((text) => text.split('.')[0])).toEqual([
      ...['WARN: INC-1 in batch', 'WARN: INC-1 in batch'],
      ...['CRITICAL: 5 alerts at once', 'CRITICAL: 5 alerts at once'],
      'RESOLVED: INC-1 in batch',
    ]);
    for (const incident of ['INC-1', 'INC-5']) {
      const told = (await it.store.incidentEvents(incident)).filter(({ action }) => action === 'alerted');
      expect(told.map(({ details }) => details.event)).toContain('storm digest');
    }
  });
});

describe('the digest of the day', () => {
  /** At 07:00. */
  const plan = { daily: 'warn', dailyAt: 7 * 60 } as const;
  const at = (hours: number) => new Date(Math.floor(Date.now() / 86_400_000 + 1) * 86_400_000 + hours * HOUR);

  test('has what is not urgent; what is urgent comes at once, and takes what was held back with it', async () => {
    const it = await testOutbox(server, ['slack', 'pagerduty', 'file'], plan);
    await it.run(warn('a'), warn('b'), warn('c'), critical('d'));
    expect(await it.toldTo('slack')).toEqual([
      ...['INC-2 opened warn (held)', 'INC-3 opened warn (held)', 'INC-4 opened warn (held)'],
      'INC-1 opened critical',
    ]);
    for (const sink of ['pagerduty', 'file'] as const) expect(await it.toldTo(sink)).toHaveLength(4);
    await it.run(critical('a'), warn('b'), warn('c'), critical('d'));
    await it.person('resolve', 'INC-3');
    await prepare(it, at(8)); // tomorrow
    expect(await digestsFor(it, 'slack')).toMatchObject([
      {
        kind: 'daily',
        alerts: [
          { event: 'opened', incident: { id: 'INC-4' } },
          { event: 'resolved', incident: { id: 'INC-3' } },
        ],
      },
    ]);
  });

  test('is sent once, after its time', async () => {
    const it = await testOutbox(server, ['slack', 'email'], plan);
    const receiver = await webhookReceiver();
    await it.run(warn('a'));
    const begin = new Date(Math.floor(Date.now() / 86_400_000) * 86_400_000);
    await it.sql.query('UPDATE sentinel.alert_delivery SET created_at = $1', [new Date(begin.getTime() + 7.5 * HOUR)]);
    await prepare(it, new Date(begin.getTime() + 23 * HOUR));
    await prepare(it, new Date(begin.getTime() + 30 * HOUR));
    expect(await digestsFor(it, 'slack')).toEqual([]);
    expect(await it.deliverTo({ slackWebhookUrl: receiver.url })).toMatchObject(new Map([['slack', { delivered: 0 }]]));
    for (const hour of [31, 31.1, 55]) await prepare(it, new Date(begin.getTime() + hour * HOUR));
    expect(await digestsFor(it, 'slack')).toHaveLength(1);
    expect(await digestsFor(it, 'email')).toHaveLength(1);
    await it.person('resolve', 'INC-1'); // of what was told once, the end comes at once
    expect((await it.toldTo('slack')).at(-1)).toBe('INC-1 resolved warn');
  });

  test('comes at once where a person asks for it, or where it is switched off', async () => {
    const it = await testOutbox(server, ['slack'], plan);
    await it.run(warn('a'), warn('b'));
    await prepare(it, new Date(), true);
    expect(await it.toldTo('slack')).toEqual(['daily digest of 2 warn']);
  });
});

describe('a reminder', () => {
  const plan = { reminderMs: 24 * HOUR };

  test('is told of what is open and was told of long ago, and of nothing else, once each period', async () => {
    const it = await testOutbox(server, ['slack', 'pagerduty', 'webhook'], plan);
    const receiver = await webhookReceiver();
    const settings = { slackWebhookUrl: receiver.url, webhookUrl: receiver.url };
    const all = { ...settings, pagerdutyRoutingKey: 'k', pagerdutyUrl: receiver.url };
    await it.run(warn('a'), warn('b'), warn('c'), warn('d'), warn('e'));
    await it.person('ack', 'INC-2');
    await it.person('mute', 'INC-3');
    await it.person('expect', 'INC-4');
    await it.person('resolve', 'INC-5');
    await it.deliverTo(all);
    await it.told();
    await prepare(it);
    expect(await it.told()).toEqual([]);
    await hoursLater(it, 24);
    await prepare(it);
    await prepare(it);
    expect(await it.told()).toEqual(['INC-1 reminder warn', 'INC-1 reminder warn']); // two sinks: a pager reminds by itself
    const reminder = (await it.store.listAlerts(['pending']))[0]!.alert;
    expect(alertSchema.safeParse(reminder).error).toBeUndefined();
    expect(reminder).toMatchObject({
      run: null,
      actor: 'sentinel',
      incident: { previousSeverity: 'warn', findings: [] },
    });
    await hoursLater(it, 24);
    await prepare(it);
    expect(await it.told()).toEqual([]); // the last one still waits
    await it.deliverTo(all);
    await prepare(it);
    expect(await it.told()).toHaveLength(2);
    await it.run(critical('a'));
    expect(await it.told()).toEqual(Array.from({ length: 3 }, () => 'INC-1 worsened critical'));
  });

  test('that runs come a little early for is not put off to the next one', async () => {
    const it = await testOutbox(server, ['webhook'], plan);
    const receiver = await webhookReceiver();
    await it.run(warn('a'));
    await it.deliver(receiver.url);
    await hoursLater(it, 21);
    await prepare(it);
    expect(await it.told()).toHaveLength(1);
    await hoursLater(it, 2.9);
    await prepare(it);
    expect(await it.told()).toEqual(['INC-1 reminder warn']);
  });

  test('is known to be due before anybody becomes the writer for it, and so is what waits', async () => {
    const it = await testOutbox(server, ['webhook'], plan);
    const receiver = await webhookReceiver();
    const due = () => it.store.areAlertsDue(new Date());
    expect(await due()).toBe(false);
    await it.run(warn('a'));
    expect(await due()).toBe(true);
    await it.deliver(receiver.url);
    expect(await due()).toBe(false);
    await hoursLater(it, 24);
    expect(await due()).toBe(true);
    await prepare(it);
    await it.deliver(receiver.url);
    expect(await due()).toBe(false);
  });

  test('goes where the routes lead now, with other reminders where there are many', async () => {
    const it = await testOutbox(server, ['slack', 'file'], { ...plan, beyond: 2, route: () => new Set(['slack']) });
    const receiver = await webhookReceiver();
    await it.run(warn('a'), warn('b'), warn('c'));
    await it.deliverTo({ slackWebhookUrl: receiver.url });
    await hoursLater(it, 30);
    await prepare(it);
    expect(await it.toldTo('slack')).toEqual(['storm digest of 3 warn', 'storm digest of 3 warn']);
    expect(await it.toldTo('file')).toEqual([]);
  });

  test('is not sent where it is off', async () => {
    const it = await testOutbox(server, ['webhook'], { reminderMs: null });
    const receiver = await webhookReceiver();
    await it.run(warn('a'));
    await it.deliver(receiver.url);
    await hoursLater(it, 2_000);
    await prepare(it);
    expect(await it.told()).toEqual(['INC-1 opened warn']);
  });
});
