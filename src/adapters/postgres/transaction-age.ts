import type pg from 'pg';
import { SourceClient } from './source-client.js';
import { SourceError } from './source-error.js';

/** How much longer than its age a transaction may last, so that a server that has a limit of its own applies that first. */
const MARGIN_MS = 1_000;
/** Between two requests to cancel what an overdue transaction still runs. */
const AGAIN_MS = 1_000;
/** Node takes a longer one for none at all. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface AgeLimit {
  /** What to reject with: where the transaction was ended for its age, an error that says so. */
  asOverdue(error: unknown): unknown;
  stop(): void;
}

/**
 * Ends what runs in a transaction that grows older than `maxAgeMs` (0: no limit). Servers before 17 limit only statements, each by
 * itself, and a transaction may be many of them.
 */
export function limitAge(client: pg.Client, maxAgeMs: number): AgeLimit {
  let isOverdue = false;
  let timer: NodeJS.Timeout | undefined;
  const end = () => {
    isOverdue = true;
    if (client instanceof SourceClient) void client.cancelRunning(AGAIN_MS);
    timer = setTimeout(end, AGAIN_MS);
  };
  if (maxAgeMs > 0) timer = setTimeout(end, Math.min(maxAgeMs + MARGIN_MS, LONGEST_TIMER_MS));
  return {
    asOverdue(error) {
      const wasCancelled = (error as { code?: unknown } | null)?.code === '57014';
      if (!isOverdue || !wasCancelled) return error;
      const message = `the transaction reached MAX_TRANSACTION_AGE (${maxAgeMs / 1000} s) and was ended; raise it`;
      return new SourceError('25P04', message, true, { cause: error });
    },
    stop: () => clearTimeout(timer),
  };
}
