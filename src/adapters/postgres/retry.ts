import { setTimeout as delay } from 'node:timers/promises';
import retry from 'async-retry';
import type { RetrySettings } from '#src/contract/connection.js';
import { stateBehindPooler } from './pooler-error.js';

/** SQLSTATEs after which the same call may succeed by itself; class 08 (connection) too, but for `NOT_TRANSIENT`. */
export const TRANSIENT_SQLSTATES: ReadonlySet<string> = new Set([
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '57P05', // idle_session_timeout
  '53300', // too_many_connections
  '53400', // configuration_limit_exceeded
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '55P03', // lock_not_available
  '25P03', // idle_in_transaction_session_timeout
  '25P04', // transaction_timeout
]);

/** Of class 08: what a second try meets again. */
const NOT_TRANSIENT: ReadonlySet<string> = new Set(['08P01', '08004']); // protocol_violation, rejected

/** Node error codes of a network that may be back in a moment. */
const TRANSIENT_NETWORK_CODES: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
]);

/** node-postgres has no code for a connection that ended under a query; these are its words. */
const LOST_CONNECTION = /^(Connection terminated|Client has encountered a connection error|Client was closed)/;

/** Whether another try may succeed without anybody changing anything. Takes errors, and failures as data. */
export function isTransient(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code: told, retryable, message } = error as { code?: unknown; retryable?: unknown; message?: unknown };
  const code = stateBehindPooler({ code: told, message }) ?? told;
  if (typeof retryable === 'boolean') return retryable;
  if (typeof code === 'string') {
    if (/^08...$/.test(code)) return !NOT_TRANSIENT.has(code);
    return TRANSIENT_SQLSTATES.has(code) || TRANSIENT_NETWORK_CODES.has(code);
  }
  return typeof message === 'string' && LOST_CONNECTION.test(message);
}

/**
 * Wait before retry number `attempt` (0 is the first retry): uniform between 0 and min(max, initial · factor^attempt).
 * "Full jitter", M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 */
export function fullJitterDelayMs(attempt: number, settings: RetrySettings, random: () => number): number {
  // The inner minimum keeps 0 · Infinity from becoming NaN.
  const growth = Math.min(settings.backoffFactor ** attempt, Number.MAX_VALUE);
  return random() * Math.min(settings.maxDelayMs, settings.initialDelayMs * growth);
}

export interface RetryNotice {
  readonly source: string;
  readonly operation: string;
  /** The try that failed, from 1. */
  readonly attempt: number;
  /** Wait before the next. */
  readonly delayMs: number;
  readonly cause: Error;
}

export interface RetryOptions {
  readonly settings: RetrySettings;
  readonly describe: { readonly source: string; readonly operation: string };
  /** Called after each failed try that another one follows. */
  readonly onRetry?: (notice: RetryNotice) => void;
  /** True for a transient error that is not to be tried again here: somebody else does, or knows when. */
  readonly leave?: (error: Error) => boolean;
  /** Ends a wait at once and allows no further try; a try that is running ends by its own means. */
  readonly signal?: AbortSignal;
  readonly random?: () => number;
  readonly sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** Run `operation` (its argument is the try, from 1) until it succeeds, fails for good, or tries run out: then its last error. */
export async function withRetry<T>(operation: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { settings, describe, onRetry, signal, leave, random = Math.random, sleep = pause } = options;
  let last: Error | undefined;
  /** Ends the whole; async-retry would start another try if the attempt then rejected, so it resolves. */
  const giveUp = (bail: (error: Error) => void, error: unknown): T => {
    last = asError(error);
    bail(last);
    return undefined as never;
  };
  const attempt = async (bail: (error: Error) => void, number: number): Promise<T> => {
    try {
      if (last) {
        // A breaker that is open says when another try can be more than a refusal.
        const { retryInMs = 0 } = last as { retryInMs?: number };
        const delayMs = Math.max(fullJitterDelayMs(number - 2, settings, random), retryInMs);
        onRetry?.({ ...describe, attempt: number - 1, delayMs, cause: last });
        await sleep(delayMs, signal);
      }
      signal?.throwIfAborted();
    } catch (error) {
      return giveUp(bail, error);
    }
    try {
      return await operation(number);
    } catch (error) {
      last = asError(error);
      if (signal?.aborted || !isTransient(last) || leave?.(last)) return giveUp(bail, last);
      throw last;
    }
  };
  try {
    // async-retry's own waits are 1–2 times the nominal delay, never less: they are off, and the wait is in the attempt.
    return await retry(attempt, {
      retries: settings.maxAttempts,
      factor: 1,
      minTimeout: 0,
      maxTimeout: 0,
      randomize: false,
    });
  } catch (error) {
    throw last ?? error; // async-retry gives the most frequent error, not the last
  }
}

/** Rejects with the signal's reason when aborted. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await delay(ms, undefined, signal ? { signal } : {}).catch((error: unknown) => {
    throw signal?.reason ?? error;
  });
}

/** async-retry never settles when what is thrown is not an object. */
function asError(error: unknown): Error {
  return error instanceof Error
    ? error
    : Object.assign(new Error(messageOf(error)), typeof error === 'object' ? error : {});
}

function messageOf(error: unknown): string {
  const message = (error as { message?: unknown } | null | undefined)?.message;
  return typeof message === 'string' ? message : String(error);
}
