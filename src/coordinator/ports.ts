import type { CustomQuery } from '#src/contract/custom-query.js';
import type {
  ChunkOutcome,
  ChunkTask,
  DetectResult,
  DetectTask,
  ProfileTask,
  TableResult,
  TaskCost,
} from '#src/contract/messages.js';
import type { EncodedEvents } from '#src/core/events/finish-events.js';
import type { Dependency } from '#src/core/model/dependency.js';
import type { Failure } from '#src/core/model/failure.js';
import type { SourceInventory } from '#src/core/model/history.js';
import type { CustomFigure, TableProfile } from '#src/core/model/profile.js';
import type { RelationKind, TableSpec } from '#src/core/model/relation.js';
import type { PartSize } from '#src/core/planning/chunks.js';
import type { Lag } from '#src/core/planning/lag.js';

/** A relation that is not profiled on its own, and why. */
export interface OmittedRelation {
  readonly schema: string;
  readonly name: string;
  readonly kind: RelationKind;
  readonly reason: string;
  /** `schema.table` whose figures include this one's rows. */
  readonly mergedInto?: string;
}

export interface Discovery {
  readonly tables: readonly TableSpec[];
  readonly omitted: readonly OmittedRelation[];
  readonly dependencies: readonly Dependency[];
  readonly inventory: SourceInventory;
}

/** A snapshot and ACCESS SHARE locks held open for the readers of one big table. */
export interface HeldSnapshot {
  readonly id: string;
  /** Measured under the lock, one entry per part. */
  readonly sizes: readonly PartSize[];
  /** Milliseconds until it must be let go (MAX_TRANSACTION_AGE). */
  remainingMs(): number;
  /** The failure that ended it before `close`; null while it holds. */
  broken(): Failure | null;
  close(): Promise<void>;
}

/** One look at what follows a source. */
export interface LagReading {
  readonly lags: readonly Lag[];
  /** Replicas are there whose lag this role may not see, or the server refuses to tell; null: this is all there is. */
  readonly unseen: 'hidden' | 'refused' | null;
}

/** What becomes of reading where something lags; times in milliseconds. */
export type LagEvent =
  | { readonly type: 'waiting'; readonly lag: Lag }
  /** Reading goes on; `gaveUp` where `lag` is still beyond its limit and the run has waited as long as it may. */
  | { readonly type: 'waited'; readonly lag: Lag; readonly waitedMs: number; readonly gaveUp: boolean }
  /** It did not shrink while nothing was read: this run waits no more for it. */
  | { readonly type: 'hopeless'; readonly lag: Lag }
  | { readonly type: 'unseen'; readonly why: 'hidden' | 'refused' };

/** The coordinator's own way into one source. */
export interface SourceAccess {
  readonly name: string;
  /** Ceiling of connections over all threads, known after `discover`. */
  readonly maxConnections: number;
  discover(): Promise<Discovery & { readonly lag: LagReading }>;
  holdSnapshot(table: TableSpec): Promise<HeldSnapshot>;
  /** Never rejects: what cannot be read now is no lag. */
  readLag(): Promise<LagReading>;
  /** Run the user's own metrics of a table; never rejects: a query that fails is its figure's failure. */
  measure(table: TableSpec, queries: readonly CustomQuery[]): Promise<readonly CustomFigure[]>;
  /** How often a table is tried again after the source was lost while it was in work. */
  readonly retries: number;
  /** The failure of an error of `holdSnapshot` that is of the way to the database and not of the table; else null. */
  lossOf(error: unknown): Failure | null;
  /**
   * Wait for a source that was lost: null when it answers again, else why it is given up (it stays away for longer than a run waits
   * in all, refuses for good, or the run was stopped). `onAway` is called once where it does not answer at once. Never rejects.
   */
  recover(onAway: () => void): Promise<Failure | null>;
}

/** The worker threads. No call rejects because of a table; a call rejects where the thread itself died. */
export interface WorkerPool {
  /** Resolves with the failure by which the source was lost, else null; results come by `onTable`. */
  profile(task: ProfileTask, onTable: (result: TableResult) => void): Promise<Failure | null>;
  chunk(task: ChunkTask): Promise<ChunkOutcome>;
  detect(task: DetectTask): Promise<DetectResult>;
}

/** One figure of a table or, with `column`, of one of its columns. A value that is not finite is a gap: it is not stored. */
export interface NewPoint {
  readonly column: string | null;
  readonly metric: string;
  readonly value: number;
  readonly stdError?: number;
}

/** Everything one run learned of one table; it becomes durable as a whole or not at all. */
export interface TableRecord {
  readonly spec: TableSpec;
  readonly profile: TableProfile;
  /** Encoded mergeable state, first byte its version; where absent, the stored one stays only under mode `unchanged`. */
  readonly state?: Uint8Array;
  /** Encoded history by insert time; where absent, the stored one goes. */
  readonly events?: EncodedEvents;
  readonly points: readonly NewPoint[];
  readonly attempts: number;
  readonly cost: TaskCost;
  /** When it was read, where that is not now. */
  readonly finishedAt?: Date;
}

/** What a run saw of a source beside its tables; `inventory` is null where it could not be reached, `failure` says why. */
export interface InventoryRecord {
  readonly source: string;
  readonly database: string;
  readonly inventory: SourceInventory | null;
  /** Absent where it could not be reached. */
  readonly dependencies?: readonly Dependency[];
  readonly failure?: Failure;
}

/** Where a run's results become durable. */
export interface RunStore {
  /** Resolves when the table is durable. */
  addTable(record: TableRecord): Promise<void>;
  addInventory(record: InventoryRecord): Promise<void>;
  /** Remember which tables `source` has, profiled or not: those never seen before are known from now on, missing ones are gone. */
  recordPresent(source: string, present: readonly { readonly schema: string; readonly table: string }[]): Promise<void>;
}

/** Told what happens, as it happens; must not throw. */
export interface RunObserver {
  sourceDiscovered(source: string, tables: number): void;
  sourceFailed(source: string, failure: Failure): void;
  /** Reading waits for something that lags behind the source, or goes on. */
  sourceLags(source: string, event: LagEvent): void;
  /** It went away in the middle and is waited for. */
  sourceLost(source: string, failure: Failure): void;
  /** It is back and its tables go on. */
  sourceRecovered(source: string): void;
  /** After the table is durable. */
  tableDone(result: TableResult): void;
  /** Rows and CopyData bytes that arrived since the last call. */
  progress(source: string, rows: number, bytes: number): void;
}
