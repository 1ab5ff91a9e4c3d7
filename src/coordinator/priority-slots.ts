/** A counting semaphore whose waiters are served by priority (lowest number first), then in order of arrival. */
export class PrioritySlots {
  private readonly waiting: { priority: number; grant: () => void }[] = [];

  /** @param free how many holders there may be at a time */
  constructor(private free: number) {}

  async acquire(priority: number): Promise<void> {
    if (this.free > 0) {
      this.free--;
      return;
    }
    await new Promise<void>((grant) => {
      const after = this.waiting.findIndex((waiter) => waiter.priority > priority);
      this.waiting.splice(after === -1 ? this.waiting.length : after, 0, { priority, grant });
    });
  }

  release(): void {
    const next = this.waiting.shift();
    if (next) next.grant();
    else this.free++;
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
}
