import { BroadcastChannel, type Worker } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { maskCredentials } from '#src/config/redact.js';
import {
  type ChunkOutcome,
  type ChunkTask,
  CONTROL_CHANNEL,
  type ControlMessage,
  type DetectResult,
  type DetectTask,
  type LogRecord,
  type ProfileTask,
  type ProfileTaskEnd,
  type TableResult,
  type WorkerEvent,
  type WorkerSettings,
  type WorkerTask,
} from '#src/contract/messages.js';
import type { WorkerPool } from '#src/coordinator/ports.js';
import type { Failure } from '#src/core/model/failure.js';
import { threadFlags } from './thread-flags.js';

export interface ThreadPoolOptions {
  readonly threads: number;
  readonly settings: WorkerSettings;
  /** The file that each thread runs: its default export is what `createWorkerHost` returns. */
  readonly entry: string;
  /** Old-generation heap of each thread, MiB. */
  readonly heapMiB: number;
  readonly onLog: (record: LogRecord) => void;
  readonly onProgress: (source: string, rows: number, bytes: number) => void;
  /** Takes secrets out of the words of a thread that died; default: credentials of URLs and the like. */
  readonly redact?: (text: string) => string;
  /** A thread is gone, expected or not; its connections went with it. */
  readonly onThreadExit: (threadId: number) => void;
}

/** The worker threads; the thread side of it is `worker-host.ts`. */
export class PiscinaPool implements WorkerPool {
  readonly #piscina: Piscina;
  readonly #control = new BroadcastChannel(CONTROL_CHANNEL);
  readonly #receivers = new Map<number, TableReceiver>();
  readonly #watched = new WeakSet<Worker>();
  /** Rejects when no thread is left and none will be started. */
  readonly #broken: Promise<never>;
  #break!: (error: Error) => void;
  #isClosed = false;
  #nextTask = 1;
  readonly #redact: (text: string) => string;

  constructor(options: ThreadPoolOptions) {
    this.#redact = options.redact ?? maskCredentials;
    this.#control.unref(); // first: where no thread can be made, nobody closes it
    this.#piscina = new Piscina({
      filename: options.entry,
      minThreads: options.threads,
      maxThreads: options.threads,
      concurrentTasksPerWorker: 1,
      // 'sync' would freeze an idle worker's event loop: a dropped connection goes unnoticed, timers never fire.
      atomics: 'disabled',
      workerData: options.settings,
      ...threadFlags(),
      resourceLimits: { maxOldGenerationSizeMb: options.heapMiB },
    });
    this.#broken = new Promise((_, reject) => {
      this.#break = reject;
    });
    this.#broken.catch(() => undefined);
    this.#piscina.on('message', (event: WorkerEvent) => {
      if (event.type === 'table') this.#receivers.get(event.task)?.accept(event.result);
      else if (event.type === 'progress') options.onProgress(event.source, event.rows, event.bytes);
      else options.onLog(event.record);
    });
    // A task that a thread dies under rejects. But threads that cannot even start are not replaced, and tasks would wait for ever.
    this.#piscina.on('error', (error: Error) =>
      queueMicrotask(() => {
        if (this.#piscina.threads.length === 0)
          this.#break(new Error(`no worker thread could be started: ${error.message}`));
      }),
    );
    this.#watchThreads(options.onThreadExit);
    // Piscina announces a thread just before it lists it.
    this.#piscina.on('workerCreate', () => queueMicrotask(() => this.#watchThreads(options.onThreadExit)));
  }

  async profile(task: ProfileTask, onTable: (result: TableResult) => void): Promise<Failure | null> {
    const id = this.#nextTask++;
    const receiver = new TableReceiver(onTable);
    this.#receivers.set(id, receiver);
    try {
      const end = await this.#run<ProfileTaskEnd>({ id, task });
      await receiver.received(end.tables);
      return end.failure;
    } finally {
      this.#receivers.delete(id);
    }
  }

  chunk(task: ChunkTask): Promise<ChunkOutcome> {
    return this.#run({ id: this.#nextTask++, task });
  }

  detect(task: DetectTask): Promise<DetectResult> {
    return this.#run({ id: this.#nextTask++, task });
  }

  async #run<T>(message: { readonly id: number; readonly task: WorkerTask }): Promise<T> {
    try {
      return await Promise.race([this.#piscina.run(message) as Promise<T>, this.#broken]);
    } catch (error) {
      // What ended a thread may speak of anything that the thread knew.
      if (error instanceof Error) error.message = this.#redact(error.message);
      throw error;
    }
  }

  #watchThreads(onExit: (threadId: number) => void): void {
    for (const worker of this.#piscina.threads) {
      if (this.#watched.has(worker)) continue;
      this.#watched.add(worker);
      const { threadId } = worker; // −1 once it has exited
      worker.once('exit', () => onExit(threadId));
    }
  }

  /** Ask every worker to cancel its running statements on the server; nothing where they have ended. */
  cancel(): void {
    if (this.#isClosed) return;
    const message: ControlMessage = { type: 'cancel' };
    this.#control.postMessage(message);
  }

  /** End the threads; their connections close with them. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#control.close();
    await this.#piscina.destroy();
  }
}

/** Results come by one port and the task's end by another: waits until as many results are here as the end announced. */
class TableReceiver {
  #count = 0;
  #waiting: { count: number; resolve: () => void } | null = null;

  constructor(private readonly onTable: (result: TableResult) => void) {}

  accept(result: TableResult): void {
    this.#count++;
    this.onTable(result);
    if (this.#waiting && this.#count >= this.#waiting.count) this.#waiting.resolve();
  }

  received(count: number): Promise<void> {
    if (this.#count >= count) return Promise.resolve();
    return new Promise((resolve) => (this.#waiting = { count, resolve }));
  }
}
