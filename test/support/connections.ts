import type pg from 'pg';
import type { ConnectionSettings, Guards } from '#src/contract/connection.js';

/** Limits that no test reaches by accident. */
export const GUARDS: Guards = {
  connectTimeoutMs: 10_000,
  statementTimeoutMs: 60_000,
  lockTimeoutMs: 5_000,
  maxTransactionAgeMs: 30_000,
};

/** A source that nothing is connected to. */
export const SETTINGS: ConnectionSettings = {
  name: 'batch',
  envPrefix: 'BATCH_DB',
  host: '127.0.0.1',
  port: 5432,
  database: 'analytics_db',
  user: 'airflow',
  password: 'hunter2',
  sslMode: 'disable',
};

/** What a promise rejects with; fails where it does not. */
export async function rejection(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in outcome) return outcome.error as Error;
  throw new Error(`it resolved with ${JSON.stringify(outcome.value)}`);
}

/** Resolves once this server process sleeps in pg_sleep: a cancel request that comes before that finds nothing. */
export async function untilSleeping(watcher: pg.Client, processId: number): Promise<void> {
  const asleep = `SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'PgSleep'`;
  while ((await watcher.query(asleep, [processId])).rowCount === 0) {}
}
