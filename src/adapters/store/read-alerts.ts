import type { DeliveryFailure } from '#src/contract/alert-delivery.js';
import type { AlertPlan } from '#src/core/incidents/alert-plan.js';
import type { AlertMessage } from '#src/core/model/alert.js';
import { findHeld } from './gather-alerts.js';
import type { Query } from './reader-pool.js';
import { findUnreminded } from './remind.js';
import { countAlerts, selectAlerts } from './sql/alert.js';

/** `held`: it waits for the day's digest. */
export type DeliveryState = 'pending' | 'held' | 'delivered' | 'failed';

/** An alert on its way to one sink; times are epoch milliseconds. */
export interface Delivery {
  readonly sink: string;
  readonly state: DeliveryState;
  readonly alert: AlertMessage;
  readonly attempts: number;
  readonly createdAt: number;
  readonly nextAttemptAt: number | null;
  readonly deliveredAt: number | null;
  /** Of the last attempt. */
  readonly failure: (DeliveryFailure & { readonly at: string }) | null;
}

/** Oldest first. */
export async function listAlerts(query: Query, s: string, states: readonly DeliveryState[]): Promise<Delivery[]> {
  const rows = await query<{
    sink: string;
    payload: AlertMessage;
    state: DeliveryState;
    attempts: number;
    failure: Delivery['failure'];
    created_at: Date;
    next_attempt_at: Date | null;
    delivered_at: Date | null;
  }>(selectAlerts(s), [states]);
  return rows.map(({ sink, payload, state, attempts, failure, ...row }) => ({
    ...{ sink, state, attempts, failure },
    alert: payload,
    createdAt: row.created_at.getTime(),
    nextAttemptAt: row.next_attempt_at?.getTime() ?? null,
    deliveredAt: row.delivered_at?.getTime() ?? null,
  }));
}

/** How many alerts there are, by sink and state; a state that none is in has no entry. */
export function countDeliveries(
  query: Query,
  s: string,
): Promise<{ sink: string; state: DeliveryState; count: number }[]> {
  return query(countAlerts(s), []);
}

/** Whether there is something to tell: what waits, a reminder, or a digest of what was held back. */
export async function areAlertsDue(query: Query, s: string, plan: AlertPlan, now: Date): Promise<boolean> {
  if ((await countDeliveries(query, s)).some(({ state }) => state === 'pending')) return true;
  if ((await findUnreminded(query, s, plan)).length > 0) return true;
  return (await findHeld(query, s, plan, now, false)).length > 0;
}
