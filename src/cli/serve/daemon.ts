import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Mutex } from 'async-mutex';
import { EventHub } from '#src/adapters/http/event-hub.js';
import { type Daemon, type EndedRun, Refusal, type RunningRun, type WantedRun } from '#src/adapters/http/ports.js';
import { prometheusMetrics } from '#src/adapters/http/prometheus.js';
import { endedView, runningView, statusView } from '#src/adapters/http/views.js';
import type { LogSystem } from '#src/adapters/logging/log-system.js';
import { openSinks } from '#src/adapters/sinks/index.js';
import type { PersonsChange } from '#src/adapters/store/change-incidents.js';
import { StoreError } from '#src/adapters/store/failure.js';
import type { Store } from '#src/adapters/store/store.js';
import type { StoreWriter } from '#src/adapters/store/writer.js';
import { type Config, configSecrets, maskedConfig } from '#src/config/config.js';
import { createRedactor, redactSecrets } from '#src/config/redact.js';
import type { Schedule } from '#src/config/schedules.js';
import type { MetricFamily } from '#src/contract/metric-family.js';
import { RunQueue } from '#src/daemon/run-queue.js';
import { Scheduler } from '#src/daemon/scheduler.js';
import { writeAuditLog } from '../audit-log.js';
import { CliError } from '../exit-code.js';
import type { Io } from '../io.js';
import { gauge } from '../metrics/run-metrics.js';
import { emptyOutbox } from '../send-alerts.js';
import type { StopSignal } from '../signals.js';
import { programVersion } from '../version.js';
import { figuresOfHealth, figuresOfPools, figuresOfStore, newestOfEach, RunFigures } from './daemon-metrics.js';
import { HealthWatch } from './health-watch.js';
import { IncidentFeed } from './incident-feed.js';
import { checkWish, type RunWish, runOnce } from './run-once.js';
import { runProgress } from './run-progress.js';

/** A wish in the queue; `key` is the name of its schedule. */
interface QueuedRun extends RunWish {
  readonly key: string | null;
}

export interface DaemonParts {
  readonly config: Config;
  readonly logs: LogSystem;
  readonly io: Io;
  readonly stop: StopSignal;
  /** Tells people, on the console. */
  readonly announce: (line: string) => void;
}

/** Progress is told at most so often, ms. */
const PROGRESS_EVERY_MS = 500;
const LOOK_EVERY_MS = 3_000;
const HEALTH_EVERY_MS = 60_000;
const ALERTS_EVERY_MS = 60_000;
const WRITER_POLL_MS = 25;

/**
 * What `sentinel serve` is: schedules, the run that goes on, and what is asked of it over HTTP. Runs, alerts and what people decide
 * write to the store one after the other; during a run people's decisions go through the run's own right to write.
 */
export class ServeDaemon implements Daemon {
  readonly events = new EventHub();
  readonly metrics = prometheusMetrics(() => this.#families());
  readonly #parts: DaemonParts;
  readonly #version = programVersion();
  readonly #startedAt = Date.now();
  readonly #scheduler: Scheduler;
  readonly #queue: RunQueue<QueuedRun>;
  readonly #writing = new Mutex();
  readonly #health: HealthWatch;
  readonly #figures = new RunFigures();
  readonly #ended = new Map<string, EndedRun>();
  readonly #skipped = new Map<string, number>();
  readonly #timers: NodeJS.Timeout[] = [];
  #store: Store | null = null;
  #feed: IncidentFeed | null = null;
  #writer: StoreWriter | null = null;
  #role: 'active' | 'standby' = 'standby';
  #reason: string | null = 'it has just started';
  #running: (() => RunningRun) | null = null;
  #confirm: () => Promise<boolean> = async () => false;

  constructor(parts: DaemonParts) {
    this.#parts = parts;
    this.#health = new HealthWatch(parts.config);
    this.#scheduler = new Scheduler(parts.config.schedules, (schedule) => this.#due(schedule));
    this.#queue = new RunQueue((wish) => this.#run(wish));
  }

  /** From now on it has a store; `confirm` asks whether it is still the active instance. */
  use(store: Store, confirm: () => Promise<boolean>): void {
    this.#store = store;
    this.#feed = new IncidentFeed(store, this.events);
    this.#confirm = confirm;
  }

  async begin(): Promise<void> {
    await this.#figures.begin(this.store());
    this.#role = 'active';
    this.#reason = null;
    this.#scheduler.start();
    const every = (ms: number, work: () => Promise<unknown>) =>
      this.#timers.push(setInterval(() => void work().catch((error: Error) => this.#note(error)), ms));
    every(LOOK_EVERY_MS, async () => this.#feed?.look());
    every(HEALTH_EVERY_MS, () => this.#health.report());
    every(ALERTS_EVERY_MS, () => this.#deliverAlerts());
    void this.#health.report();
    this.#tellStatus();
    this.#parts.announce('this instance is active');
    this.#log().info({ schedules: this.#parts.config.schedules.map(({ name }) => name) }, 'this instance is active');
  }

  end(reason: string): void {
    this.#role = 'standby';
    this.#scheduler.stop();
    this.#queue.clear();
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    this.standBy(reason);
  }

  /** Stand by, and say why where that is new. */
  standBy(reason: string): void {
    if (reason === this.#reason) return;
    this.#reason = reason;
    this.#tellStatus();
    this.#parts.announce(`this instance stands by: ${reason}`);
    this.#log().warn({ reason }, 'this instance stands by');
  }

  /** Resolves when the run that goes on has ended. */
  idle(): Promise<void> {
    return this.#queue.idle();
  }

  status() {
    const { version, role, reason, running } = {
      ...{ version: this.#version, role: this.#role, reason: this.#reason },
      running: this.#running?.() ?? null,
    };
    return { version, startedAt: this.#startedAt, role, reason, running };
  }

  store(): Store {
    if (this.#store) return this.#store;
    throw new Refusal(503, 'standby', `this instance stands by: ${this.#reason}`);
  }

  schedules() {
    return this.#parts.config.schedules.map((schedule) => ({
      ...schedule,
      nextAt: this.#scheduler.nextAt(schedule),
      state: this.#queue.stateOf(schedule.name),
      skipped: this.#skipped.get(schedule.name) ?? 0,
      last: this.#ended.get(schedule.name) ?? null,
    }));
  }

  health() {
    return this.#health.report();
  }

  settings(): unknown {
    const { config } = this.#parts;
    return JSON.parse(createRedactor(configSecrets(config))(JSON.stringify(maskedConfig(config))));
  }

  startRun(wanted: WantedRun, actor: string): RunningRun {
    const wish = { ...wanted, actor, key: null };
    try {
      checkWish(wish, this.#parts.config);
    } catch (error) {
      if (error instanceof CliError) throw new Refusal(400, 'bad_request', error.message);
      throw error;
    }
    if (this.#running) throw new Refusal(409, 'run_in_progress', 'a run goes on; ask again when it has ended');
    this.#queue.offer(wish);
    return this.#running!();
  }

  async changeIncidents(labels: readonly string[], wanted: PersonsChange): Promise<void> {
    const { config } = this.#parts;
    const reason = wanted.reason && redactSecrets(wanted.reason, configSecrets(config));
    const change = { ...wanted, ...(reason !== undefined && { reason }) };
    while (!(await this.#changed(labels, change))) await delay(WRITER_POLL_MS);
    await this.#feed?.look();
  }

  /** False where it is to be tried again in a moment: a run that has begun is about to become the writer, or has just ended. */
  async #changed(labels: readonly string[], change: PersonsChange): Promise<boolean> {
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
    const store = this.store();
    await this.#writing.runExclusive(() => store.changeIncidents(labels, change, () => this.#mirror(store)));
    return true;
  }

  #due(schedule: Schedule): void {
    const { name } = schedule;
    const offer = this.#queue.offer({ ...schedule, key: name, actor: `schedule ${name}` });
    if (offer === 'started') return;
    if (offer === 'skipped') this.#skipped.set(name, (this.#skipped.get(name) ?? 0) + 1);
    const why = offer === 'waiting' ? 'it waits for the run that goes on' : 'it is left out: its last one is not over';
    this.#log().warn({ schedule: name }, `a run is due: ${why}`);
  }

  async #run(wish: QueuedRun): Promise<void> {
    const { announce } = this.#parts;
    const startedAt = Date.now();
    const who = wish.key === null ? wish.actor : `schedule ${wish.key}`;
    let run: string | null = null;
    let outcome: EndedRun['outcome'] = 'failed';
    const progress = runProgress(throttled(PROGRESS_EVERY_MS, () => this.#tellRun('run_progress')));
    const running = () => ({
      ...{ command: wish.command, schedule: wish.key, startedAt, run },
      ...progress.facts(),
    });
    this.#running = running;
    this.#tellRun('run_started');
    const { exitCode, message } = await this.#writing.runExclusive(async () => {
      if (!(await this.#confirm())) return { exitCode: 3, message: 'this instance is not the active one any more' };
      return runOnce(wish, {
        ...this.#parts,
        view: progress.view,
        watch: {
          begun: ({ label }) => {
            run = label;
            this.#tellRun('run_progress');
            announce(`run ${label} begins (${wish.command}, ${who})`);
          },
          writes: (writer) => (this.#writer = writer),
        },
        metrics: {
          write: async (end, families) => {
            outcome = end.outcome;
            await this.#figures.write(end, families);
          },
        },
      });
    });
    const ended: EndedRun = { endedAt: Date.now(), run, outcome, exitCode, message };
    this.#running = null;
    if (wish.key !== null) this.#ended.set(wish.key, ended);
    this.events.publish({ type: 'run_ended', data: { ...runningView(running()), ...endedView(ended) } });
    const why = message === null ? '' : `: ${message}`;
    announce(`run ${run ?? `(${who})`} ends: ${outcome}, exit code ${exitCode}${why}`);
    await this.#feed?.look().catch((error: Error) => this.#note(error));
  }

  /** Alerts that could not be sent when they were due, while no run is there to send them. */
  async #deliverAlerts(): Promise<void> {
    const { config, logs, stop } = this.#parts;
    if (this.#running || openSinks(config.alerts).length === 0) return;
    const store = this.store();
    if (!(await store.countAlerts()).some(({ state }) => state === 'pending')) return;
    await this.#writing.runExclusive(async () => {
      const writer = await store.acquireWriter(`alerts of the daemon on ${hostname()}`);
      this.#writer = writer;
      try {
        await emptyOutbox({ config, logs, stop }, store, writer);
        await this.#mirror(store);
      } finally {
        this.#writer = null;
        await writer.release();
      }
    });
  }

  async #families(): Promise<MetricFamily[]> {
    const { config } = this.#parts;
    const isActive = this.#role === 'active';
    const none: MetricFamily[] = [];
    const { last } = this.#health;
    return newestOfEach([
      gauge('sentinel_build_info', 'Version of this program.', [[{ version: this.#version }, 1]]),
      gauge('sentinel_active', 'Whether this instance is the active one.', [[{}, isActive ? 1 : 0]]),
      {
        ...gauge(
          'sentinel_schedule_skipped_total',
          'Times that a schedule was due while it was waiting or running.',
          config.schedules.map(({ name: schedule }) => [{ schedule }, this.#skipped.get(schedule) ?? 0]),
        ),
        type: 'counter',
      },
      ...this.#figures.families,
      ...(isActive ? await figuresOfStore(this.store()).catch(() => none) : none),
      ...(await figuresOfPools(config.sources.map(({ name }) => name))),
      ...(last ? figuresOfHealth(last) : none),
    ]);
  }

  #tellRun(type: 'run_started' | 'run_progress'): void {
    if (this.#running) this.events.publish({ type, data: runningView(this.#running()) });
  }

  #tellStatus(): void {
    this.events.publish({ type: 'status', data: statusView(this.status()) });
  }

  #mirror(store: Store): Promise<void> {
    const { config, logs } = this.#parts;
    const warn = (message: string) => this.#log().warn({}, message);
    return writeAuditLog(store, config, { warn, problem: logs.problem });
  }

  /** What goes wrong beside runs: it is tried again by itself. */
  #note(error: Error): void {
    const isBusy = error instanceof StoreError && error.code === 'store_busy';
    this.#log()[isBusy ? 'debug' : 'warn']({ cause: error.message }, 'not now: it is tried again');
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
