import { randomUUID } from 'node:crypto';
import { alertDue, alertOf } from '#src/core/incidents/alert.js';
import { factsOf } from '#src/core/incidents/alert-plan.js';
import type { IncidentChange } from '#src/core/incidents/life-cycle.js';
import type { Severity } from '#src/core/model/finding.js';
import { loadTouched } from './dependencies.js';
import { dispatchAlerts, type HeardBy, heardBy } from './dispatch-alerts.js';
import type { StoredIncident } from './incident-rows.js';
import { selectStoreId } from './sql/lease.js';
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

const NOBODY: HeardBy = new Map();

/**
 * Put what has to be told of these changes into the outbox of each sink that it goes to, in the transaction that stores them: then it
 * is told if and only if it happened. Alerts of an incident are numbered and a number is used once, so that a transaction that is
 * repeated, a run that is judged again or resumed adds nothing.
 */
export async function enqueueAlerts(
  tx: Transaction,
  changes: readonly RowChange[],
  origin: ChangeOrigin,
): Promise<void> {
  const { alerts: plan } = tx;
  if (plan.sinks.length === 0) return;
  const due = changes.flatMap(({ change, id, row }) => {
    const { alertedSeverity: alerted, alerts } = heardOf(change);
    const event = alertDue(change, alerted);
    return event === null ? [] : [{ change, id, row, event, alerted, key: `${id}/${alerts + 1}` }];
  });
  if (due.length === 0) return;
  const store = await storeId(tx);
  const touchedBy = await loadTouched(
    tx,
    plan.feedsOf,
    due.map(({ change }) => change.after.subject.source),
  );
  const heard = await heardBy(
    tx,
    due.flatMap(({ change, row }) => (change.before === null ? [] : [row])),
  );
  await dispatchAlerts(
    tx,
    due.map(({ change: { after, group }, id, row, event, alerted, key }) => {
      const facts = factsOf(after, plan);
      const told = heard.get(row) ?? NOBODY;
      const alert = alertOf({
        ...{ id: randomUUID(), event, incident: id, after, alerted, store },
        ...{
          findings: group?.findings ?? [],
          owners: facts.owners,
          touched: touchedBy(facts.source, facts.tables),
          links: plan.linksTo(id),
          ...origin,
        },
      });
      // What is over is told where its beginning was, wherever the routes lead by now.
      const sinks = event === 'resolved' ? new Set(told.keys()) : plan.route(facts);
      return { alert, row, key, sinks, heard: told };
    }),
    { ...origin, store },
  );
}

/** What tells the incidents of this store from those of another. */
export async function storeId(tx: Transaction): Promise<string> {
  const [row] = await tx.query<{ store_id: string }>(selectStoreId(tx.s));
  return row!.store_id;
}

/** What people know of an incident before a change. */
function heardOf({ before }: IncidentChange): { alertedSeverity: Severity | null; alerts: number } {
  return (before as StoredIncident | null) ?? { alertedSeverity: null, alerts: 0 };
}
