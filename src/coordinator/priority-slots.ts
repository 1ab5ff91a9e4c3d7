/** A counting semaphore whose waiters are served by priority (lowest number first), then in order of arrival. */
export class PrioritySlots {
  private held = 0;
  private readonly waiting: { priority: number; grant: () => void }[] = [];

  /** @param size how many holders there may be at a time */
  constructor(private size: number) {}

  async acquire(priority: number): Promise<void> {
    if (this.held < this.size) {
      this.held++;
      return;
    }
    await new Promise<void>((grant) => {
      const after = this.waiting.findIndex((waiter) => waiter.priority > priority);
      this.waiting.splice(after === -1 ? this.waiting.length : after, 0, { priority, grant });
    });
  }

  release(): void {
    this.held--;
    this.serve();
  }

  /** From now on; who holds a slot too many keeps it until it is given back. */
  resize(size: number): void {
    this.size = size;
    this.serve();
  }

  /** Hold a slot while `job` runs. */
  async run<T>(priority: number, job: () => Promise<T>): Promise<T> {
    await this.acquire(priority);
    try {
      return await job();
    } finally {
      this.release();
    }
  }

  private serve(): void {
    while (this.held < this.size) {
      const next = this.waiting.shift();
      if (!next) return;
      this.held++;
      next.grant();
    }
  }
}
