import { createHash } from 'node:crypto';
import { insertEvents, lockTrail, selectHead } from './sql/audit.js';
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

/** Who is named where no person decides. */
export const SENTINEL = 'sentinel';

/** The predecessor of the first event: 32 zero bytes. */
export const START_HASH = Buffer.alloc(32);

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

type TrailTransaction = Pick<Transaction, 's' | 'batchSize' | 'query'>;

/**
 * Add events to the end of the trail. One appender at a time, whoever it is: a second one would use the same predecessor.
 * Resolves with the hash of the last one, null where there is none.
 */
export async function appendEvents(tx: TrailTransaction, events: readonly AuditEvent[]): Promise<Buffer | null> {
  if (events.length === 0) return null;
  await tx.query(lockTrail, [tx.s]);
  let previous = (await lastHash(tx)) ?? START_HASH;
  const chained = events.map((event) => {
    // What is hashed must be what a reader gets back.
    const stored = storable(event);
    const link = { event: stored, previous, hash: hashEvent(previous, stored) };
    previous = link.hash;
    return link;
  });
  for (const slice of slices(chained, tx.batchSize, ({ event }) => bytesOf(event)))
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
  return previous;
}

/**
 * `appendEvents` for a transaction that may be repeated because only the answer to its COMMIT was lost: what the lost
 * one appended is then the end of the trail, and is not appended again.
 */
export function appendOnce(): (tx: TrailTransaction, events: readonly AuditEvent[]) => Promise<void> {
  let tried: Buffer | null = null;
  return async (tx, events) => {
    if (tried && (await lastHash(tx))?.equals(tried)) return;
    tried = await appendEvents(tx, events);
  };
}

async function lastHash(tx: TrailTransaction): Promise<Buffer | null> {
  const [last] = await tx.query<{ hash: Buffer }>(selectHead(tx.s));
  return last?.hash ?? null;
}

function storable(event: AuditEvent): AuditEvent {
  return {
    ...event,
    actor: toText(event.actor),
    reason: event.reason === null ? null : toText(event.reason),
    details: Object.fromEntries(Object.entries(event.details).map(([key, value]) => [key, toText(value)])),
  };
}

/** About what a row costs to send. */
function bytesOf({ details }: AuditEvent): number {
  return Object.values(details).reduce((sum, { length }) => sum + length, 500);
}
