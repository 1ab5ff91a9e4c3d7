import { type AuditEvent, SENTINEL } from './audit.js';
import type { RunEnd, RunRef } from './records.js';
import { selectConfiguration, selectReads } from './sql/audit.js';
import { selectSourceFailures } from './sql/inventory.js';
import type { Transaction } from './write-session.js';

/** Who began a run, and how. */
export interface RunOrigin {
  readonly actor: string;
  /** Of the program. */
  readonly version: string;
  /** Command, host, options: whatever says how it was started. No secrets. */
  readonly details: Readonly<Record<string, string>>;
  /** The configuration as JSON, secrets masked, and the SHA-256 of that text, hex. */
  readonly configuration: { readonly text: string; readonly sha256: string };
}

/** Failed tables that are named; the rest are counted. */
const MAX_NAMED_TABLES = 20;

/** A configuration is written out once; each run that uses it names its digest. */
export async function begunEvents(
  tx: Transaction,
  action: 'run_begun' | 'run_resumed',
  run: string,
  at: Date,
  { actor, version, details, configuration: { text, sha256 } }: RunOrigin,
): Promise<AuditEvent[]> {
  const known = await tx.query(selectConfiguration(tx.s), [sha256]);
  const event = { incident: null, run, at, actor, reason: null };
  return [
    ...(known.length > 0 ? [] : [{ ...event, action: 'configured', details: { sha256, configuration: text } }]),
    { ...event, action, details: { ...details, version, configuration: sha256 } },
  ];
}

/** What became of runs whose processes are gone, as far as the store knows: the next run tells it. */
export async function interruptedEvents(
  tx: Transaction,
  runs: readonly { readonly id: string; readonly label: string }[],
  at: Date,
): Promise<AuditEvent[]> {
  const events: AuditEvent[] = [];
  for (const { id, label } of runs) {
    const event = {
      incident: null,
      run: label,
      at,
      actor: SENTINEL,
      action: 'run_interrupted',
      reason: null,
      details: {},
    };
    events.push(...(await readEvents(tx, { id: Number(id), label }, at, SENTINEL)), event);
  }
  return events;
}

/** The end of a run, after what it read. */
export async function endedEvents(
  tx: Transaction,
  run: RunRef,
  end: RunEnd & { readonly actor: string },
): Promise<AuditEvent[]> {
  return [...(await readEvents(tx, run, end.finishedAt, end.actor)), endedEvent(run, end)];
}

export function endedEvent(
  { label }: RunRef,
  { actor, state, finishedAt: at, exitCode }: RunEnd & { readonly actor: string },
): AuditEvent {
  const details = { state, ...(exitCode !== undefined && { exitCode: String(exitCode) }) };
  return { incident: null, run: label, at, actor, action: 'run_ended', reason: null, details };
}

/** One event a source, however many tables it has: what the run has read of it so far. */
async function readEvents(tx: Transaction, run: RunRef, at: Date, actor: string): Promise<AuditEvent[]> {
  const reads = await tx.query<{
    source: string;
    tables: string;
    rows: number;
    bytes: number;
    failed: string;
    skipped: string;
    failed_tables: string[] | null;
  }>(selectReads(tx.s), [run.id, MAX_NAMED_TABLES]);
  const failures = await tx.query<{ source: string; failure: { code: string } }>(selectSourceFailures(tx.s), [run.id]);
  const event = { incident: null, run: run.label, at, actor, action: 'read', reason: null };
  return [
    ...reads.map(({ source, tables, rows, bytes, failed, skipped, failed_tables: names }) => ({
      ...event,
      details: {
        ...{ source, tables, rows: String(rows), bytes: String(bytes) },
        ...(failed !== '0' && { failed, failedTables: (names ?? []).join(', ') }),
        ...(skipped !== '0' && { skipped }),
      },
    })),
    ...failures.map(({ source, failure }) => ({ ...event, details: { source, failure: failure.code } })),
  ];
}
