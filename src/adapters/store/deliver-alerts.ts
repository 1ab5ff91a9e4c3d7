import type { ClaimedAlert, DeliveryOutcome } from '#src/contract/alert-delivery.js';
import type { Alert } from '#src/core/model/alert.js';
import { appendEvents, SENTINEL } from './audit.js';
import { claimAlert, deferAlerts, makeDue, recordAttempt, selectNextDue } from './sql/alert.js';
import { toJson } from './values.js';
import type { Transaction } from './write-session.js';

/** Take the next alert of a sink for `claimMs`; null where nothing is due. */
export async function claimNext(tx: Transaction, sink: string, claimMs: number): Promise<ClaimedAlert | null> {
  const [row] = await tx.query<{ id: string; sink: string; payload: Alert; attempts: number }>(claimAlert(tx.s), [
    sink,
    claimMs,
  ]);
  return row ? { row: Number(row.id), sink: row.sink, alert: row.payload, attempt: row.attempts } : null;
}

/** Milliseconds until something of a sink is due; null where nothing waits. */
export async function nextDueMs(tx: Transaction, sink: string): Promise<number | null> {
  const [row] = await tx.query<{ wait: number }>(selectNextDue(tx.s), [sink]);
  return row ? Math.max(0, row.wait) : null;
}

/**
 * Note how an attempt ended, and in the audit trail what was sent or is given up. A destination that says when it will take more is
 * left alone until then, with all that waits for it.
 */
export async function recordOutcome(
  tx: Transaction,
  { row, sink, alert, attempt }: ClaimedAlert,
  outcome: DeliveryOutcome,
  retryInMs: number,
): Promise<void> {
  const state = outcome.result === 'retry' ? 'pending' : outcome.result;
  const failure = outcome.result === 'delivered' ? null : toJson({ ...outcome.failure, at: new Date().toISOString() });
  const [stored] = await tx.query<{ incident: string }>(recordAttempt(tx.s), [row, attempt, state, failure, retryInMs]);
  if (outcome.result === 'retry') {
    if (outcome.retryAfterMs !== undefined) await tx.query(deferAlerts(tx.s), [sink, outcome.retryAfterMs]);
    return;
  }
  if (!stored) return; // another process has noted an attempt of its own since our claim ran out, or this was noted before
  await appendEvents(tx, [
    {
      incident: Number(stored.incident),
      run: alert.run,
      at: new Date(),
      actor: SENTINEL,
      action: outcome.result === 'delivered' ? 'alerted' : 'alert_failed',
      reason: outcome.result === 'delivered' ? null : outcome.failure.message,
      details: { sink, event: alert.event, alert: alert.id, attempts: String(attempt) },
    },
  ]);
}

/** Let what waits for these sinks be tried now; with `failed` also what was given up. */
export async function retryNow(tx: Transaction, sinks: readonly string[], failed: boolean): Promise<void> {
  await tx.query(makeDue(tx.s), [sinks, failed]);
}
