import { randomUUID } from 'node:crypto';
import { groupBy } from '#src/core/group-by.js';
import { type AlertPlan, lastTimeOfDay } from '#src/core/incidents/alert-plan.js';
import { digestOf } from '#src/core/incidents/digest.js';
import type { Alert } from '#src/core/model/alert.js';
import { SENTINEL } from './audit.js';
import { insertDeliveries } from './dispatch-alerts.js';
import { storeId } from './enqueue-alerts.js';
import type { Query } from './reader-pool.js';
import { deleteHeld, selectHeld } from './sql/alert.js';
import { numberArray, slices } from './values.js';
import type { Transaction } from './write-session.js';

interface HeldAlert {
  readonly id: number;
  readonly sink: string;
  readonly payload: Alert;
  readonly incidents: readonly number[];
}

/** What was held back for each sink and is due: since before the last time of the day that digests are sent at, or all of it. */
export async function findHeld(
  query: Query,
  s: string,
  { sinks, daily, dailyAt }: AlertPlan,
  now: Date,
  all: boolean,
): Promise<HeldAlert[]> {
  const readers = sinks.filter(({ reader }) => reader === 'person').map(({ name }) => name);
  if (readers.length === 0) return [];
  const until = all || daily === null ? 'infinity' : new Date(lastTimeOfDay(now.getTime(), dailyAt)).toISOString();
  return query(selectHeld(s), [readers, until]);
}

/**
 * Make one message for each sink of what was held back for it since before the last time of the day that digests are sent at; with
 * `all`, or where digests were switched off since, of all that is held back.
 */
export async function gatherHeld(tx: Transaction, now: Date, all: boolean): Promise<void> {
  const { linksTo } = tx.alerts;
  const held = await findHeld(tx.query, tx.s, tx.alerts, now, all);
  if (held.length === 0) return;
  const store = await storeId(tx);
  const bySink = [...groupBy(held, ({ sink }) => sink)];
  await insertDeliveries(
    tx,
    bySink.map(([sink, rows]) => ({
      ...{ sink, state: 'pending' as const, key: `daily/${rows[0]!.id}` },
      incidents: [...new Set(rows.flatMap(({ incidents }) => incidents))],
      message: digestOf(
        rows.map(({ payload }) => payload),
        {
          ...{ id: randomUUID(), kind: 'daily', run: null, actor: SENTINEL, store },
          ...{ at: now.toISOString(), links: linksTo(null) },
        },
      ),
    })),
  );
  for (const slice of slices(held, tx.batchSize))
    await tx.query(deleteHeld(tx.s), [numberArray(slice.map(({ id }) => id))]);
}
