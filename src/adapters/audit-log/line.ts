import { hashEvent } from '#src/adapters/store/audit.js';
import type { AuditLink } from '#src/adapters/store/read-audit.js';
import type { ConnectionSettings } from '#src/contract/connection.js';

/** The file in LOG_DIR that mirrors the audit trail. */
export const AUDIT_LOG = 'audit.log';

/** One event of one store as a line of `audit.log` tells it. Hashes are hex. */
export interface AuditLine {
  /** Which store: several may share a LOG_DIR. */
  readonly store: string;
  readonly id: number;
  readonly previous: string;
  readonly hash: string;
  /** False where its contents do not give its hash. */
  readonly isTrue: boolean;
}

/** How lines name a store. */
export function storeAddress({ host, port, database }: ConnectionSettings, schema: string): string {
  return `${host}:${port}/${database}/${schema}`;
}

/** One JSON object without its newline. */
export function formatLine(store: string, { id, event, previous, hash }: AuditLink): string {
  const { incident, run, at, actor, action, reason, details } = event;
  const shown = { store, id, at: at.toISOString(), actor, action, run, incident, reason, details };
  return JSON.stringify({ ...shown, previous: previous.toString('hex'), hash: hash.toString('hex') });
}

/** Null where the text is no line of `formatLine`. */
export function parseLine(text: string): AuditLine | null {
  try {
    const { store, id, previous, hash, ...event } = JSON.parse(text) as Record<string, unknown>;
    if (typeof store !== 'string' || !Number.isSafeInteger(id) || !isHash(previous) || !isHash(hash)) return null;
    return { store, id: id as number, previous, hash, isTrue: hashOf(previous, event) === hash };
  } catch {
    return null;
  }
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

const FIELDS = ['action', 'actor', 'at', 'details', 'incident', 'reason', 'run'];

/** Null where it is no event: a field too many would be one that no hash covers. */
function hashOf(previous: string, event: Readonly<Record<string, unknown>>): string | null {
  const { at, details } = event;
  const isEvent =
    Object.keys(event).sort().join() === FIELDS.join() &&
    typeof details === 'object' &&
    details !== null &&
    !Array.isArray(details) &&
    typeof at === 'string' &&
    new Date(at).toISOString() === at;
  if (!isEvent) return null;
  const stored = { ...event, at: new Date(at) } as AuditLink['event'];
  return hashEvent(Buffer.from(previous, 'hex'), stored).toString('hex');
}
