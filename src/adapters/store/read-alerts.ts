import type { DeliveryFailure } from '#src/contract/alert-delivery.js';
import type { AlertMessage } from '#src/core/model/alert.js';
import type { Query } from './reader-pool.js';
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
