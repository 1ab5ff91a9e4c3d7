import { BroadcastChannel, parentPort, threadId } from 'node:worker_threads';
import { workerData } from 'piscina';
import {
  type ChunkOutcome,
  type ChunkTask,
  CONTROL_CHANNEL,
  type ControlMessage,
  type DetectResult,
  type ProfileTask,
  type ProfileTaskEnd,
  type TableResult,
  type WorkerEvent,
  type WorkerSettings,
  type WorkerTask,
} from '#src/contract/messages.js';

/** What a thread does with each kind of task; composed by the thread entry from engine and adapters. */
export interface WorkerHandlers {
  profile(task: ProfileTask, emit: (result: TableResult) => void): Promise<ProfileTaskEnd['failure']>;
  chunk(task: ChunkTask): Promise<ChunkOutcome>;
  detect(task: Extract<WorkerTask, { type: 'detect' }>): Promise<DetectResult>;
  /** Cancel the statements that run on the server now. */
  cancel(): Promise<void>;
}

export interface WorkerChannel {
  /** `worker-3`. */
  readonly thread: string;
  readonly settings: WorkerSettings;
  post(event: WorkerEvent, transfer?: readonly ArrayBuffer[]): void;
  progress(source: string, rows: number, bytes: number): void;
  /** Send the progress that waits for the next interval, so that a finished table's rows are known with it. */
  flushProgress(): void;
}

/** Progress goes out at most this often. */
const PROGRESS_INTERVAL_MS = 100;

/** The thread's side of the pool: `piscina-pool.ts` is the other. Returns the handler that Piscina calls. */
export function createWorkerHost(
  compose: (channel: WorkerChannel) => WorkerHandlers,
): (message: { id: number; task: WorkerTask }) => Promise<ProfileTaskEnd | ChunkOutcome | DetectResult> {
  const channel = createChannel();
  const handlers = compose(channel);
  const control = new BroadcastChannel(CONTROL_CHANNEL);
  control.onmessage = (event) => {
    const message = (event as { data: ControlMessage }).data;
    if (message.type === 'cancel') void handlers.cancel();
  };
  control.unref();
  return async ({ id, task }) => {
    if (task.type === 'chunk') return handlers.chunk(task).finally(channel.flushProgress);
    if (task.type === 'detect') return handlers.detect(task);
    let tables = 0;
    const failure = await handlers.profile(task, (result) => {
      channel.flushProgress();
      const transfer = result.state ? [result.state.buffer as ArrayBuffer] : [];
      channel.post({ type: 'table', task: id, result }, transfer);
      tables++; // only what was sent is waited for
    });
    return { tables, failure };
  };
}

function createChannel(): WorkerChannel {
  const waiting = new Map<string, { rows: number; bytes: number }>();
  let sentMs = 0;
  const post: WorkerChannel['post'] = (event, transfer = []) => parentPort?.postMessage(event, [...transfer]);
  const flushProgress = () => {
    for (const [name, counts] of waiting) post({ type: 'progress', source: name, ...counts });
    waiting.clear();
  };
  return {
    thread: `worker-${threadId}`,
    settings: workerData as WorkerSettings,
    post,
    progress(source, rows, bytes) {
      const sum = waiting.get(source) ?? { rows: 0, bytes: 0 };
      waiting.set(source, { rows: sum.rows + rows, bytes: sum.bytes + bytes });
      const now = performance.now();
      if (now - sentMs < PROGRESS_INTERVAL_MS) return;
      sentMs = now;
      flushProgress();
    },
    flushProgress,
  };
}
