import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StoreError } from '#src/adapters/store/failure.js';
import { openStore, type Store } from '#src/adapters/store/store.js';
import type { Config } from '#src/config/config.js';
import { POLICY_FILE } from '#src/config/policy-file.js';
import { type StandbyReason, storeAway } from '#src/daemon/leadership.js';
import { CliError } from '../exit-code.js';
import { storeOptions } from '../run-store.js';

const TRY_EVERY_MS = 3_000;
/** Who asks over HTTP waits, so a question to the store may neither take long nor be asked for long. */
const ANSWER_LIMIT_MS = 10_000;
const ASK_TWICE = { maxAttempts: 1, backoffFactor: 1, initialDelayMs: 200, maxDelayMs: 200 };
const ONCE = { ...ASK_TWICE, maxAttempts: 0 };

/**
 * The daemon's store, made or brought up to date. Waits for one that does not answer, and says why by `waiting`; null where the signal
 * came first. Rejects with CliError where waiting would not help.
 */
export async function openDaemonStore(
  config: Config,
  waiting: (reason: StandbyReason) => void,
  signal: AbortSignal,
): Promise<Store | null> {
  while (!signal.aborted) {
    try {
      // A change of the store's own tables may take its time.
      await (await openStore(storeOptions({ ...config, retry: ONCE }))).close();
      return await openStore(storeOptions(forQuestions(config)));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      const message = error.message + hintOfInit(config);
      if (!error.retryable) throw new CliError(message);
      waiting({ ...storeAway(error), full: message });
    }
    await delay(TRY_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
  return null;
}

/** Whoever starts it in the wrong folder, or has not begun yet, has no wrong setting to look for. */
function hintOfInit({ directory }: Config): string {
  const isBare = !['.env', '.env.local', POLICY_FILE].some((name) => existsSync(join(directory, name)));
  return isBare ? '; this folder has no .env and no sentinel.yaml: "sentinel init" writes them' : '';
}

function forQuestions(config: Config): Config {
  const statementTimeoutMs = Math.min(config.guards.statementTimeoutMs, ANSWER_LIMIT_MS);
  return { ...config, retry: ASK_TWICE, guards: { ...config.guards, statementTimeoutMs } };
}
