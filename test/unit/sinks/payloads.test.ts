import { describe, expect, test } from 'vitest';
import { pagerdutyEvent } from '#src/adapters/sinks/pagerduty.js';
import { slackMessage } from '#src/adapters/sinks/slack.js';
import { sampleAlert } from '#src/cli/sample-alert.js';
import { digestOf } from '#src/core/incidents/digest.js';
import type { Alert, AlertEvent, Digest } from '#src/core/model/alert.js';

const sample = sampleAlert('5b0ed0ae-4a1c-4c79-a0a5-2d9d0f6c7a11', new Date('2026-01-02T03:04:05.678Z'));
const { id, at, run, actor } = sample;

function alertOf(event: AlertEvent, changes: Partial<Alert['incident']> = {}): Alert {
  const incident = { ...sample.incident, id: 'INC-3', title: 'sales.orders is empty.', cause: null, ...changes };
  return { ...sample, event, store: 'store-1', incident };
}

function digest(alerts: readonly Alert[], kind: Digest['kind'] = 'storm', of?: string): Digest {
  return digestOf(alerts, { id, kind, at, run, actor, store: 'store-1', links: {}, ...(of !== undefined && { of }) });
}

test('what is only a test says so before anything else', () => {
  const headline = 'TEST: CRITICAL: INC-3 in batch.sales.orders';
  const alert = alertOf('test', { severity: 'critical' });
  expect(slackMessage(alert)).toMatchObject({
    text: `${headline}. sales.orders is empty.`,
    blocks: expect.arrayContaining([
      { type: 'header', text: expect.objectContaining({ text: expect.stringContaining(headline) }) },
    ]),
  });
  expect(pagerdutyEvent(alert)).toMatchObject({ payload: { summary: `${headline}: sales.orders is empty.` } });
  expect(pagerdutyEvent(alertOf('opened'))).toMatchObject({
    payload: { summary: expect.not.stringContaining('TEST') },
  });
});

describe('Slack gets', () => {
  test('a header, the sentence, facts as fields, and the link', () => {
    const links = { incident: 'https://data.example.org/#/incident/INC-3?a|b&c' };
    const message = slackMessage({ ...alertOf('opened', { severity: 'critical' }), links });
    expect(message.text).toBe('CRITICAL: INC-3 in batch.sales.orders. sales.orders is empty.');
    const [header, sentence, facts, link] = message.blocks as [object, object, { fields: { text: string }[] }, object];
    expect(header).toEqual({
      type: 'header',
      text: { type: 'plain_text', text: ':red_circle: CRITICAL: INC-3 in batch.sales.orders', emoji: true },
    });
    expect(sentence).toEqual({
      type: 'section',
      text: { type: 'mrkdwn', text: 'sales.orders is empty.', verbatim: true },
    });
    expect(facts.fields.map(({ text }) => text)).toEqual([
      '*State*\nnew',
      '*Severity*\ncritical',
      '*Where*\nbatch.sales.orders',
      '*Open since*\n2026-01-02 03:04 UTC',
      '*Owner*\nSales data',
      '*Feeds*\nsales.daily_revenue',
      '*Referred to by*\nsales.order_items',
      '*What to do*\nNothing is to be done.',
      '*Someone is on it*\nsentinel incidents ack INC-3',
    ]);
    expect(link).toMatchObject({
      text: { text: '<https://data.example.org/#/incident/INC-3?a%7Cb&amp;c|Open the incident>' },
    });
  });

  test('nothing that calls everybody or that it would not take', () => {
    const tables = [{ schema: 'a', table: '<!channel>' }];
    const message = slackMessage(
      alertOf('opened', { tables, title: `<!here> & ${'🐘'.repeat(9_000)}`, owners: ['<@U1>'] }),
    );
    // The header is plain text, in which nothing means anything.
    const text = JSON.stringify([message.text, ...message.blocks.slice(1)]);
    expect(/<[!@]/.test(text)).toBe(false);
    expect(text.includes('&lt;!here&gt; &amp; 🐘')).toBe(true);
    const blocks = message.blocks as { text?: { text: string }; fields?: { text: string }[] }[];
    for (const { text: words, fields = [] } of blocks) {
      expect([...(words?.text ?? '')].length).toBeLessThanOrEqual(3_000);
      expect(fields.length).toBeLessThanOrEqual(10);
    }
  });

  test('the end as an end, and a digest as a list', () => {
    expect(slackMessage(alertOf('resolved', { resolvedAt: at })).text).toContain(
      'RESOLVED: INC-3 in batch.sales.orders',
    );
    const many = Array.from({ length: 60 }, (_, i) => alertOf('opened', { id: `INC-${i}` }));
    const [, , list] = slackMessage(digest(many)).blocks as [object, object, { text: { text: string } }];
    expect(list.text.text).toMatch(
      /^• INC-0, warn, new, batch.sales.orders \(Sales data\): sales.orders is empty\.\n•/,
    );
    const long = many.map((each) => ({ ...each, incident: { ...each.incident, title: 'x'.repeat(9_000) } }));
    for (const of of [many, long]) {
      const lists = slackMessage(digest(of)).blocks.slice(2) as { text: { text: string } }[];
      const lines = lists.flatMap(({ text }) => text.text.split('\n'));
      expect(lines).toHaveLength(51);
      expect(lines.at(-1)).toBe('• and 10 more: sentinel incidents');
      expect(lists.every(({ text }) => text.text.length <= 3_000)).toBe(true);
    }
    expect(slackMessage(digest(many)).text).toMatch(/^WARN: 60 alerts at once\. /);
    expect(slackMessage(digest([alertOf('resolved')], 'daily')).text).toMatch(/^RESOLVED: 1 alert of the day\. /);
  });
});

describe('PagerDuty gets', () => {
  test('an event under a key that no other store has', () => {
    const event = pagerdutyEvent(alertOf('opened'));
    expect(event).toMatchObject({
      event_action: 'trigger',
      dedup_key: 'sentinel/store-1/INC-3',
      client: 'Sentinel',
      payload: {
        summary: 'WARN: INC-3 in batch.sales.orders: sales.orders is empty.',
        source: 'batch.sales.orders',
        severity: 'warning',
        timestamp: at,
        custom_details: { Owner: 'Sales data', alert: id },
      },
    });
    for (const later of ['worsened', 'reopened'] as const)
      expect(pagerdutyEvent(alertOf(later))).toMatchObject({ event_action: 'trigger', dedup_key: event.dedup_key });
    expect(pagerdutyEvent(alertOf('resolved'))).toEqual({ event_action: 'resolve', dedup_key: event.dedup_key });
    expect(pagerdutyEvent(alertOf('opened', { severity: 'critical' }))).toMatchObject({
      payload: { severity: 'critical' },
    });
  });

  test('a summary that it takes', () => {
    const { payload } = pagerdutyEvent(alertOf('opened', { title: 'x'.repeat(5_000) })) as {
      payload: { summary: string };
    };
    expect(payload.summary).toHaveLength(1_024);
    const many = Array.from({ length: 60 }, (_, i) => alertOf('opened', { id: `INC-${i}`, title: 'x'.repeat(99_000) }));
    for (const message of [many[0]!, digest(many)])
      expect(JSON.stringify(pagerdutyEvent(message)).length).toBeLessThan(100_000);
  });

  test('one event for a storm, and its end when all of it is over', () => {
    const storm = digest([alertOf('opened'), alertOf('opened', { id: 'INC-4', severity: 'critical' })]);
    expect(pagerdutyEvent(storm)).toMatchObject({
      event_action: 'trigger',
      dedup_key: `sentinel/store-1/digest/${id}`,
      payload: { severity: 'critical', custom_details: { list: { length: 2 } } },
    });
    const over = { ...digest([alertOf('resolved')], 'over', storm.id), id: 'another' };
    expect(pagerdutyEvent(over)).toEqual({ event_action: 'resolve', dedup_key: `sentinel/store-1/digest/${id}` });
  });
});

test('a digest has the last of each incident, worst first, what is over at the end', () => {
  const { alerts, alertCount, severity } = digest([
    alertOf('opened', { id: 'INC-1' }),
    alertOf('resolved', { id: 'INC-2', severity: 'critical' }),
    alertOf('opened', { id: 'INC-3', severity: 'critical' }),
    alertOf('worsened', { id: 'INC-1' }),
  ]);
  expect(alerts.map(({ event, incident }) => `${incident.id} ${event}`)).toEqual([
    'INC-3 opened',
    'INC-1 worsened',
    'INC-2 resolved',
  ]);
  expect([alertCount, severity]).toEqual([3, 'critical']);
});
