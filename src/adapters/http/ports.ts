import type { HealthReport } from '#src/adapters/postgres/database-manager.js';
import type { PersonsChange } from '#src/adapters/store/change-incidents.js';
import type { Store } from '#src/adapters/store/store.js';
import type { Schedule } from '#src/config/schedules.js';
import type { EventHub } from './event-hub.js';

/** A run of this process while it goes on; times are epoch milliseconds. */
export interface RunningRun {
  readonly command: string;
  /** Null where a person started it. */
  readonly schedule: string | null;
  readonly startedAt: number;
  /** Its label; null until it has begun in the store. */
  readonly run: string | null;
  /** Tables that were listed and that are done, of the latter those that could not be read. */
  readonly tables: { readonly listed: number; readonly done: number; readonly failed: number };
  readonly rows: number;
  readonly bytes: number;
}

/** How a run of this process ended. */
export interface EndedRun {
  readonly endedAt: number;
  readonly run: string | null;
  /** `failed`: it did not come to its end, and `message` says why. */
  readonly outcome: 'complete' | 'incomplete' | 'failed';
  /** What `sentinel run --fail-on critical` would have ended with. */
  readonly exitCode: number;
  readonly message: string | null;
}

/** A schedule and what became of it. */
export interface ScheduleView extends Schedule {
  /** The next times that it is due, epoch milliseconds; none while this instance stands by. */
  readonly nextAt: readonly number[];
  readonly state: 'idle' | 'waiting' | 'running';
  /** Times that it was due while it was still waiting or running. */
  readonly skipped: number;
  readonly last: EndedRun | null;
}

/** What this process is and does. */
export interface DaemonStatus {
  readonly version: string;
  readonly startedAt: number;
  /** Of the instances on one store one is active; the rest stand by, and `reason` says why. */
  readonly role: 'active' | 'standby';
  /** The same in words that name no server and no account, for anybody. */
  readonly brief: string | null;
  readonly reason: string | null;
  readonly running: RunningRun | null;
  /** The run that the page shows; null where there is none, and until the page is made. */
  readonly page: string | null;
}

/** A run that a person wants now; lists that are empty: all. */
export interface WantedRun {
  readonly command: Schedule['command'];
  readonly sources: readonly string[];
  readonly tables: readonly string[];
  readonly exclude: readonly string[];
  readonly gentle: boolean;
}

/** Something that was asked for and cannot be; its message is for the one who asked. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** The daemon as its HTTP side sees it. */
export interface Daemon {
  status(): DaemonStatus;
  /** The store, for reading. */
  store(): Store;
  schedules(): readonly ScheduleView[];
  /** At most some seconds old. */
  health(): Promise<HealthReport>;
  /** The configuration without its secrets, plain data. */
  settings(): unknown;
  /** Start a run now; throws `Refusal` where that cannot be. */
  startRun(wanted: WantedRun, actor: string): RunningRun;
  /** All or none; rejects with `StoreError`. */
  changeIncidents(labels: readonly string[], change: PersonsChange): Promise<void>;
  /** In Prometheus' text format. */
  readonly metrics: { readonly contentType: string; text(): Promise<string> };
  readonly events: EventHub;
}
