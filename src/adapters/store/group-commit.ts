/** How a `GroupCommit` collects. */
export interface GroupCommitOptions<T> {
  /** The longest a record waits for others, milliseconds. */
  readonly intervalMs: number;
  /** Rows that are not made to wait for more (BATCH_SIZE). */
  readonly maxRows: number;
  /** Rows one record becomes in the store. */
  readonly rowsOf: (record: T) => number;
  /** True where one record of the group is at fault, so that each is tried alone; default: never. */
  readonly isRecordAtFault?: (error: unknown) => boolean;
}

interface Waiting<T> {
  readonly record: T;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Makes many small writes durable by few transactions: records are collected and persisted together every `intervalMs`,
 * or as soon as `maxRows` rows wait. One transaction runs at a time; what comes in meanwhile is the next group. A caller
 * that awaits `add` before it takes new work bounds what is held in memory.
 */
export class GroupCommit<T> {
  readonly #persist: (records: readonly T[]) => Promise<void>;
  readonly #options: GroupCommitOptions<T>;
  #waiting: Waiting<T>[] = [];
  #rows = 0;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | null = null;
  #closed = false;

  constructor(persist: (records: readonly T[]) => Promise<void>, options: GroupCommitOptions<T>) {
    this.#persist = persist;
    this.#options = options;
  }

  /** Resolves when the record is durable, rejects with the reason why it is not. */
  add(record: T): Promise<void> {
    if (this.#closed) return Promise.reject(new Error('nothing can be added after close()'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ record, resolve, reject });
      this.#rows += this.#options.rowsOf(record);
      if (this.#rows >= this.#options.maxRows) this.#start();
      else this.#timer ??= setTimeout(() => this.#start(), this.#options.intervalMs);
    });
  }

  /** Persist what waits now; resolves when everything added before is settled. Never rejects: `add` did. */
  async flush(): Promise<void> {
    while (this.#waiting.length > 0 || this.#running) {
      this.#start();
      await this.#running;
    }
  }

  /** Refuse further records and flush. */
  close(): Promise<void> {
    this.#closed = true;
    return this.flush();
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#running || this.#waiting.length === 0) return;
    const group = this.#waiting;
    this.#waiting = [];
    this.#rows = 0;
    this.#running = this.#commit(group).then(() => {
      this.#running = null;
      // Whoever waited through this transaction has waited long enough.
      this.#start();
    });
  }

  async #commit(group: readonly Waiting<T>[]): Promise<void> {
    try {
      await this.#persist(group.map(({ record }) => record));
      for (const { resolve } of group) resolve();
    } catch (error) {
      if (group.length > 1 && this.#options.isRecordAtFault?.(error))
        for (const one of group) await this.#commit([one]);
      else for (const { reject } of group) reject(error);
    }
  }
}
