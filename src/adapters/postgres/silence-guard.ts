import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { ConnectionSettings, Guards } from '#src/contract/connection.js';
import { serverAnswers } from './cancel.js';
import { isBusy } from './client-state.js';
import { SourceError } from './source-error.js';

export interface SilenceLimits {
  /** After so much silence under a statement, and again after as much more, the server is asked whether it is there. */
  readonly askAfterMs: number;
  /** How much longer than the statement timeout a statement may be silent. */
  readonly marginMs: number;
}

export const SILENCE_LIMITS: SilenceLimits = { askAfterMs: 10_000, marginMs: 15_000 };

/** Unanswered questions in a row after which the network or the server is gone. */
const MISSES = 2;

/**
 * Ends a connection that is silent under a statement because its other end is gone: what TCP_USER_TIMEOUT would do, which Node cannot
 * set. node-postgres has no limit of its own, and keep-alive probes are not sent while a request waits for its acknowledgement. A
 * statement may rightly be silent for long, so the server is asked on a connection of its own, which needs no login and no slot; and
 * where it answers, a silence that outlasts the statement timeout ends the connection all the same.
 */
export function guardSilence(
  client: pg.Client,
  settings: ConnectionSettings,
  guards: Guards,
  { askAfterMs, marginMs }: SilenceLimits,
): void {
  const stream = client.connection.stream as Socket;
  const { statementTimeoutMs, maxTransactionAgeMs, connectTimeoutMs } = guards;
  const longest = Math.max(statementTimeoutMs, maxTransactionAgeMs);
  const limitMs = statementTimeoutMs === 0 ? Number.POSITIVE_INFINITY : longest + marginMs;
  const firstMs = Math.min(askAfterMs, limitMs);
  const giveUp = (why: string) => {
    const message = `${settings.host}:${settings.port} ${why}; the network or the server is gone`;
    stream.destroy(new SourceError('ETIMEDOUT', message, true));
  };
  let isWatching = false;
  const watch = async () => {
    const silentSince = performance.now() - firstMs;
    const { bytesRead } = stream;
    // Silence between statements is normal in a pool.
    const isSilent = () => isBusy(client) && !stream.destroyed && stream.bytesRead === bytesRead;
    for (let misses = 0; isSilent(); ) {
      const leftMs = silentSince + limitMs - performance.now();
      if (leftMs <= 0) return giveUp('was silent for longer than the statement timeout');
      misses = (await serverAnswers(client, settings, Math.min(connectTimeoutMs, leftMs))) ? 0 : misses + 1;
      if (misses >= MISSES && isSilent()) return giveUp('went silent under a statement and takes no new connections');
      await delay(Math.max(Math.min(askAfterMs, silentSince + limitMs - performance.now()), 0), undefined, {
        ref: false,
      });
    }
  };
  stream.setTimeout(firstMs);
  // A callback of setTimeout would hear of the first silence only.
  stream.on('timeout', () => {
    if (isWatching || !isBusy(client)) return;
    isWatching = true;
    void watch().finally(() => {
      isWatching = false;
      // The next statement may be silent already, and the one timeout that it gave was not heard.
      stream.setTimeout(firstMs);
    });
  });
}
