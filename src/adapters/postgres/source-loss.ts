import { BreakerOpenError } from './circuit-breaker.js';
import { isTransient } from './retry.js';

/** How the server ends a connection because of what was done on it; that says nothing about the source. */
const OWN_DOING: ReadonlySet<unknown> = new Set([
  '25P03', // idle_in_transaction_session_timeout
  '25P04', // transaction_timeout
  '57P05', // idle_session_timeout
]);

/** SourceErrors of a request that never got as far as the network. */
const NOT_ASKED: ReadonlySet<unknown> = new Set(['pool_timeout', 'pool_ended']);

const losses = new WeakSet<object>();

/** Why a connection could not be had: a loss of the source, unless it was not asked. */
export function refusal(error: unknown): unknown {
  return NOT_ASKED.has(codeOf(error)) ? error : noted(error);
}

/** Why work on a connection that is closed now failed: a loss of the source, unless the connection ended for what was done on it. */
export function breakage(error: unknown): unknown {
  return isTransient(error) && !OWN_DOING.has(codeOf(error)) ? noted(error) : error;
}

/**
 * True where the way to the database failed: the source's other tables would meet the same. An SQLSTATE does not tell: a foreign
 * table whose server is away fails with 08001 on a connection of ours that is well.
 */
export function isSourceLoss(error: unknown): boolean {
  return error instanceof BreakerOpenError || (typeof error === 'object' && error !== null && losses.has(error));
}

function noted(error: unknown): unknown {
  if (typeof error === 'object' && error !== null) losses.add(error);
  return error;
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | null | undefined)?.code;
}
