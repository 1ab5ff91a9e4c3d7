import type pg from 'pg';
import type { Guards } from '#src/contract/connection.js';
import { isBusy, type ServerTraits, serverTraits } from './client-state.js';
import { CONNECTION_CHECK_MS, checksConnection } from './connection-check.js';
import { quoteLiteral } from './quote.js';
import { isServerError } from './source-client.js';
import { SourceError } from './source-error.js';
import { limitAge } from './transaction-age.js';

export interface TransactionOptions extends Guards {
  /** Default `read committed`. */
  readonly isolation?: 'read committed' | 'repeatable read';
  /** Leave parallel query as the server has it; default false: one statement uses one server process. */
  readonly parallel?: boolean;
  /** Adopt this exported snapshot (`pg_export_snapshot()`); needs `repeatable read`. */
  readonly snapshot?: string;
  /** True where `checksConnection` found it possible. */
  readonly checkConnection?: boolean;
}

/** `server_version_num` from which a transaction can be limited as a whole. */
const TRANSACTION_TIMEOUT_SINCE = 170000;

/**
 * The statements that open a guarded read-only transaction, as one string to put before others in a simple-protocol
 * query. `serverVersionNum` is e.g. 160004; 0 where unknown. They take no snapshot, so a `LOCK TABLE` may follow first.
 */
export function transactionPrologue(options: TransactionOptions & ServerTraits): string {
  const age = options.maxTransactionAgeMs;
  const settings: [string, string | number][] = [
    ['statement_timeout', capped(options.statementTimeoutMs, age)],
    ['lock_timeout', options.lockTimeoutMs],
    ['idle_in_transaction_session_timeout', age],
    // Refuse instead of silently showing fewer rows.
    ['row_security', 'off'],
    ['TimeZone', 'UTC'],
    ['DateStyle', 'ISO'],
    ['IntervalStyle', 'postgres'],
    ['extra_float_digits', 1],
    ['bytea_output', 'hex'],
    // A database without an encoding of its own holds any bytes, and the server would refuse those that are not UTF-8.
    ['client_encoding', options.serverEncoding === 'SQL_ASCII' ? 'SQL_ASCII' : 'UTF8'],
    // Two reads of one table must see it in the same order.
    ['synchronize_seqscans', 'off'],
    ['jit', 'off'],
  ];
  if (!options.parallel) settings.push(['max_parallel_workers_per_gather', 0]);
  if (options.serverVersionNum >= TRANSACTION_TIMEOUT_SINCE) settings.push(['transaction_timeout', age]);
  if (options.checkConnection) settings.push(['client_connection_check_interval', CONNECTION_CHECK_MS]);
  return [
    `BEGIN ISOLATION LEVEL ${(options.isolation ?? 'read committed').toUpperCase()} READ ONLY`,
    // pg_temp last: unnamed it is searched first, and behind a pooler another client's temporary table may be in it.
    'SET LOCAL search_path = pg_catalog, pg_temp',
    ...settings.map(
      ([name, value]) => `SET LOCAL ${name} = ${typeof value === 'number' ? value : quoteLiteral(value)}`,
    ),
    ...(options.snapshot === undefined ? [] : [`SET TRANSACTION SNAPSHOT ${quoteLiteral(options.snapshot)}`]),
    '',
  ].join('; ');
}

/** What becomes of `SET TRANSACTION SNAPSHOT` once its owner's transaction is over: by version invalid, unknown, or not to be imported. */
const SNAPSHOT_GONE: ReadonlySet<unknown> = new Set(['22023', '42704', '55000']);

/** Open a guarded READ ONLY transaction on `client`, which is outside one. Takes no snapshot. */
export async function beginReadOnly(client: pg.Client, options: TransactionOptions): Promise<void> {
  const checkConnection = await checksConnection(client);
  try {
    await client.query(transactionPrologue({ ...options, ...serverTraits(client), checkConnection }));
  } catch (error) {
    if (options.snapshot === undefined || !SNAPSHOT_GONE.has((error as { code?: unknown }).code)) throw error;
    // Here, while it is known to be a server's error: one of ours does not tell whether the connection can take a rollback.
    await client.query('ROLLBACK').catch(() => undefined);
    throw gone(error);
  }
}

/**
 * Run `fn` inside one guarded READ ONLY transaction on `client`. Guards are `SET LOCAL`, so they hold behind a
 * transaction pooler too. Commits when `fn` resolves; rolls back and rethrows its error otherwise.
 */
export async function readOnly<T>(client: pg.Client, options: TransactionOptions, fn: () => Promise<T>): Promise<T> {
  const age = limitAge(client, options.maxTransactionAgeMs);
  try {
    await beginReadOnly(client, options);
    const result = await fn();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    // Behind a statement that still runs a rollback would wait for it; the pool cancels it and closes such a connection.
    if (!isBusy(client) || isServerError(error)) await client.query('ROLLBACK').catch(() => undefined);
    throw age.asOverdue(error);
  } finally {
    age.stop();
  }
}

/** Whether the server answers a request of one round trip within CONNECT_TIMEOUT; rejects where the connection is known to be broken. */
export async function answers(client: pg.Client, guards: Guards): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), guards.connectTimeoutMs);
  });
  const request = `${transactionPrologue({ ...guards, ...serverTraits(client) })}ROLLBACK`;
  const answer = client.query(request).then(() => true);
  answer.catch(() => undefined); // it fails later where the limit comes first
  return Promise.race([answer, limit]).finally(() => clearTimeout(timer));
}

function gone(cause: unknown): SourceError {
  const message =
    'the server ended the session that held the snapshot (a restart, an administrator, or a standby that applies changes)';
  return new SourceError('snapshot_gone', message, true, { cause });
}

/** Postgres reads a timeout of 0 as "no limit". */
function capped(timeoutMs: number, ceilingMs: number): number {
  if (timeoutMs === 0 || ceilingMs === 0) return Math.max(timeoutMs, ceilingMs);
  return Math.min(timeoutMs, ceilingMs);
}
