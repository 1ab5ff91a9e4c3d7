import type pg from 'pg';
import { cancelKey, isAlive, serverVersion } from '#src/adapters/postgres/client-state.js';
import type { StoreOptions } from './options.js';
import { guarded, openSession, storeGuards } from './session.js';
import { tryLock, tryTransactionLock, unlock } from './sql/lease.js';

/** Keeps every other process from becoming the writer, at the longest while its connection lives. */
export interface WriterLock {
  /** Server process that holds it. */
  readonly backendPid: number;
  /** False once it is lost with its connection. */
  isHeld(): boolean;
  /** Lets another process have it; the connection that writes stays open. */
  release(): Promise<void>;
}

/** The lock, or null where another session has it. `client` is the connection that writes. */
export async function tryWriterLock(client: pg.Client, options: StoreOptions): Promise<WriterLock | null> {
  const found = await guarded(client, options, async () => {
    const pid = await backendPid(client);
    // Another process than the one that logged us in: a pooler is between, and under it a session's lock belongs to a server
    // process that the next client is handed. What is held within one transaction stays ours in every mode.
    if (cancelKey(client)?.processId !== pid) return 'pooled';
    return (await isLocked(client, tryLock, options.schema)) ? ofSession(client, options, pid) : null;
  });
  return found === 'pooled' ? lockInTransaction(options) : found;
}

function ofSession(client: pg.Client, options: StoreOptions, pid: number): WriterLock {
  return {
    backendPid: pid,
    isHeld: () => isAlive(client),
    release: async () => void (await guarded(client, options, () => client.query(unlock, [options.schema]))),
  };
}

/** On a connection of its own that stays in one transaction, which has neither a snapshot nor an id and so holds nothing back. */
async function lockInTransaction(options: StoreOptions): Promise<WriterLock | null> {
  const holder = await openSession(options, 'lock');
  try {
    const noLimit = ['idle_in_transaction_session_timeout'];
    if (serverVersion(holder) >= 170000) noLimit.push('transaction_timeout');
    const unlimited = noLimit.map((name) => `SET LOCAL ${name} = 0`).join('; ');
    await holder.query(`BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; ${storeGuards(options)}; ${unlimited}`);
    if (await isLocked(holder, tryTransactionLock, options.schema))
      return {
        backendPid: await backendPid(holder),
        isHeld: () => isAlive(holder),
        release: async () => {
          await holder.query('ROLLBACK').catch(() => undefined); // a lost connection has let go already
          await holder.end();
        },
      };
  } catch (error) {
    await holder.end();
    throw error;
  }
  await holder.query('ROLLBACK').finally(() => holder.end());
  return null;
}

async function isLocked(client: pg.Client, sql: string, schema: string): Promise<boolean> {
  return (await client.query<{ locked: boolean }>(sql, [schema])).rows[0]!.locked;
}

async function backendPid(client: pg.Client): Promise<number> {
  return (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]!.pid;
}
