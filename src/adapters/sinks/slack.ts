import type { AlertMessage } from '#src/core/model/alert.js';
import { httpSend } from './http-send.js';
import type { SinkKind } from './sink.js';
import { shortened, wordingOf } from './wording.js';

/** Slack's limits, in characters: https://docs.slack.dev/reference/block-kit/blocks. */
const MAX_HEADER = 150;
const MAX_SECTION = 3_000;
const MAX_FIELD = 2_000;
const MAX_FIELDS = 10;
/** Of a list: 50 of them take fewer blocks than a message may have. */
const MAX_LINE = 500;

/** An incoming webhook: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks. */
export const slack: SinkKind = {
  name: 'slack',
  setting: 'SLACK_WEBHOOK_URL',
  open({ slackWebhookUrl: url }) {
    if (url === undefined) return null;
    return {
      name: 'slack',
      reader: 'person',
      destination: new URL(url).origin,
      remarks: [],
      deliver: (message, signal) =>
        httpSend(url, {
          setting: 'SLACK_WEBHOOK_URL',
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: JSON.stringify(slackMessage(message)),
          signal,
        }),
    };
  },
};

/** Blocks, and the `text` that notifications and screen readers show in their place. */
export function slackMessage(message: AlertMessage) {
  const { headline, sentences, facts, lines, links, severity, isOver } = wordingOf(message);
  const emoji = isOver ? ':white_check_mark:' : severity === 'critical' ? ':red_circle:' : ':warning:';
  const header = { type: 'plain_text', text: shortened(`${emoji} ${headline}`, MAX_HEADER), emoji: true };
  const fields = facts
    .slice(0, MAX_FIELDS)
    .map(([label, value]) => markdown(`*${label}*\n${escaped(value)}`, MAX_FIELD));
  return {
    text: shortened(escaped(`${headline}. ${sentences[0]!}`), MAX_SECTION),
    blocks: [
      { type: 'header', text: header },
      { type: 'section', text: markdown(escaped(sentences.join(' ')), MAX_SECTION) },
      ...(fields.length > 0 ? [{ type: 'section', fields }] : []),
      ...listed(lines).map((text) => ({ type: 'section', text: markdown(text, MAX_SECTION) })),
      ...(links.length === 0
        ? []
        : [
            { type: 'section', text: markdown(links.map(([label, url]) => link(label, url)).join(' · '), MAX_SECTION) },
          ]),
    ],
  };
}

/** A list in as many texts as it takes: none is longer than a section may be, and no line is divided. */
function listed(lines: readonly string[]): string[] {
  const texts: string[] = [];
  for (const line of lines) {
    const item = shortened(`• ${escaped(line)}`, MAX_LINE);
    const last = texts.at(-1);
    if (last !== undefined && last.length + item.length < MAX_SECTION) texts.splice(-1, 1, `${last}\n${item}`);
    else texts.push(item);
  }
  return texts;
}

/** `verbatim`: a table called `@here` or `example.com` is neither a call to everybody nor a link. */
function markdown(text: string, length: number) {
  return { type: 'mrkdwn', text: shortened(text, length), verbatim: true };
}

/** The three characters that mean something: https://docs.slack.dev/messaging/formatting-message-text. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function link(label: string, url: string): string {
  return `<${escaped(url).replaceAll('|', '%7C')}|${label}>`;
}
