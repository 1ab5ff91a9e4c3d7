import { setTimeout as delay } from 'node:timers/promises';
import { type Lag, LagJudge, type LagLimits, type LagVerdict } from '#src/core/planning/lag.js';
import type { LagEvent, LagReading, SourceAccess } from './ports.js';

/** Between two looks at a source's replication. */
const LOOK_EVERY_MS = 2_000;
/** A lag that is gone after this was a moment's: it is not worth letting a snapshot go. */
const CONFIRM_MS = 500;

export interface LagGateOptions {
  readonly limits: LagLimits;
  /** What was read with the list of tables. */
  readonly first: LagReading;
  /** Milliseconds on a monotonic clock. */
  readonly now: () => number;
  readonly signal: AbortSignal;
  readonly onEvent: (event: LagEvent) => void;
}

/**
 * Asked before work on a source is handed out: closed while a replica, or the reader of a slot, is further behind than it may be.
 * Whoever asks holds the right to one connection and does not use it meanwhile, so that looking stays within the source's ceiling.
 */
export class LagGate {
  readonly #source: Pick<SourceAccess, 'readLag'>;
  readonly #options: LagGateOptions;
  readonly #judge: LagJudge;
  /** True where nothing is to be waited for, or any more. */
  #isOff: boolean;
  #worst: Lag | null = null;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | null = null;
  #waiting: Promise<void> | null = null;
  #waitedMs = 0;
  #toldUnseen = false;

  constructor(source: Pick<SourceAccess, 'readLag'>, options: LagGateOptions) {
    const { replicaMs, slotBytes, waitMs } = options.limits;
    this.#source = source;
    this.#options = options;
    this.#judge = new LagJudge(options.limits);
    this.#isOff = waitMs === 0 || (replicaMs === 0 && slotBytes === 0);
    if (!this.#isOff) this.#take(options.first);
  }

  /** True where work must wait for `opened()`; then let go of what must not be held for long. */
  async isClosed(): Promise<boolean> {
    if (this.#isOff || this.#options.signal.aborted) return false;
    if (!this.#waiting && this.#worst === null && this.#options.now() - this.#lookedMs >= LOOK_EVERY_MS)
      await this.#look();
    if (this.#worst === null || this.#waiting) return this.#worst !== null;
    await this.#pause(CONFIRM_MS);
    await this.#look();
    return this.#worst !== null && !this.#options.signal.aborted;
  }

  /** Resolves when work may be handed out: nothing lags any more, waiting does not help or was long enough, or the run is stopped. */
  async opened(): Promise<void> {
    if (!(await this.isClosed())) return;
    this.#waiting ??= this.#wait().finally(() => {
      this.#waiting = null;
    });
    await this.#waiting;
  }

  async #wait(): Promise<void> {
    const { limits, signal, now, onEvent } = this.#options;
    const beganMs = now();
    const waited = () => this.#waitedMs + now() - beganMs;
    const lag = this.#worst!;
    onEvent({ type: 'waiting', lag });
    while (this.#worst !== null && !signal.aborted && waited() < limits.waitMs) {
      await this.#pause(Math.min(LOOK_EVERY_MS, limits.waitMs - waited()));
      if (!signal.aborted) await this.#look(true);
    }
    this.#waitedMs = waited();
    this.#isOff = this.#waitedMs >= limits.waitMs;
    const given = this.#isOff && this.#worst;
    this.#worst = null;
    onEvent({
      type: 'waited',
      waitedMs: now() - beganMs,
      lag: given || lag,
      gaveUp: given !== false && given !== null,
    });
  }

  /** Everybody who asks at the same time shares one look. */
  #look(isWaiting = false): Promise<void> {
    this.#looking ??= this.#source
      .readLag()
      .then((reading) => this.#take(reading, isWaiting))
      .finally(() => {
        this.#looking = null;
      });
    return this.#looking;
  }

  #take({ lags, unseen }: LagReading, isWaiting = false): void {
    this.#lookedMs = this.#options.now();
    if (unseen && !this.#toldUnseen) {
      this.#toldUnseen = true;
      this.#options.onEvent({ type: 'unseen', why: unseen });
    }
    const { worst, hopeless }: LagVerdict = this.#judge.judge(lags, this.#lookedMs, isWaiting);
    for (const lag of hopeless) this.#options.onEvent({ type: 'hopeless', lag });
    this.#worst = worst;
  }

  /** Ends at once when the run is stopped. */
  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#options.signal }).catch(() => undefined);
  }
}
