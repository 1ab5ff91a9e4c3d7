/** What may be run again and again; `key` tells the wishes of one origin apart from others, null: of nobody else's. */
export interface Job {
  readonly key: string | null;
}

/** What becomes of a wish: it runs at once, after what goes on, or not at all as the one before of its key is not over. */
export type Offer = 'started' | 'waiting' | 'skipped';

/** One job at a time, in the order of their wishes; of one key at most one is running or waiting. */
export class RunQueue<J extends Job> {
  readonly #work: (job: J) => Promise<void>;
  readonly #waiting: J[] = [];
  #running: J | null = null;
  #idle: Promise<void> = Promise.resolve();

  /** `work` never rejects. */
  constructor(work: (job: J) => Promise<void>) {
    this.#work = work;
  }

  get running(): J | null {
    return this.#running;
  }

  stateOf(key: string): 'idle' | 'waiting' | 'running' {
    if (this.#running?.key === key) return 'running';
    return this.#waiting.some((job) => job.key === key) ? 'waiting' : 'idle';
  }

  offer(job: J): Offer {
    if (job.key !== null && this.stateOf(job.key) !== 'idle') return 'skipped';
    this.#waiting.push(job);
    if (this.#running !== null) return 'waiting';
    this.#idle = this.#drain();
    return 'started';
  }

  /** Forget what waits; what runs goes on. */
  clear(): void {
    this.#waiting.length = 0;
  }

  /** Resolves when nothing runs any more. */
  idle(): Promise<void> {
    return this.#idle;
  }

  async #drain(): Promise<void> {
    for (let job = this.#waiting.shift(); job; job = this.#waiting.shift()) {
      this.#running = job;
      await this.#work(job);
      this.#running = null;
    }
  }
}
