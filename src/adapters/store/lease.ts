import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { quoteIdentifier } from '#src/adapters/postgres/quote.js';
import { StoreError, storeName } from './failure.js';
import type { StoreOptions } from './options.js';
import { guarded } from './session.js';
import { endHolder, renewLease, selectLease, takeLease } from './sql/lease.js';
import { tryWriterLock, type WriterLock } from './writer-lock.js';

/** The right to write, as one process holds it. */
export interface Lease {
  readonly epoch: number;
  readonly lock: WriterLock;
}

interface LeaseRow {
  readonly epoch: string;
  readonly holder: string | null;
  readonly pid: number | null;
  readonly host: string | null;
  readonly taken_at: Date | null;
}

/** How long the server may take to notice that a holder on this machine is dead. */
const DEAD_HOLDER_WAIT_MS = 5_000;
const POLL_MS = 50;

/** Take the lock and a new epoch, or reject with `store_busy` and who holds it. `holder` is for people: `run 20260102-…`. */
export async function takeWriterLease(client: pg.Client, options: StoreOptions, holder: string): Promise<Lease> {
  const s = quoteIdentifier(options.schema);
  const giveUpAt = Date.now() + DEAD_HOLDER_WAIT_MS;
  for (;;) {
    const lock = await tryWriterLock(client, options);
    if (lock)
      return releasedOnFailure(lock, () =>
        guarded(client, options, async () => {
          const values = [holder, process.pid, hostname(), lock.backendPid];
          const taken = await client.query<{ epoch: string }>(takeLease(s), values);
          return { epoch: Number(taken.rows[0]!.epoch), lock };
        }),
      );
    const row = await guarded(client, options, () => leaseRow(client, s));
    if (!diedHere(row) || Date.now() > giveUpAt) throw busy(row, options);
    await delay(POLL_MS);
  }
}

/**
 * The same lease with a new lock, after the old one's connection was lost. Rejects with `lease_lost` where another writer has
 * taken over; with a retryable error while our own old session still holds the lock (it is told to end).
 */
export async function renewWriterLease(client: pg.Client, options: StoreOptions, lease: Lease): Promise<Lease> {
  const s = quoteIdentifier(options.schema);
  const lock = await tryWriterLock(client, options);
  if (lock)
    return releasedOnFailure(lock, () =>
      guarded(client, options, async () => {
        const renewed = await client.query(renewLease(s), [lease.epoch, lock.backendPid]);
        if (renewed.rowCount === 0) throw leaseLost(options);
        return { epoch: lease.epoch, lock };
      }),
    );
  return guarded(client, options, async () => {
    const row = await leaseRow(client, s);
    if (Number(row.epoch) !== lease.epoch) throw leaseLost(options);
    await client.query(endHolder, [options.schema, lease.lock.backendPid]);
    throw new StoreError('store_busy', `${name(options)}: the previous connection of this process still holds it`, {
      retryable: true,
    });
  });
}

export function leaseLost(options: StoreOptions): StoreError {
  return new StoreError(
    'lease_lost',
    `${name(options)}: another Sentinel took over writing while this one was cut off; ` +
      'nothing of this write was kept. Run again when the other has finished.',
  );
}

async function leaseRow(client: pg.Client, s: string): Promise<LeaseRow> {
  return (await client.query<LeaseRow>(selectLease(s))).rows[0]!;
}

async function releasedOnFailure(lock: WriterLock, work: () => Promise<Lease>): Promise<Lease> {
  try {
    return await work();
  } catch (error) {
    await lock.release().catch(() => undefined); // lost with its connection; the first error is the one to report
    throw error;
  }
}

/** True where the recorded holder ran on this machine and is no more: its lock goes as soon as the server notices. */
function diedHere(row: LeaseRow): boolean {
  if (row.host !== hostname() || row.pid === null || row.pid === process.pid) return false;
  try {
    process.kill(row.pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

function busy(row: LeaseRow, options: StoreOptions): StoreError {
  const since = row.taken_at?.toISOString() ?? 'unknown';
  const who = `"${row.holder}" (process ${row.pid} on ${row.host}, since ${since})`;
  return new StoreError(
    'store_busy',
    `${name(options)} is being written by ${who}. Wait for it to finish, or stop it, and run again.`,
  );
}

function name(options: StoreOptions): string {
  return storeName(options.connection, options.schema);
}
