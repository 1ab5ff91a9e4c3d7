import { createHash } from 'node:crypto';
import { insertEvents, selectLastHash } from './sql/audit.js';
import { numberArray, slices, toJson, toText } from './values.js';
import type { Transaction } from './write-session.js';

/** Something that happened to an incident, or (`incident` null) that Sentinel did. */
export interface AuditEvent {
  /** Id of the incident's row. */
  readonly incident: number | null;
  /** Label of the run that it happened in; null where a person did it. */
  readonly run: string | null;
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  readonly reason: string | null;
  readonly details: Readonly<Record<string, string>>;
}

/** The predecessor of the first event: 32 zero bytes. */
const START = Buffer.alloc(32);

/**
 * SHA-256 over the predecessor's hash and the event as UTF-8 JSON without blanks:
 * `[incident, run, at, actor, action, reason, details]`, `at` as ISO 8601 UTC in milliseconds, the keys of `details` sorted.
 */
export function hashEvent(previous: Uint8Array, event: AuditEvent): Buffer {
  const { incident, run, at, actor, action, reason, details } = event;
  const sorted = Object.fromEntries(Object.entries(details).sort(([a], [b]) => (a < b ? -1 : 1)));
  const row = JSON.stringify([incident, run, at.toISOString(), actor, action, reason, sorted]);
  return createHash('sha256').update(previous).update(row, 'utf8').digest();
}

/** Add events to the end of the trail. Only the writer may: two appenders would use the same predecessor. */
export async function appendEvents(tx: Transaction, events: readonly AuditEvent[]): Promise<void> {
  if (events.length === 0) return;
  const [last] = await tx.query<{ hash: Buffer }>(selectLastHash(tx.s));
  let previous = last?.hash ?? START;
  const chained = events.map((event) => {
    // What is hashed must be what a reader gets back.
    const stored = storable(event);
    const link = { event: stored, previous, hash: hashEvent(previous, stored) };
    previous = link.hash;
    return link;
  });
  for (const slice of slices(chained, tx.batchSize, ({ event }) => (event.details.title ?? '').length + 500))
    await tx.query(insertEvents(tx.s), [
      numberArray(slice.map(({ event }) => event.incident)),
      slice.map(({ event }) => event.run),
      slice.map(({ event }) => event.at.toISOString()),
      slice.map(({ event }) => event.actor),
      slice.map(({ event }) => event.action),
      slice.map(({ event }) => event.reason),
      slice.map(({ event }) => toJson(event.details)),
      slice.map((link) => link.previous.toString('hex')),
      slice.map(({ hash }) => hash.toString('hex')),
    ]);
}

function storable(event: AuditEvent): AuditEvent {
  return {
    ...event,
    actor: toText(event.actor),
    reason: event.reason === null ? null : toText(event.reason),
    details: Object.fromEntries(Object.entries(event.details).map(([key, value]) => [key, toText(value)])),
  };
}
