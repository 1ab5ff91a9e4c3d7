import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Mutex } from 'async-mutex';
import type { EventHub } from '#src/adapters/http/event-hub.js';
import type { EndedRun, RunningRun, ScheduleView } from '#src/adapters/http/ports.js';
import { endedView, runningView } from '#src/adapters/http/views.js';
import type { PersonsChange } from '#src/adapters/store/change-incidents.js';
import { StoreError } from '#src/adapters/store/failure.js';
import type { Store } from '#src/adapters/store/store.js';
import type { StoreWriter } from '#src/adapters/store/writer.js';
import { configSecrets } from '#src/config/config.js';
import { redactSecrets } from '#src/config/redact.js';
import type { Schedule } from '#src/config/schedules.js';
import { RunQueue } from '#src/daemon/run-queue.js';
import { writeAuditLog } from '../audit-log.js';
import { EXIT } from '../exit-code.js';
import type { MetricsTarget } from '../metrics/write-metrics.js';
import { emptyOutbox } from '../send-alerts.js';
import type { DaemonParts } from './daemon-parts.js';
import { type RunWish, runOnce } from './run-once.js';
import { runProgress } from './run-progress.js';

/** A wish in the queue; `key` is the name of its schedule. */
interface QueuedRun extends RunWish {
  readonly key: string | null;
}

export interface StoreWorkParts extends DaemonParts {
  readonly events: EventHub;
  readonly metrics: MetricsTarget;
  /** Whether this process is still the active one. */
  readonly confirm: () => Promise<boolean>;
  /** Called after whatever may have changed incidents. */
  readonly changed: () => void;
}

/** Progress is told at most so often. */
const PROGRESS_EVERY_MS = 500;
const WRITER_POLL_MS = 25;

/**
 * All that writes to the store in this process: runs, alerts, and what people decide, one after the other. During a run, people's
 * decisions go through the run's own right to write.
 */
export class StoreWork {
  readonly #parts: StoreWorkParts;
  readonly #queue: RunQueue<QueuedRun>;
  readonly #writing = new Mutex();
  readonly #ended = new Map<string, EndedRun>();
  readonly #skipped = new Map<string, number>();
  #writer: StoreWriter | null = null;
  #running: (() => RunningRun) | null = null;

  constructor(parts: StoreWorkParts) {
    this.#parts = parts;
    this.#queue = new RunQueue((wish) => this.#run(wish));
  }

  /** The run that goes on; null where none does. */
  get running(): RunningRun | null {
    return this.#running?.() ?? null;
  }

  /** What became of a schedule. */
  fateOf({ name }: Schedule): Pick<ScheduleView, 'state' | 'skipped' | 'last'> {
    return {
      state: this.#queue.stateOf(name),
      skipped: this.#skipped.get(name) ?? 0,
      last: this.#ended.get(name) ?? null,
    };
  }

  /** Run a schedule now, or after the run that goes on; not at all where its last one is not over. */
  due(schedule: Schedule): void {
    const { name } = schedule;
    const offer = this.#queue.offer({ ...schedule, key: name, actor: `schedule ${name}` });
    if (offer === 'started') return;
    if (offer === 'skipped') this.#skipped.set(name, (this.#skipped.get(name) ?? 0) + 1);
    const why = offer === 'waiting' ? 'it waits for the run that goes on' : 'it is left out: its last one is not over';
    this.#log().warn({ schedule: name }, `a run is due: ${why}`);
  }

  /** Start a run now; null where one goes on. */
  start(wish: RunWish): RunningRun | null {
    if (this.#running) return null;
    this.#queue.offer({ ...wish, key: null });
    return this.running;
  }

  /** Forget what waits; what runs goes on. */
  clear(): void {
    this.#queue.clear();
  }

  /** Resolves when nothing runs any more. */
  idle(): Promise<void> {
    return this.#queue.idle();
  }

  /** All or none of these incidents; rejects with `StoreError`. */
  async changeIncidents(store: Store, labels: readonly string[], wanted: PersonsChange): Promise<void> {
    const reason = wanted.reason && redactSecrets(wanted.reason, configSecrets(this.#parts.config));
    const change = { ...wanted, ...(reason !== undefined && { reason }) };
    while (!(await this.#tryChange(store, labels, change))) await delay(WRITER_POLL_MS);
    this.#parts.changed();
  }

  /** False where it is to be tried again in a moment: a run that has begun is about to become the writer, or has just ended. */
  async #tryChange(store: Store, labels: readonly string[], change: PersonsChange): Promise<boolean> {
    if (this.#writer) {
      try {
        await this.#writer.changeIncidents(labels, change);
        return true;
      } catch (error) {
        if (error instanceof StoreError && error.code === 'writer_released') return false;
        throw error;
      }
    }
    if (this.#writing.isLocked()) return false;
    await this.#writing.runExclusive(() => store.changeIncidents(labels, change, () => this.#mirror(store)));
    return true;
  }

  /** Reminders, digests, and alerts that could not be sent when they were due, while no run is there to send them. Rejects with `StoreError`. */
  async deliverAlerts(store: Store): Promise<void> {
    // A right to write that is taken for nothing would turn away a run that another process begins just then.
    if (this.#running || !(await store.areAlertsDue(new Date()))) return;
    await this.#writing.runExclusive(async () => {
      const writer = await store.acquireWriter(`alerts of the daemon on ${hostname()}`);
      this.#writer = writer;
      try {
        await emptyOutbox(this.#parts, store, writer);
        await this.#mirror(store);
      } finally {
        this.#writer = null;
        await writer.release();
      }
    });
  }

  async #run(wish: QueuedRun): Promise<void> {
    const { announce, events, changed, confirm } = this.#parts;
    const startedAt = Date.now();
    const who = wish.key === null ? wish.actor : `schedule ${wish.key}`;
    let run: string | null = null;
    let outcome: EndedRun['outcome'] = 'failed';
    const tell = throttled(PROGRESS_EVERY_MS, () => {
      if (this.#running) events.publish({ type: 'run_progress', data: runningView(this.#running()) });
    });
    const progress = runProgress(tell);
    const running = () => ({ command: wish.command, schedule: wish.key, startedAt, run, ...progress.facts() });
    this.#running = running;
    events.publish({ type: 'run_started', data: runningView(running()) });
    const begin = async () =>
      runOnce(wish, {
        ...this.#parts,
        view: progress.view,
        watch: {
          begun: ({ label }) => {
            run = label;
            tell();
            announce(`run ${label} begins (${wish.command}, ${who})`);
          },
          writes: (writer) => (this.#writer = writer),
        },
        metrics: {
          write: async (end, families) => {
            outcome = end.outcome;
            await this.#parts.metrics.write(end, families);
          },
        },
      });
    const { exitCode, message } = await this.#writing.runExclusive(async () =>
      (await confirm()) ? begin() : { exitCode: EXIT.usage, message: 'this instance is not the active one any more' },
    );
    const ended: EndedRun = { endedAt: Date.now(), run, outcome, exitCode, message };
    this.#running = null;
    if (wish.key !== null) this.#ended.set(wish.key, ended);
    events.publish({ type: 'run_ended', data: { ...runningView(running()), ...endedView(ended) } });
    announce(
      `run ${run ?? `(${who})`} ends: ${outcome}, exit code ${exitCode}${message === null ? '' : `: ${message}`}`,
    );
    changed();
  }

  #mirror(store: Store): Promise<void> {
    const { config, logs } = this.#parts;
    const warn = (message: string) => this.#log().warn({}, message);
    return writeAuditLog(store, config, { warn, problem: logs.problem });
  }

  #log() {
    return this.#parts.logs.fileLogger('orchestrator');
  }
}

/** `tell`, at once and then at most so often; what came meanwhile is told at the end of that time. */
function throttled(everyMs: number, tell: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  let again = false;
  const now = () => {
    again = false;
    tell();
    timer = setTimeout(() => {
      timer = undefined;
      if (again) now();
    }, everyMs);
    timer.unref();
  };
  return () => {
    if (timer === undefined) now();
    else again = true;
  };
}
