import { EventHub } from '#src/adapters/http/event-hub.js';
import {
  type Daemon,
  type DaemonStatus,
  Refusal,
  type RunningRun,
  type ScheduleView,
  type WantedRun,
} from '#src/adapters/http/ports.js';
import { prometheusMetrics } from '#src/adapters/http/prometheus.js';
import { statusView } from '#src/adapters/http/views.js';
import type { HealthReport } from '#src/adapters/postgres/database-manager.js';
import type { PersonsChange } from '#src/adapters/store/change-incidents.js';
import { StoreError } from '#src/adapters/store/failure.js';
import type { Store } from '#src/adapters/store/store.js';
import { configSecrets, maskedConfig } from '#src/config/config.js';
import { createRedactor } from '#src/config/redact.js';
import type { MetricFamily } from '#src/contract/metric-family.js';
import type { StandbyReason } from '#src/daemon/leadership.js';
import { Scheduler } from '#src/daemon/scheduler.js';
import { CliError } from '../exit-code.js';
import { familyOf } from '../metrics/definitions.js';
import { programVersion } from '../version.js';
import { figuresOfHealth, figuresOfPools, figuresOfStore, newestOfEach, RunFigures } from './daemon-metrics.js';
import type { DaemonParts } from './daemon-parts.js';
import { HealthWatch } from './health-watch.js';
import { IncidentFeed } from './incident-feed.js';
import { checkWish } from './run-once.js';
import { ServedReport } from './served-report.js';
import { StoreWork } from './store-work.js';

const LOOK_EVERY_MS = 3_000;
const HEALTH_EVERY_MS = 60_000;
const ALERTS_EVERY_MS = 60_000;

/** What `sentinel serve` is: active or standing by, what is due when, and what is asked of it over HTTP. */
export class ServeDaemon implements Daemon {
  readonly events = new EventHub();
  readonly pages: ServedReport;
  readonly metrics = prometheusMetrics(() => this.#families());
  readonly #parts: DaemonParts;
  readonly #version = programVersion();
  readonly #startedAt = Date.now();
  readonly #figures = new RunFigures();
  readonly #scheduler: Scheduler;
  readonly #work: StoreWork;
  readonly #health: HealthWatch;
  readonly #timers: NodeJS.Timeout[] = [];
  #store: Store | null = null;
  #feed: IncidentFeed | null = null;
  #confirm: () => Promise<boolean> = async () => false;
  #role: DaemonStatus['role'] = 'standby';
  #reason: StandbyReason | null = { brief: 'it has just started', full: 'it has just started' };

  constructor(parts: DaemonParts) {
    this.#parts = parts;
    this.#health = new HealthWatch(parts.config);
    this.pages = new ServedReport(parts.config, () => this.#tellStatus());
    this.#work = new StoreWork({
      ...parts,
      events: this.events,
      metrics: this.#figures,
      confirm: () => this.#confirm(),
      changed: () => this.#attempt(() => this.#look()),
    });
    this.#scheduler = new Scheduler(parts.config.schedules, (schedule) => this.#work.due(schedule));
  }

  /** From now on it has a store; `confirm` asks whether it is still the active instance. */
  use(store: Store, confirm: () => Promise<boolean>): void {
    this.#store = store;
    this.#feed = new IncidentFeed(store, this.events);
    this.#confirm = confirm;
  }

  /** Become active. */
  async begin(): Promise<void> {
    const store = this.store();
    await this.#figures.begin(store, this.#parts.config);
    this.#role = 'active';
    this.#reason = null;
    this.#scheduler.start();
    const every = (ms: number, work: () => Promise<unknown> | undefined) =>
      this.#timers.push(setInterval(() => this.#attempt(work), ms));
    every(LOOK_EVERY_MS, () => this.#look());
    every(HEALTH_EVERY_MS, () => this.#health.report());
    every(ALERTS_EVERY_MS, () => this.#work.deliverAlerts(store));
    this.#attempt(() => this.#health.report());
    this.#attempt(() => this.#look());
    this.#attempt(() => this.#work.deliverAlerts(store));
    this.#tellStatus();
    this.#parts.announce('this instance is active');
    this.#log().info({ schedules: this.#parts.config.schedules.map(({ name }) => name) }, 'this instance is active');
  }

  /** Be active no more: nothing is due, and what waited is forgotten. A run that goes on ends by itself. */
  end(reason: StandbyReason): void {
    this.#role = 'standby';
    this.#scheduler.stop();
    this.#work.clear();
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    this.standBy(reason);
  }

  /** Stand by, and say why where that is new. */
  standBy(reason: StandbyReason): void {
    if (reason.full === this.#reason?.full) return;
    this.#reason = reason;
    this.#tellStatus();
    if (this.#parts.stop.signal.aborted) return; // the signal was told
    this.#parts.announce(`this instance stands by: ${reason.full}`);
    this.#log().warn({ reason: reason.full }, 'this instance stands by');
  }

  /** Resolves when the run that goes on has ended. */
  idle(): Promise<void> {
    return this.#work.idle();
  }

  status(): DaemonStatus {
    const [version, startedAt, role] = [this.#version, this.#startedAt, this.#role];
    const { brief = null, full: reason = null } = this.#reason ?? {};
    const page = role === 'active' ? this.pages.run() : null;
    return { version, startedAt, role, brief, reason, running: this.#work.running, page };
  }

  store(): Store {
    if (this.#store) return this.#store;
    throw new Refusal(503, 'standby', `this instance stands by: ${this.#reason?.full}`);
  }

  schedules(): readonly ScheduleView[] {
    return this.#parts.config.schedules.map((schedule) => ({
      ...schedule,
      nextAt: this.#scheduler.nextAt(schedule),
      ...this.#work.fateOf(schedule),
    }));
  }

  health(): Promise<HealthReport> {
    return this.#health.report();
  }

  settings(): unknown {
    const { config } = this.#parts;
    return JSON.parse(createRedactor(configSecrets(config))(JSON.stringify(maskedConfig(config))));
  }

  startRun(wanted: WantedRun, actor: string): RunningRun {
    const wish = { ...wanted, actor };
    try {
      checkWish(wish, this.#parts.config);
    } catch (error) {
      if (error instanceof CliError) throw new Refusal(400, 'bad_request', error.message);
      throw error;
    }
    const running = this.#work.start(wish);
    if (running) return running;
    throw new Refusal(409, 'run_in_progress', 'a run goes on; ask again when it has ended');
  }

  changeIncidents(labels: readonly string[], change: PersonsChange): Promise<void> {
    return this.#work.changeIncidents(this.store(), labels, change);
  }

  async #families(): Promise<MetricFamily[]> {
    const isActive = this.#role === 'active';
    const none: MetricFamily[] = [];
    const { last } = this.#health;
    return newestOfEach([
      familyOf('sentinel_build_info', [[{ version: this.#version }, 1]]),
      familyOf('sentinel_active', [[{}, isActive ? 1 : 0]]),
      familyOf(
        'sentinel_schedule_skipped_total',
        this.schedules().map(({ name: schedule, skipped }) => [{ schedule }, skipped]),
      ),
      ...this.#figures.families,
      ...(isActive ? await figuresOfStore(this.store()).catch(() => none) : none),
      ...(await figuresOfPools(this.#parts.config.sources.map(({ name }) => name))),
      ...(last ? figuresOfHealth(last) : none),
    ]);
  }

  async #look(): Promise<void> {
    const store = this.store();
    const incidentsChanged = (await this.#feed?.look()) === true;
    await this.pages.look(store, { incidentsChanged });
  }

  #tellStatus(): void {
    this.events.publish({ type: 'status', data: statusView(this.status()) });
  }

  /** What goes wrong beside runs is tried again by itself: it is noted. */
  #attempt(work: () => Promise<unknown> | undefined): void {
    work()?.catch((error: Error) => {
      const isBusy = error instanceof StoreError && error.code === 'store_busy';
      this.#log()[isBusy ? 'debug' : 'warn']({ cause: error.message }, 'not now: it is tried again');
    });
  }

  #log() {
    return this.#parts.logs.fileLogger('orchestrator');
  }
}
