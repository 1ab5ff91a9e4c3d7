import { randomUUID } from 'node:crypto';
import { alertDue, alertOf } from '#src/core/incidents/alert.js';
import type { IncidentChange } from '#src/core/incidents/life-cycle.js';
import type { Severity } from '#src/core/model/finding.js';
import type { StoredIncident } from './incident-rows.js';
import { insertAlerts, markAlerted } from './sql/alert.js';
import { numberArray, slices, toJson } from './values.js';
import type { Transaction } from './write-session.js';

/** A change of the incident that is labelled `id` and has this row. */
export interface RowChange {
  readonly change: IncidentChange;
  readonly id: string;
  readonly row: number;
}

/** Where changes come from; `at` is epoch milliseconds. */
export interface ChangeOrigin {
  readonly at: number;
  readonly run: string | null;
  readonly actor: string;
}

/**
 * Put what has to be told of these changes into the outbox of each sink, in the transaction that stores them: then it is told
 * if and only if it happened. Alerts of an incident are numbered and a number is used once, so that a transaction that is
 * repeated, a run that is judged again or resumed adds nothing.
 */
export async function enqueueAlerts(
  tx: Transaction,
  changes: readonly RowChange[],
  { at, run, actor }: ChangeOrigin,
): Promise<void> {
  if (tx.alertSinks.length === 0) return;
  const due = changes.flatMap(({ change, id, row }) => {
    const { alertedSeverity: alerted, alerts } = heardOf(change);
    const event = alertDue(change, alerted);
    if (event === null) return [];
    const { after, group } = change;
    const findings = group?.findings ?? [];
    const payload = toJson(
      alertOf({ id: randomUUID(), event, incident: id, after, alerted, findings, at, run, actor }),
    );
    return [{ row, key: `${id}/${alerts + 1}`, payload, severity: after.severity }];
  });
  for (const slice of slices(due, tx.batchSize, ({ payload }) => payload.length * tx.alertSinks.length)) {
    const rows = numberArray(slice.map(({ row }) => row));
    await tx.query(insertAlerts(tx.s), [
      rows,
      slice.map(({ key }) => key),
      slice.map(({ payload }) => payload),
      tx.alertSinks,
    ]);
    await tx.query(markAlerted(tx.s), [new Date(at).toISOString(), rows, slice.map(({ severity }) => severity)]);
  }
}

/** What people know of an incident before a change. */
function heardOf({ before }: IncidentChange): { alertedSeverity: Severity | null; alerts: number } {
  return (before as StoredIncident | null) ?? { alertedSeverity: null, alerts: 0 };
}
