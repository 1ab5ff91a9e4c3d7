import { setTimeout as delay } from 'node:timers/promises';
import type { PaceSettings } from '#src/contract/messages.js';

/** What took so long that a longer rest were due was a lock, or a server that hung. */
const LONGEST_REST_MS = 120_000;
/** Processor time of a server for each byte of a COPY, of tables of many columns; measured. */
const MS_PER_BYTE = 5e-6;

/**
 * Keeps the time in which a server process works for this thread to a share of all time, by a rest after each transaction. Never in
 * the middle of one: as long as its snapshot is there, the server must keep and step over the old versions of every row that changes.
 */
export class Pace {
  readonly #settings: PaceSettings;
  readonly #signal: AbortSignal;

  /** @param signal ends every rest at once, for good */
  constructor(settings: PaceSettings, signal: AbortSignal) {
    this.#settings = settings;
    this.#signal = signal;
  }

  /** Run one transaction, then rest. */
  async run<T>(transaction: (meter: Meter) => Promise<T>): Promise<T> {
    const meter = new Meter();
    try {
      return await transaction(meter);
    } finally {
      const { share } = this.#settings;
      const restMs = Math.min((meter.workedMs() * (1 - share)) / share, LONGEST_REST_MS);
      await delay(restMs, undefined, { signal: this.#signal }).catch(() => undefined);
    }
  }
}

/** How long a server has worked for one transaction. */
export class Meter {
  readonly #begunMs = performance.now();
  #bytes = 0;
  #ownMs = 0;

  /** Some bytes of a COPY arrived, and we were busy with them for so long. */
  received(bytes: number, ownMs: number): void {
    this.#bytes += bytes;
    this.#ownMs += ownMs;
  }

  /** The server works while we wait for it; and where we are the slower side, it has worked for what is there already. */
  workedMs(): number {
    const waitedMs = performance.now() - this.#begunMs - this.#ownMs;
    return Math.max(waitedMs, this.#bytes * MS_PER_BYTE);
  }
}
