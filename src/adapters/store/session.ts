import type pg from 'pg';
import { isAlive, isBusy } from '#src/adapters/postgres/client-state.js';
import { connect } from '#src/adapters/postgres/connect.js';
import { withRetry } from '#src/adapters/postgres/retry.js';
import { asStoreError } from './failure.js';
import { DEFAULT_RETRY, type StoreOptions } from './options.js';

/**
 * The bytes of a text are stored as they are sent, UTF-8, whatever the database's own encoding: one in LATIN1 would
 * otherwise refuse the names and messages it has no characters for.
 */
export const UTF8_AS_IT_IS = `SET LOCAL client_encoding = 'SQL_ASCII'`;

/** What limits every transaction of the store; `SET LOCAL`, so that it holds behind a transaction pooler too. */
export function storeGuards({ guards }: StoreOptions): string {
  return [
    'SET LOCAL search_path = pg_catalog, pg_temp',
    UTF8_AS_IT_IS,
    'SET LOCAL DateStyle = ISO',
    `SET LOCAL statement_timeout = ${guards.statementTimeoutMs}`,
    `SET LOCAL lock_timeout = ${guards.lockTimeoutMs}`,
    `SET LOCAL idle_in_transaction_session_timeout = ${guards.maxTransactionAgeMs}`,
    'SET LOCAL jit = off',
  ].join('; ');
}

/** Run statements that belong to no run's transaction in a guarded one of their own. */
export async function guarded<T>(client: pg.Client, options: StoreOptions, work: () => Promise<T>): Promise<T> {
  await client.query(`BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; ${storeGuards(options)}`);
  try {
    const result = await work();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    if (isAlive(client) && !isBusy(client)) await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** A new connection to the store; the caller ends it. */
export function openSession(
  options: StoreOptions,
  role: 'reader' | 'writer' | 'lock' | 'instance',
): Promise<pg.Client> {
  return connect(options.connection, options.guards, `${options.applicationName}/${role}`);
}

/** True where the next transaction may use this connection: alive, with no statement running and none open. */
export function isReusable(client: pg.Client): boolean {
  return isAlive(client) && !isBusy(client) && client.getTransactionStatus() === 'I';
}

/** Run store work, again on a new connection where the old one was lost; rejects with `StoreError`. */
export async function retrying<T>(options: StoreOptions, operation: string, work: () => Promise<T>): Promise<T> {
  try {
    return await withRetry(work, {
      settings: options.retry ?? DEFAULT_RETRY,
      describe: { source: 'metadata', operation },
      ...(options.onRetry && { onRetry: options.onRetry }),
    });
  } catch (error) {
    throw asStoreError(error, options.connection, options.schema);
  }
}
