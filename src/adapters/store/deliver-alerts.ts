import type { ClaimedAlert, DeliveryOutcome, DeliveryProgress } from '#src/contract/alert-delivery.js';
import type { AlertMessage } from '#src/core/model/alert.js';
import { appendEvents, SENTINEL } from './audit.js';
import { claimAlert, deferAlerts, makeDue, recordAttempt, selectNextDue } from './sql/alert.js';
import { toJson } from './values.js';
import type { Transaction } from './write-session.js';

/** Take the next alert of a sink for `claimMs`; null where nothing is due. */
export async function claimNext(tx: Transaction, sink: string, claimMs: number): Promise<ClaimedAlert | null> {
  const [row] = await tx.query<{
    id: string;
    sink: string;
    payload: AlertMessage;
    attempts: number;
    progress: DeliveryProgress | null;
  }>(claimAlert(tx.s), [sink, claimMs]);
  if (!row) return null;
  return {
    row: Number(row.id),
    sink: row.sink,
    alert: row.payload,
    attempt: row.attempts,
    progress: row.progress,
  };
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
  const problem = outcome.result === 'delivered' ? outcome.remark : outcome.failure;
  const failure = problem === undefined ? null : toJson({ ...problem, at: new Date().toISOString() });
  const progress = outcome.result === 'retry' && outcome.progress ? toJson(outcome.progress) : null;
  const values = [row, attempt, state, failure, retryInMs, progress];
  const [stored] = await tx.query<{ incidents: number[] }>(recordAttempt(tx.s), values);
  if (outcome.result === 'retry') {
    if (outcome.retryAfterMs !== undefined) await tx.query(deferAlerts(tx.s), [sink, outcome.retryAfterMs]);
    return;
  }
  if (!stored) return; // another process has noted an attempt of its own since our claim ran out, or this was noted before
  const at = new Date();
  const event = alert.event === 'digest' ? `${alert.kind} digest` : alert.event;
  const details = { sink, event, alert: alert.id, attempts: String(attempt) };
  await appendEvents(
    tx,
    stored.incidents.map((incident) => ({
      ...{ incident, at, details, run: alert.run, actor: SENTINEL },
      action: outcome.result === 'delivered' ? 'alerted' : 'alert_failed',
      reason: problem?.message ?? null,
    })),
  );
}

/** Let what waits for these sinks be tried now; with `failed` also what was given up. */
export async function retryNow(tx: Transaction, sinks: readonly string[], failed: boolean): Promise<void> {
  await tx.query(makeDue(tx.s), [sinks, failed]);
}
