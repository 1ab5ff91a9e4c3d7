import type { AuditEvent } from './audit.js';
import type { Query } from './reader-pool.js';
import { selectEventsAfter, selectHashes, selectHead, selectTrail } from './sql/audit.js';
import { numberArray } from './values.js';

/** One link of the trail as the table has it, true or not. */
export interface AuditLink {
  readonly id: number;
  readonly event: AuditEvent;
  readonly previous: Buffer;
  readonly hash: Buffer;
  /** False where `at` has more than milliseconds, which no event is written with. */
  readonly whole: boolean;
}

/** The end of the trail. */
export interface AuditHead {
  readonly id: number;
  /** Hex. */
  readonly hash: string;
}

/** One event for people; `incident` is the label, times are epoch milliseconds. */
export interface AuditEntry extends Omit<AuditEvent, 'incident' | 'at'> {
  readonly id: number;
  readonly incident: string | null;
  readonly at: number;
  /** Hex. */
  readonly hash: string;
}

export interface AuditFilter {
  readonly since?: Date;
  readonly limit: number;
}

/** At most `limit` links after the one of this id, oldest first. */
export async function linksAfter(query: Query, s: string, id: number, limit: number): Promise<AuditLink[]> {
  const rows = await query<
    Omit<AuditEvent, 'incident'> & {
      id: string;
      incident: string | null;
      prev_hash: Buffer;
      hash: Buffer;
      whole: boolean;
    }
  >(selectEventsAfter(s), [id, limit]);
  return rows.map(({ id, incident, prev_hash: previous, hash, whole, ...event }) => ({
    id: Number(id),
    event: { ...event, incident: incident === null ? null : Number(incident) },
    ...{ previous, hash, whole },
  }));
}

/** Null where nothing has happened yet. */
export async function auditHead(query: Query, s: string): Promise<AuditHead | null> {
  const [row] = await query<{ id: string; hash: Buffer }>(selectHead(s));
  return row ? { id: Number(row.id), hash: row.hash.toString('hex') } : null;
}

/** The hashes, hex, of the events of these ids; those that are not there are left out. */
export async function hashesOf(query: Query, s: string, ids: readonly number[]): Promise<Map<number, string>> {
  const rows = await query<{ id: string; hash: Buffer }>(selectHashes(s), [numberArray(ids)]);
  return new Map(rows.map(({ id, hash }) => [Number(id), hash.toString('hex')]));
}

/** Newest first. */
export async function listTrail(query: Query, s: string, { since, limit }: AuditFilter): Promise<AuditEntry[]> {
  const rows = await query<Omit<AuditEntry, 'id' | 'at' | 'hash'> & { id: string; at: Date; hash: Buffer }>(
    selectTrail(s),
    [since?.toISOString() ?? null, limit],
  );
  return rows.map(({ id, at, hash, ...row }) => ({
    ...row,
    id: Number(id),
    at: at.getTime(),
    hash: hash.toString('hex'),
  }));
}
