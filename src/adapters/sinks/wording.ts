import { grouped, list, name } from '#src/core/checks/sentence.js';
import type { Alert, AlertEvent, AlertMessage, Digest, DigestEntry } from '#src/core/model/alert.js';
import type { Severity } from '#src/core/model/finding.js';

/** A message for people in plain pieces, which each sink sets in its own way. Nothing in them is escaped. */
export interface Wording {
  /** One short line: how bad, what, where. */
  readonly headline: string;
  /** What is wrong, in plain sentences. */
  readonly sentences: readonly string[];
  /** Label and value. */
  readonly facts: readonly (readonly [string, string])[];
  /** Of a digest, one line an incident; then how many are not listed. */
  readonly lines: readonly string[];
  /** Label and URL. */
  readonly links: readonly (readonly [string, string])[];
  readonly severity: Severity;
  readonly isOver: boolean;
}

/** The words of an alert or of a digest. */
export function wordingOf(message: AlertMessage): Wording {
  return message.event === 'digest' ? digestWording(message) : alertWording(message);
}

const EVENT_WORDS: Readonly<Record<AlertEvent, string>> = {
  opened: 'new',
  worsened: 'worse than before',
  reopened: 'open again',
  reminder: 'still open, and nobody has acknowledged it',
  resolved: 'resolved',
  test: 'a test',
};

const LINK_WORDS: Readonly<Record<string, string>> = { incident: 'Open the incident', report: 'Open the report' };

function alertWording({ event, incident, links }: Alert): Wording {
  const { id, severity, title, cause, owners, since, resolvedAt, findings, findingCount } = incident;
  // An alert may have waited since a version that did not know these.
  const { nextStep = null, feeds = [], referencedBy = [] } = incident;
  const isOver = event === 'resolved';
  const others = findings.slice(1, 4).map(({ message }) => message);
  const facts: [string, string][] = [
    ['State', EVENT_WORDS[event]],
    ['Severity', severity],
    ['Where', whereOf(incident)],
    ['Open since', time(since)],
  ];
  if (resolvedAt !== null) facts.push(['Until', time(resolvedAt)]);
  if (owners.length > 0) facts.push(['Owner', owners.join(', ')]);
  if (feeds.length > 0) facts.push(['Feeds', list(feeds)]);
  if (referencedBy.length > 0) facts.push(['Referred to by', list(referencedBy)]);
  if (findingCount > 1) facts.push(['Findings', grouped(findingCount)]);
  if (nextStep !== null) facts.push(['What to do', nextStep]);
  if (!isOver && event !== 'test') facts.push(['Someone is on it', `sentinel incidents ack ${id}`]);
  return {
    headline: `${event === 'test' ? 'TEST: ' : ''}${isOver ? 'RESOLVED' : severity.toUpperCase()}: ${id} in ${whereOf(incident)}`,
    sentences: [title, ...(cause === null || title.includes(cause) ? [] : [cause])],
    facts,
    lines: others,
    links: linksOf(links),
    ...{ severity, isOver },
  };
}

function digestWording({ kind, severity, alerts, alertCount, links }: Digest): Wording {
  const isOver = alerts.every(({ event }) => event === 'resolved');
  const what = `${grouped(alertCount)} ${alertCount === 1 ? 'alert' : 'alerts'}`;
  const sentence = {
    storm: `One run had ${what}. They have perhaps one cause, so they come as one message.`,
    daily: `${what} of low severity since the last digest.`,
    over: 'All incidents that were told together are resolved.',
  }[kind];
  const more = alertCount - alerts.length;
  return {
    headline: `${isOver ? 'RESOLVED' : severity.toUpperCase()}: ${what} ${kind === 'daily' ? 'of the day' : 'at once'}`,
    sentences: [sentence],
    facts: [],
    lines: [...alerts.map(lineOf), ...(more > 0 ? [`and ${grouped(more)} more: sentinel incidents`] : [])],
    links: linksOf(links),
    ...{ severity, isOver },
  };
}

function lineOf({ event, incident }: DigestEntry): string {
  const { id, severity, title, owners } = incident;
  const owner = owners.length === 0 ? '' : ` (${owners.join(', ')})`;
  return `${id}, ${severity}, ${EVENT_WORDS[event]}, ${whereOf(incident)}${owner}: ${title}`;
}

function linksOf(links: Readonly<Record<string, string>>): (readonly [string, string])[] {
  return Object.entries(links).map(([key, url]) => [LINK_WORDS[key] ?? key, url]);
}

/** `batch.sales.orders`, `12 tables of batch`, `batch`. */
export function whereOf({ source, tables, tableCount }: DigestEntry['incident']): string {
  if (tableCount > 1) return `${grouped(tableCount)} tables of ${name(source)}`;
  return [source, ...tables.flatMap(({ schema, table }) => [schema, table])].map(name).join('.');
}

/** `2026-01-02 03:04 UTC`. */
function time(iso: string): string {
  return `${iso.slice(0, 16).replace('T', ' ')} UTC`;
}

/** At most so many characters, and never half of one. */
export function shortened(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}
