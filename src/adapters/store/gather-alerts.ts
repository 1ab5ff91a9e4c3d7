import { randomUUID } from 'node:crypto';
import { lastTimeOfDay } from '#src/core/incidents/alert-plan.js';
import { digestOf } from '#src/core/incidents/digest.js';
import type { Alert } from '#src/core/model/alert.js';
import { SENTINEL } from './audit.js';
import { insertDeliveries } from './dispatch-alerts.js';
import { storeId } from './enqueue-alerts.js';
import { deleteHeld, selectHeld } from './sql/alert.js';
import { numberArray, slices } from './values.js';
import type { Transaction } from './write-session.js';

/**
 * Make one message for each sink of what was held back for it since before the last time of the day that digests are sent at; with
 * `all`, or where digests were switched off since, of all that is held back.
 */
export async function gatherHeld(tx: Transaction, now: Date, all: boolean): Promise<void> {
  const { sinks, daily, dailyAt, linksTo } = tx.alerts;
  const readers = sinks.filter(({ reader }) => reader === 'person').map(({ name }) => name);
  if (readers.length === 0) return;
  const until = all || daily === null ? Number.POSITIVE_INFINITY : lastTimeOfDay(now.getTime(), dailyAt);
  const held = await tx.query<{ id: number; sink: string; payload: Alert; incidents: number[] }>(selectHeld(tx.s), [
    readers,
    until === Number.POSITIVE_INFINITY ? 'infinity' : new Date(until).toISOString(),
  ]);
  if (held.length === 0) return;
  const store = await storeId(tx);
  const bySink = readers
    .map((sink) => [sink, held.filter((each) => each.sink === sink)] as const)
    .filter(([, rows]) => rows.length > 0);
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
