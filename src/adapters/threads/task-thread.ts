import { move, Piscina } from 'piscina';
import { threadFlags } from './thread-flags.js';

/** A thread that is started when there is first something to do, and stays: it may remember. */
export interface TaskThread<Task, Answer> {
  /** Rejects with what the task throws. */
  run(task: Task): Promise<Answer>;
  close(): Promise<void>;
}

/** An answer of a task that is handed over, not copied: the thread has it no more. */
export function handedOver(bytes: Uint8Array<ArrayBuffer>): Uint8Array {
  return move(bytes) as unknown as Uint8Array;
}

/**
 * Beyond this the thread dies, and nothing else. It is also what V8 goes by: below 2 GiB it lets a heap grow to less than twice what
 * is in use, above that to four times.
 */
const MAX_HEAP_MIB = 1_500;

/** `entry` is a file whose default export takes a task, plain data, and resolves with plain data. */
export function createTaskThread<Task, Answer>(entry: string): TaskThread<Task, Answer> {
  const threads = new Piscina({
    filename: entry,
    minThreads: 0,
    maxThreads: 1,
    idleTimeout: Number.POSITIVE_INFINITY,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MIB },
    ...threadFlags(),
  });
  return {
    run: (task) => threads.run(task) as Promise<Answer>,
    close: () => threads.destroy(),
  };
}
