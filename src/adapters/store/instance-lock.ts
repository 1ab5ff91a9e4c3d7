import type pg from 'pg';
import { cancelKey, isAlive, serverVersion } from '#src/adapters/postgres/client-state.js';
import type { StoreOptions } from './options.js';
import { openSession, retrying, storeGuards } from './session.js';
import { tryInstanceLock as trySession, tryInstanceTransactionLock as tryTransaction } from './sql/lease.js';

/** Makes this process the one active daemon of a store, at the longest while its connection lives. */
export interface InstanceLock {
  /** Resolves once it is lost; never after `release`. */
  readonly lost: Promise<void>;
  /** Ask the server; false where it does not answer in time or the lock is gone, and then it is lost. */
  confirm(): Promise<boolean>;
  /** Let another process have it. */
  release(): Promise<void>;
}

/**
 * A holder that does not confirm for so long (it hangs, or its network is gone) has its session ended by the server. With how often
 * a daemon that stands by asks, this is how soon it takes over.
 */
const SILENCE_LIMIT_MS = 20_000;
const ANSWER_LIMIT_MS = 5_000;

/** The lock, or null where another process has it. Rejects with `StoreError`. */
export function tryInstanceLock(options: StoreOptions): Promise<InstanceLock | null> {
  const once = { ...options, retry: { maxAttempts: 0, backoffFactor: 1, initialDelayMs: 0, maxDelayMs: 0 } };
  return retrying(once, 'become the active daemon', async () => {
    const client = await openSession(options, 'instance');
    try {
      if (await locked(client, options)) return held(client);
    } catch (error) {
      await client.end();
      throw error;
    }
    await client.end();
    return null;
  });
}

/** Behind a transaction pooler a session is the next client's; there it is one transaction, which has no snapshot and holds nothing back. */
async function locked(client: pg.Client, options: StoreOptions): Promise<boolean> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const pooled = cancelKey(client)?.processId !== rows[0]!.pid;
  if (pooled) {
    const limits = [`SET LOCAL idle_in_transaction_session_timeout = ${SILENCE_LIMIT_MS}`];
    if (serverVersion(client) >= 170000) limits.push('SET LOCAL transaction_timeout = 0');
    await client.query(
      `BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; ${[storeGuards(options), ...limits].join('; ')}`,
    );
  } else for (const setting of sessionLimits(client)) await client.query(setting).catch(passOverRefusal);
  const sql = pooled ? tryTransaction : trySession;
  return (await client.query<{ locked: boolean }>(sql, [options.schema])).rows[0]!.locked;
}

function sessionLimits(client: pg.Client): string[] {
  const seconds = SILENCE_LIMIT_MS / 1000;
  return [
    // The server's own look at a connection whose other end is gone; not every system has it.
    `SET tcp_keepalives_idle = ${seconds / 4}`,
    `SET tcp_keepalives_interval = ${seconds / 4}`,
    'SET tcp_keepalives_count = 3',
    'SET idle_in_transaction_session_timeout = 0',
    ...(serverVersion(client) >= 140000 ? [`SET idle_session_timeout = ${SILENCE_LIMIT_MS}`] : []),
  ];
}

function passOverRefusal(error: { readonly code?: string }): void {
  // Only an answer of the server is a refusal; anything else is a broken connection.
  if (!/^[0-9A-Z]{5}$/.test(error.code ?? '') || error.code?.startsWith('57')) throw error;
}

function held(client: pg.Client): InstanceLock {
  let isOver = false;
  let tell = () => {};
  const lost = new Promise<void>((resolve) => (tell = resolve));
  const end = () => {
    if (!isOver) tell();
    isOver = true;
  };
  client.once('end', end);
  client.once('error', end);
  return {
    lost,
    async confirm() {
      if (isOver || !isAlive(client)) {
        end();
        return false;
      }
      if (await answers(client)) return true;
      end();
      void client.end();
      return false;
    },
    async release() {
      isOver = true;
      await client.end(); // the lock goes with the session
    },
  };
}

async function answers(client: pg.Client): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ANSWER_LIMIT_MS);
  });
  const answer = client.query('SELECT').then(
    () => true,
    () => false,
  );
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
