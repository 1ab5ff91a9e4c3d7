import { setTimeout as delay } from 'node:timers/promises';
import type { PaceSettings } from '#src/contract/messages.js';

/** A pause is due after so much work at the earliest: shorter ones cost more than they spare. */
const SLICE_MS = 10;
/** A longer rest spares nobody: what took so long was a lock, or a server that hung. */
const LONGEST_REST_MS = 30_000;
/** Processor time of a server for each byte of a COPY, of tables of many columns; measured. */
const MS_PER_BYTE = 5e-6;

/**
 * Keeps the time in which a server process works for this thread to a share of all time: in the middle of a COPY by leaving
 * unread what it sends, so that it waits and uses no processor, and after each transaction by a rest.
 */
export class Pace {
  readonly #settings: PaceSettings;
  readonly #signal: AbortSignal;

  /** @param signal ends every pause at once, for good */
  constructor(settings: PaceSettings, signal: AbortSignal) {
    this.#settings = settings;
    this.#signal = signal;
  }

  /** Run one transaction, then rest for what it has worked and not paid for by pauses. */
  async run<T>(transaction: (brake: Brake) => Promise<T>): Promise<T> {
    const brake = new Brake(this.#settings, this.#signal);
    try {
      return await transaction(brake);
    } finally {
      await brake.rest();
    }
  }
}

/** The pauses of one transaction. */
export class Brake {
  readonly #settings: PaceSettings;
  readonly #signal: AbortSignal;
  readonly #begunMs = performance.now();
  /** Since the last pause: when it ended, what arrived, and how long we were busy with that. */
  #sinceMs = this.#begunMs;
  #bytes = 0;
  #ownMs = 0;

  constructor(settings: PaceSettings, signal: AbortSignal) {
    this.#settings = settings;
    this.#signal = signal;
  }

  /**
   * Some bytes arrived, and we were busy with them for so long. Gives a pause that is due now, else null. None in a transaction
   * that has lasted long: its snapshot weighs more than its work.
   */
  received(bytes: number, ownMs: number): Promise<void> | null {
    this.#bytes += bytes;
    this.#ownMs += ownMs;
    const isLong = performance.now() - this.#begunMs > this.#settings.maxTransactionMs;
    return isLong || this.#workedMs() < SLICE_MS ? null : this.rest();
  }

  /** Resolves when the work since the last pause is within the share. */
  async rest(): Promise<void> {
    const { share } = this.#settings;
    const restMs = Math.min((this.#workedMs() * (1 - share)) / share, LONGEST_REST_MS);
    await delay(restMs, undefined, { signal: this.#signal }).catch(() => undefined);
    this.#sinceMs = performance.now();
    this.#bytes = 0;
    this.#ownMs = 0;
  }

  /** The server works while we wait for it; and where we are the slower side, it has worked for what is there already. */
  #workedMs(): number {
    const waitedMs = performance.now() - this.#sinceMs - this.#ownMs;
    return Math.max(waitedMs, this.#bytes * MS_PER_BYTE);
  }
}
