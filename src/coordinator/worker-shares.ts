import type { PrioritySlots } from './priority-slots.js';

/**
 * How many worker threads each source may have at a time: all that the others do not need one of. Without it a source that hangs
 * would have every thread hang with it, and the others would wait.
 */
export class WorkerShares {
  private readonly active = new Map<PrioritySlots, number>();

  constructor(private readonly workers: number) {}

  /** Resize these slots, to `most` or fewer, for as long as their source has work; the call that is returned ends it. */
  join(slots: PrioritySlots, most: number): () => void {
    this.active.set(slots, most);
    this.share();
    return () => {
      this.active.delete(slots);
      this.share();
    };
  }

  private share(): void {
    const others = this.active.size - 1;
    for (const [slots, most] of this.active) slots.resize(Math.max(1, Math.min(most, this.workers - others)));
  }
}
