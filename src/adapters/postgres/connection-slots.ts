import { setTimeout as delay } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';

/**
 * Connections open to one source over all threads of this process, never more than a maximum. Int32 cells of the shared
 * buffer: 0 open now; 1 most ever open; 2 when somebody last waited for one; from 3 on three for each thread: open, so that what
 * a thread that died had open can be given back, in use, and requests that wait. A buffer of one Int32 works too and does only the
 * first.
 */
const OPEN = 0;
const PEAK = 1;
const WANTED_AT = 2;
const HOLDERS = 3;
/** Cells of one thread, and which of them is what. */
const PER_HOLDER = 3;
const HELD = 0;
const USED = 1;
const WAITING = 2;

/** Waits grow from the first to the second, milliseconds. (A pending Atomics.waitAsync keeps no thread alive.) */
const FIRST_WAIT_MS = 1;
const LONGEST_WAIT_MS = 20;
/** A wait counts as going on this long after its last sign of life: one that died with its thread must not count for ever. */
const WANTED_MS = 200;

/** A buffer with all the cells; `holders` is more than the threads that ever live at the same time. */
export function createSlotsBuffer(holders = 256): SharedArrayBuffer {
  return new SharedArrayBuffer((HOLDERS + holders * PER_HOLDER) * Int32Array.BYTES_PER_ELEMENT);
}

export class ConnectionSlots {
  readonly #cells: Int32Array;
  readonly #holder: number;

  /** `holder` is the id of the thread that will own the connections. */
  constructor(
    shared: SharedArrayBuffer,
    readonly max: number,
    holder: number = threadId,
  ) {
    this.#cells = new Int32Array(shared);
    this.#holder = this.#cellOf(holder);
  }

  /** Take one slot if one is free. */
  tryAcquire(): boolean {
    for (let open = this.open(); open < this.max; open = this.open()) {
      if (Atomics.compareExchange(this.#cells, OPEN, open, open + 1) !== open) continue;
      this.#add(HELD, 1);
      this.#raisePeak(open + 1);
      return true;
    }
    return false;
  }

  /** Take one slot, waiting for it without blocking the thread; rejects with the signal's reason when aborted. */
  async acquire(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    for (let waitMs = FIRST_WAIT_MS; !this.tryAcquire(); waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
      if (this.#cells.length > WANTED_AT) Atomics.store(this.#cells, WANTED_AT, nowMs());
      await delay(waitMs);
      signal?.throwIfAborted();
    }
  }

  /** Give one slot back; once for each one taken. */
  release(): void {
    this.#add(HELD, -1);
    Atomics.sub(this.#cells, OPEN, 1);
  }

  open(): number {
    return Atomics.load(this.#cells, OPEN);
  }

  /** Most slots that were ever taken at the same time; `open()` where the buffer has no cell for it. */
  peak(): number {
    return this.#cells.length > PEAK ? Atomics.load(this.#cells, PEAK) : this.open();
  }

  /** Note that this thread uses so many more of its connections, or fewer. */
  addUsed(change: 1 | -1): void {
    this.#add(USED, change);
  }

  /** Note that so many more requests of this thread wait for a connection, or fewer. */
  addWaiting(change: 1 | -1): void {
    this.#add(WAITING, change);
  }

  /** Over all threads; each figure is read by itself, so that they may be a moment apart. */
  use(): { readonly open: number; readonly used: number; readonly waiting: number } {
    let [used, waiting] = [0, 0];
    for (let cell = HOLDERS; cell < this.#cells.length; cell += PER_HOLDER) {
      used += Atomics.load(this.#cells, cell + USED);
      waiting += Atomics.load(this.#cells, cell + WAITING);
    }
    return { open: this.open(), used, waiting };
  }

  /** Whether a request of any thread waits for a slot; false where the buffer has no cell for it. */
  wanted(): boolean {
    const at = this.#cells.length > WANTED_AT ? Atomics.load(this.#cells, WANTED_AT) : 0;
    return at !== 0 && ((nowMs() - at) & 0x7fffffff) < WANTED_MS && this.open() >= this.max;
  }

  /** Give back what a thread that died had taken: its sockets went with it. Returns how many. */
  reclaim(holder: number): number {
    const cell = this.#cellOf(holder);
    if (cell === 0) return 0;
    const held = Atomics.exchange(this.#cells, cell + HELD, 0);
    Atomics.store(this.#cells, cell + USED, 0);
    Atomics.store(this.#cells, cell + WAITING, 0);
    Atomics.sub(this.#cells, OPEN, held);
    return held;
  }

  #cellOf(holder: number): number {
    const holders = Math.floor((this.#cells.length - HOLDERS) / PER_HOLDER);
    return holders > 0 ? HOLDERS + (holder % holders) * PER_HOLDER : 0;
  }

  #add(what: number, change: number): void {
    if (this.#holder !== 0) Atomics.add(this.#cells, this.#holder + what, change);
  }

  #raisePeak(open: number): void {
    if (this.#cells.length <= PEAK) return;
    for (let peak = this.peak(); open > peak; peak = this.peak())
      if (Atomics.compareExchange(this.#cells, PEAK, peak, open) === peak) return;
  }
}

/** Wall clock, milliseconds, as a positive Int32: it goes round every 25 days, and differences stay right. */
function nowMs(): number {
  return Date.now() & 0x7fffffff || 1;
}
