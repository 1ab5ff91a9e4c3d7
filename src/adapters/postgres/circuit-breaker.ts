import { threadId } from 'node:worker_threads';
import type { BreakerSettings, Guards } from '#src/contract/connection.js';
import type { Failure } from '#src/core/model/failure.js';
import { SourceError } from './source-error.js';

/** `closed`: all goes through; `open`: nothing does; `half-open`: one request of one thread tries whether the source is back. */
export type BreakerState = 'closed' | 'open' | 'half-open';

/** A breaker at one moment, as plain data. */
export interface BreakerFacts {
  readonly state: BreakerState;
  /** Connection-level failures since the last success. */
  readonly failures: number;
  /** How long it has let nothing through, milliseconds; 0 while closed. */
  readonly openForMs: number;
  /** Until the next request may try, milliseconds; 0 while closed. */
  readonly retryInMs: number;
  /** How often it has opened. */
  readonly openings: number;
  /** What opened it, or failed its last probe; null while closed. */
  readonly cause: BreakerCause | null;
}

export type BreakerCause = Pick<Failure, 'code' | 'message'>;

export interface BreakerTransition {
  readonly from: BreakerState;
  readonly to: BreakerState;
  readonly facts: BreakerFacts;
}

/** Says that a request was let through; handed back with its outcome. */
export interface Admission {
  readonly generation: number;
  /** Set for the one request that tries an open breaker: when it began, on the shared clock. */
  readonly probeAt: number | null;
}

export interface BreakerOptions {
  /** A probe that has not reported for so long is given up: its thread died or hangs. */
  readonly probeLimitMs: number;
  /** Told of each change that this thread makes; must not throw. */
  readonly onTransition?: (transition: BreakerTransition) => void;
  /** Milliseconds on a clock that all threads share. */
  readonly now?: () => number;
  readonly holder?: number;
}

const STATES: readonly BreakerState[] = ['closed', 'open', 'half-open'];
const CLOSED = 0;
const OPEN = 1;
const HALF_OPEN = 2;

/** Int32 cells. */
const STATE = 0;
const FAILURES = 1;
/** Moves each time the breaker closes again: who sees it move has connections from before. */
const GENERATION = 2;
const OPENINGS = 3;
/** When it last opened, or its last probe failed. */
const REFUSED_AT = 4;
/** When it first opened since it was closed. */
const OPENED_AT = 5;
const PROBE_AT = 6;
const PROBE_BY = 7;
/** Odd while the cause is being written. */
const CAUSE_VERSION = 8;
const CAUSE_LENGTH = 9;
const CELLS = 10;
const CAUSE_BYTES = 2_048;

/** Who meets a half-open breaker asks again after so long. */
const PROBE_POLL_MS = 100;

/** How much longer than to connect and to ask once a probe may take: a slot must be free. */
const PROBE_MARGIN_MS = 5_000;

/** `BreakerOptions.probeLimitMs` under these guards. */
export function probeLimitMs({ connectTimeoutMs }: Guards): number {
  return 2 * connectTimeoutMs + PROBE_MARGIN_MS;
}

export function createBreakerBuffer(): SharedArrayBuffer {
  return new SharedArrayBuffer(CELLS * Int32Array.BYTES_PER_ELEMENT + CAUSE_BYTES);
}

/**
 * The circuit breaker of one source, shared by all threads ("Release It!", M. Nygard, 2007): after so many connection-level
 * failures in a row requests are refused at once; after a cooldown one of them tries, and its success lets all through again.
 * All state is in the shared buffer; any number of instances, in any thread, are the same breaker.
 */
export class CircuitBreaker {
  readonly #cells: Int32Array;
  readonly #causeBytes: Uint8Array;
  readonly #now: () => number;
  readonly #holder: number;

  constructor(
    readonly source: string,
    private readonly settings: BreakerSettings,
    private readonly options: BreakerOptions,
  ) {
    this.#cells = new Int32Array(settings.state, 0, CELLS);
    this.#causeBytes = new Uint8Array(settings.state, CELLS * Int32Array.BYTES_PER_ELEMENT);
    this.#now = options.now ?? sharedClockMs;
    this.#holder = options.holder ?? threadId;
  }

  /** Let one request through, or throw SourceError `breaker_open`. Each admission ends by exactly one of the three calls below. */
  enter(): Admission {
    const generation = this.generation();
    if (this.#load(STATE) === CLOSED) return { generation, probeAt: null };
    const probeAt = this.#tryProbe();
    if (probeAt === null) throw this.#refusal();
    this.#tell('open');
    return { generation, probeAt };
  }

  /** The database answered, if only with an error about the request itself. */
  succeeded({ generation, probeAt }: Admission): void {
    if (probeAt === null) {
      // What began before the breaker opened says nothing about now.
      if (generation === this.generation() && this.#load(STATE) === CLOSED) Atomics.store(this.#cells, FAILURES, 0);
      return;
    }
    if (!this.#endProbe(probeAt)) return;
    Atomics.store(this.#cells, FAILURES, 0);
    Atomics.add(this.#cells, GENERATION, 1);
    Atomics.store(this.#cells, STATE, CLOSED);
    this.#tell('half-open');
  }

  /** The connection could not be made, or broke. */
  failed({ generation, probeAt }: Admission, cause: BreakerCause): void {
    const now = this.#clock();
    if (probeAt !== null) {
      if (!this.#endProbe(probeAt)) return;
      Atomics.add(this.#cells, FAILURES, 1);
      this.#writeCause(cause);
      Atomics.store(this.#cells, REFUSED_AT, now);
      Atomics.store(this.#cells, STATE, OPEN);
      this.#tell('half-open');
      return;
    }
    if (generation !== this.generation() || this.#load(STATE) !== CLOSED) return;
    if (Atomics.add(this.#cells, FAILURES, 1) + 1 < this.settings.failures) return;
    Atomics.store(this.#cells, OPENED_AT, now);
    Atomics.store(this.#cells, REFUSED_AT, now);
    if (Atomics.compareExchange(this.#cells, STATE, CLOSED, OPEN) !== CLOSED) return;
    Atomics.add(this.#cells, OPENINGS, 1);
    this.#writeCause(cause);
    this.#tell('closed');
  }

  /** The request ended without an answer to the question: another one may try. */
  withdrawn({ probeAt }: Admission): void {
    if (probeAt !== null && this.#endProbe(probeAt)) Atomics.store(this.#cells, STATE, OPEN);
  }

  /** A thread died: if it was trying, another one may. */
  reclaim(holder: number): void {
    if (this.#load(STATE) !== HALF_OPEN || this.#load(PROBE_BY) !== holder) return;
    const probeAt = this.#load(PROBE_AT);
    if (this.#endProbe(probeAt)) Atomics.store(this.#cells, STATE, OPEN);
  }

  generation(): number {
    return this.#load(GENERATION);
  }

  facts(): BreakerFacts {
    const state = this.#load(STATE);
    const closed = state === CLOSED;
    return {
      state: STATES[state] ?? 'closed',
      failures: this.#load(FAILURES),
      openForMs: closed ? 0 : this.#since(OPENED_AT),
      retryInMs: closed ? 0 : this.#retryInMs(state),
      openings: this.#load(OPENINGS),
      cause: closed ? null : this.#readCause(),
    };
  }

  /** Take the probe where the cooldown is over, or over from one that was given up; null where it is another's. */
  #tryProbe(): number | null {
    const now = this.#clock();
    const state = this.#load(STATE);
    const before = this.#load(PROBE_AT);
    if (state === OPEN) {
      if (this.#retryInMs(state) > 0) return null;
      // The time first: whoever sees HALF_OPEN must not take the last probe's time for this one's.
      if (Atomics.compareExchange(this.#cells, PROBE_AT, before, now) !== before) return null;
      if (Atomics.compareExchange(this.#cells, STATE, OPEN, HALF_OPEN) !== OPEN) return null;
      // One that lost may have written its time in between.
      Atomics.store(this.#cells, PROBE_AT, now);
    } else {
      if (state !== HALF_OPEN || this.#since(PROBE_AT) <= this.options.probeLimitMs) return null;
      if (Atomics.compareExchange(this.#cells, PROBE_AT, before, now) !== before) return null;
    }
    Atomics.store(this.#cells, PROBE_BY, this.#holder);
    return now;
  }

  /** False where the probe has been taken over: its outcome is no longer asked for. */
  #endProbe(probeAt: number): boolean {
    // Another value than any time of the clock: a probe ends once.
    return (
      this.#load(STATE) === HALF_OPEN && Atomics.compareExchange(this.#cells, PROBE_AT, probeAt, -probeAt) === probeAt
    );
  }

  #retryInMs(state: number): number {
    if (state === HALF_OPEN) return PROBE_POLL_MS;
    return Math.max(0, this.settings.cooldownMs - this.#since(REFUSED_AT));
  }

  #refusal(): SourceError {
    const { failures, openForMs, retryInMs, cause } = this.facts();
    const why = cause ? `: ${cause.message}` : '';
    const message = `${this.source} is not asked for now: its circuit breaker opened ${seconds(openForMs)} ago after ${failures} failed connections in a row${why}; it is tried again in ${seconds(retryInMs)}`;
    return new BreakerOpenError(message, retryInMs, cause);
  }

  #tell(from: BreakerState): void {
    const facts = this.facts();
    this.options.onTransition?.({ from, to: facts.state, facts });
  }

  #load(cell: number): number {
    return Atomics.load(this.#cells, cell);
  }

  /** Never 0, and the same in all threads. */
  #clock(): number {
    return Math.floor(this.#now()) & 0x7fffffff || 1;
  }

  /** The clock goes round every 25 days; differences stay right. */
  #since(cell: number): number {
    return (this.#clock() - this.#load(cell)) & 0x7fffffff;
  }

  /** Only who changed the state writes, so there is one writer at a time; readers see a whole cause or none. */
  #writeCause({ code, message }: BreakerCause): void {
    const bytes = Buffer.from(JSON.stringify({ code, message: message.slice(0, 400) }));
    Atomics.add(this.#cells, CAUSE_VERSION, 1);
    const length = bytes.length <= CAUSE_BYTES ? bytes.length : 0;
    this.#causeBytes.set(bytes.subarray(0, length));
    Atomics.store(this.#cells, CAUSE_LENGTH, length);
    Atomics.add(this.#cells, CAUSE_VERSION, 1);
  }

  #readCause(): BreakerCause | null {
    const version = this.#load(CAUSE_VERSION);
    const text = Buffer.from(this.#causeBytes.slice(0, this.#load(CAUSE_LENGTH))).toString();
    if (text === '' || version % 2 === 1 || version !== this.#load(CAUSE_VERSION)) return null;
    return JSON.parse(text) as BreakerCause;
  }
}

/** Nothing was sent: the source is known to be away. */
export class BreakerOpenError extends SourceError {
  constructor(
    message: string,
    /** When the next request may try, milliseconds from now. */
    readonly retryInMs: number,
    /** What opened the breaker. */
    readonly opened: BreakerCause | null,
  ) {
    super('breaker_open', message, true);
  }
}

/** CLOCK_MONOTONIC: one clock for all threads of a process, and no step of the wall clock moves it. */
function sharedClockMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
