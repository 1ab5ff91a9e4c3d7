import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { quoteIdentifier } from '#src/adapters/postgres/quote.js';
import { StoreError, storeName } from './failure.js';
import type { StoreOptions } from './options.js';
import { guarded } from './session.js';
import { endHolder, renewLease, selectLease, takeLease, tryLock } from './sql/lease.js';

/** The right to write, as one connection holds it. */
export interface Lease {
  readonly epoch: number;
  /** Server process of the connection that holds the advisory lock. */
  readonly backendPid: number;
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
    const row = await guarded(client, options, async () => {
      const isOurs = await locked(client, options.schema);
      return isOurs ? null : (await client.query<LeaseRow>(selectLease(s))).rows[0]!;
    });
    if (!row) break;
    if (!diedHere(row) || Date.now() > giveUpAt) throw busy(row, options);
    await delay(POLL_MS);
  }
  return guarded(client, options, async () => {
    const taken = await client.query<{ epoch: string }>(takeLease(s), [holder, process.pid, hostname()]);
    return { epoch: Number(taken.rows[0]!.epoch), backendPid: await backendPid(client) };
  });
}

/**
 * The same lease on a new connection, after the old one was lost. Rejects with `lease_lost` where another writer has
 * taken over; with a retryable error while our own old session still holds the lock (it is told to end).
 */
export async function renewWriterLease(client: pg.Client, options: StoreOptions, lease: Lease): Promise<Lease> {
  const s = quoteIdentifier(options.schema);
  return guarded(client, options, async () => {
    if (!(await locked(client, options.schema))) {
      const row = (await client.query<LeaseRow>(selectLease(s))).rows[0]!;
      if (Number(row.epoch) !== lease.epoch) throw leaseLost(options);
      await client.query(endHolder, [options.schema, lease.backendPid]);
      throw new StoreError('store_busy', `${name(options)}: the previous connection of this process still holds it`, {
        retryable: true,
      });
    }
    const renewed = await client.query(renewLease(s), [lease.epoch]);
    if (renewed.rowCount === 0) throw leaseLost(options);
    return { epoch: lease.epoch, backendPid: await backendPid(client) };
  });
}

export function leaseLost(options: StoreOptions): StoreError {
  return new StoreError(
    'lease_lost',
    `${name(options)}: another Sentinel took over writing while this one was cut off; ` +
      'nothing of this write was kept. Run again when the other has finished.',
  );
}

async function locked(client: pg.Client, schema: string): Promise<boolean> {
  return (await client.query<{ locked: boolean }>(tryLock, [schema])).rows[0]!.locked;
}

async function backendPid(client: pg.Client): Promise<number> {
  return (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]!.pid;
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
