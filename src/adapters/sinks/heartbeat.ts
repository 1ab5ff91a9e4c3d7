import { setTimeout as delay } from 'node:timers/promises';
import type { DeliveryFailure } from '#src/contract/alert-delivery.js';
import { within } from '#src/coordinator/deadline.js';
import { httpSend } from './http-send.js';

/** Tries, and how long one may take. */
const ATTEMPTS = 3;
const TIMEOUT_MS = 3_000;
const FIRST_DELAY_MS = 500;

/**
 * Tell a dead man's switch that a run was complete: one GET, which every such service takes, tried up to three times within
 * seconds. Resolves with why it was not told, null where it was; never rejects.
 */
export async function beat(url: string, signal: AbortSignal): Promise<DeliveryFailure | null> {
  for (let attempt = 1; ; attempt++) {
    const outcome = await within(TIMEOUT_MS, signal, (limit) =>
      httpSend(url, { setting: 'HEARTBEAT_URL', method: 'GET', signal: limit }),
    );
    if (outcome.result === 'delivered') return null;
    if (outcome.result === 'failed' || attempt === ATTEMPTS || signal.aborted) return outcome.failure;
    const wait = Math.random() * FIRST_DELAY_MS * 2 ** (attempt - 1);
    await delay(wait, undefined, { signal }).catch(() => undefined);
  }
}
