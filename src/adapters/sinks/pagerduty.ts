import type { AlertMessage } from '#src/core/model/alert.js';
import type { Severity } from '#src/core/model/finding.js';
import { httpSend } from './http-send.js';
import type { SinkKind } from './sink.js';
import { shortened, whereOf, wordingOf } from './wording.js';

const DEFAULT_URL = 'https://events.pagerduty.com/v2/enqueue';
/** Characters of a summary: https://developer.pagerduty.com/docs/send-alert-event. */
const MAX_SUMMARY = 1_024;
/** Of the details: an event of more than 512 KiB is refused. */
const MAX_DETAIL = 10_000;
const MAX_LINE = 500;

/** Events API v2: an incident is triggered and resolved under a key of its own, so that an event that comes twice changes nothing. */
export const pagerduty: SinkKind = {
  name: 'pagerduty',
  setting: 'PAGERDUTY_ROUTING_KEY',
  open({ pagerdutyRoutingKey: key, pagerdutyUrl: url = DEFAULT_URL }) {
    if (key === undefined) return null;
    return {
      name: 'pagerduty',
      reader: 'pager',
      destination: new URL(url).origin,
      remarks: [],
      deliver: (message, signal) =>
        httpSend(url, {
          setting: 'PAGERDUTY_URL',
          secret: 'PAGERDUTY_ROUTING_KEY',
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify({ routing_key: key, ...pagerdutyEvent(message) }),
          signal,
        }),
    };
  },
};

const SEVERITIES: Readonly<Record<Severity, string>> = { info: 'info', warn: 'warning', critical: 'critical' };

/** An event without its routing key. */
export function pagerdutyEvent(message: AlertMessage) {
  const { headline, sentences, facts, lines, links, severity } = wordingOf(message);
  const isOver = message.event === 'digest' ? message.kind === 'over' : message.event === 'resolved';
  const event = { event_action: isOver ? 'resolve' : 'trigger', dedup_key: dedupKey(message) };
  if (isOver) return event;
  return {
    ...event,
    client: 'Sentinel',
    links: links.map(([text, href]) => ({ text, href })),
    payload: {
      summary: shortened(`${headline}: ${sentences[0]!}`, MAX_SUMMARY),
      source: message.event === 'digest' ? 'sentinel' : whereOf(message.incident),
      severity: message.event === 'test' ? 'info' : SEVERITIES[severity],
      timestamp: message.at,
      ...(message.event !== 'digest' && { group: message.incident.source }),
      custom_details: {
        sentences: shortened(sentences.join(' '), MAX_DETAIL),
        ...Object.fromEntries(facts),
        ...(lines.length > 0 && { list: lines.map((line) => shortened(line, MAX_LINE)) }),
        alert: message.id,
      },
    },
  };
}

/** At most 255 characters; the store's id is in it, as each store has an incident INC-1. */
function dedupKey(message: AlertMessage): string {
  const subject = message.event === 'digest' ? `digest/${message.of}` : message.incident.id;
  return `sentinel/${message.store}/${subject}`;
}
