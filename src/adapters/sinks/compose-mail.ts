import type { EmailSettings } from '#src/config/email-settings.js';
import type { AlertMessage } from '#src/core/model/alert.js';
import { shortened, type Wording, wordingOf } from './wording.js';

/** Characters of a subject; more is cut off by whoever shows it. */
const MAX_SUBJECT = 200;

/**
 * A mail of a text and an HTML part. Its Message-ID is the alert's id, the same in every attempt, so that a repeat is recognised; all
 * mails of an incident refer to one id, so that they are shown together.
 */
export async function composeMail(
  message: AlertMessage,
  { from, to }: Pick<EmailSettings, 'from' | 'to'>,
): Promise<Buffer> {
  const { default: MailComposer } = await import('nodemailer/lib/mail-composer');
  const wording = wordingOf(message);
  const domain = /@([^@<>]+)>?$/.exec(from)![1]!;
  const thread = message.event === 'digest' ? message.of : message.incident.id;
  const mail = new MailComposer({
    ...{ from, to: [...to] },
    subject: shortened(`[Sentinel] ${wording.headline}`, MAX_SUBJECT),
    messageId: `<${message.id}@${domain}>`,
    references: `<${thread}.${message.store}@${domain}>`,
    date: new Date(),
    headers: {
      'X-Sentinel-Event': message.event,
      // RFC 3834: no holiday notice is to answer it.
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
    },
    text: asText(wording),
    html: asHtml(wording),
    // Nothing in a mail is ever read from a file or fetched.
    ...{ disableFileAccess: true, disableUrlAccess: true },
  });
  return mail.compile().build();
}

function asText({ headline, sentences, facts, lines, links }: Wording): string {
  const width = Math.max(0, ...facts.map(([label]) => label.length));
  const paragraphs = [
    headline,
    sentences.join('\n'),
    facts.map(([label, value]) => `${label.padEnd(width)}  ${value}`).join('\n'),
    lines.map((line) => `- ${line}`).join('\n'),
    links.map(([label, url]) => `${label}: ${url}`).join('\n'),
  ];
  return `${paragraphs.filter((paragraph) => paragraph !== '').join('\n\n')}\n`;
}

function asHtml({ headline, sentences, facts, lines, links, severity, isOver }: Wording): string {
  const color = isOver ? '#1a7f37' : severity === 'critical' ? '#b42318' : '#9a6700';
  const rows = facts.map(
    ([label, value]) =>
      `<tr><td style="padding:2px 16px 2px 0;color:#57606a">${escaped(label)}</td><td>${escaped(value)}</td></tr>`,
  );
  const parts = [
    `<h2 style="font-size:18px;margin:0 0 12px;color:${color}">${escaped(headline)}</h2>`,
    ...sentences.map((sentence) => `<p style="margin:0 0 8px">${escaped(sentence)}</p>`),
    rows.length > 0
      ? `<table style="border-collapse:collapse;margin:12px 0;font-size:14px">${rows.join('')}</table>`
      : '',
    lines.length > 0 ? `<ul>${lines.map((line) => `<li>${escaped(line)}</li>`).join('')}</ul>` : '',
    ...links.map(([label, url]) => `<p><a href="${escaped(url)}">${escaped(label)}</a></p>`),
  ];
  return `<!doctype html><html><body style="font-family:sans-serif;color:#1f2328">${parts.join('')}</body></html>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
