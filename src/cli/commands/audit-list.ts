import type { AuditEntry } from '#src/adapters/store/read-audit.js';
import { EXIT } from '../exit-code.js';
import { type Io, writeJson, writeLine } from '../io.js';
import { loadSettings } from '../load-settings.js';
import { renderEntries } from '../render/entries.js';
import { formatTime } from '../render/format.js';
import type { Cell } from '../render/table.js';
import { openMetadata } from '../run-store.js';
import { terminal } from '../terminal.js';

export interface AuditListOptions {
  readonly since?: Date;
  readonly limit: number;
  readonly json?: boolean;
}

/** List the audit trail, newest first. */
export async function auditListCommand({ since, limit, json }: AuditListOptions, io: Io): Promise<number> {
  const store = await openMetadata(loadSettings(io), () => undefined);
  try {
    const entries = await store.listTrail({ limit, ...(since && { since }) });
    if (json)
      for (const { at, ...entry } of entries)
        writeJson(io, { type: 'audit_event', ...entry, at: new Date(at).toISOString() });
    else writeLine(io.stdout, describe(entries, since, io));
    return EXIT.ok;
  } finally {
    await store.close();
  }
}

function describe(entries: readonly AuditEntry[], since: Date | undefined, io: Io): string {
  if (entries.length === 0)
    return since ? `Nothing happened since ${formatTime(since.getTime())}.` : 'The audit trail is empty.';
  const rows = entries.map((entry): Cell[] => [
    formatTime(entry.at),
    entry.actor,
    entry.action,
    entry.incident ?? entry.run ?? '',
    remark(entry),
  ]);
  const columns = ['at', 'who', 'what', 'of', 'how'].map((title) => ({ title }));
  return renderEntries(columns, rows, terminal(io));
}

/** Longer details are for --json. */
const MAX_DETAIL = 100;

function remark({ reason, details }: AuditEntry): string {
  const pairs = Object.entries(details)
    .filter(([, value]) => value !== '')
    .map(([key, value]) => `${key} ${value.length > MAX_DETAIL ? `${value.slice(0, MAX_DETAIL)}…` : value}`);
  return [...(reason ? [reason] : []), ...pairs].join('; ');
}
