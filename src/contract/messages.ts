import type { CheckSettings } from '#src/core/checks/settings.js';
import type { EncodedEvents } from '#src/core/events/finish-events.js';
import type { Failure } from '#src/core/model/failure.js';
import type { Finding } from '#src/core/model/finding.js';
import type { SourceHistory, TableHistory } from '#src/core/model/history.js';
import type { TableProfile } from '#src/core/model/profile.js';
import type { TableSpec } from '#src/core/model/relation.js';
import type { BreakerSettings, ConnectionSettings, Guards, PoolSettings, RetrySettings } from './connection.js';
import type { ComponentLevels } from './log-levels.js';

/**
 * Everything that crosses between the coordinator (main thread) and the workers. The coordinator's side is
 * `coordinator/`, the workers' side `engine/`; both import this file and neither imports the other.
 */

/** Given to each worker thread once, at its start. */
export interface WorkerSettings {
  readonly sources: readonly Omit<SourceSettings, keyof ConnectionBudget>[];
  readonly guards: Guards;
  readonly retry: RetrySettings;
  readonly pool: PoolSettings;
  readonly profile: ProfileSettings;
  readonly discovery: DiscoverySettings;
  /** Absent: as fast as the server gives. */
  readonly pace?: PaceSettings;
  readonly checks: { readonly disabled: readonly string[]; readonly settings: CheckSettings };
  readonly logLevel: string;
  /** Levels of single components; they beat `logLevel`. */
  readonly componentLevels?: ComponentLevels;
  /** Makes a worker wait that logs faster than the main thread writes; layout in `adapters/logging/log-pressure.ts`. */
  readonly logPressure?: SharedArrayBuffer;
}

/** Known once the coordinator has asked the server, so it comes with each task. */
export interface ConnectionBudget {
  /** Ceiling of connections to the source over all threads. */
  readonly maxConnections: number;
  /** False where workers outnumber the ceiling: a connection is then closed after each task so that others may have it. */
  readonly keepIdle: boolean;
}

export interface SourceSettings extends ConnectionBudget {
  readonly connection: ConnectionSettings;
  /** Connections open to this source over all threads; layout in `adapters/postgres/connection-slots.ts`. */
  readonly openConnections: SharedArrayBuffer;
  readonly breaker: BreakerSettings;
}

/** Which relations are looked at besides tables. */
export interface DiscoverySettings {
  /** A view is read where the planner's total cost is at most `maxCost`; 0 reads none. */
  readonly views: { readonly maxCost: number };
  readonly foreignTables: boolean;
  /** Schemas that are not looked at: the one that holds our own tables. */
  readonly excludeSchemas: readonly string[];
}

/** How a server is spared. */
export interface PaceSettings {
  /** The part of all time in which one server process may work for a source, 0 < share < 1. */
  readonly share: number;
}

export interface ProfileSettings {
  readonly maxValueBytes: number;
  /** Seeds the quantile sketch; the same seed gives the same figures. */
  readonly seed: number;
  /** Heaps of at least this many bytes return their mergeable state, smaller ones are cheaper to read again. */
  readonly stateMinBytes: number;
}

/** How the history by insert time of a source's tables is kept. */
export interface EventRequest {
  /** IANA name: where days and hours begin, and how a timestamp without time zone is read. */
  readonly timeZone: string;
  /** The run's clock (`--as-of`), epoch milliseconds: what is closed by then is counted. */
  readonly asOfMs: number;
  /** Insert-time columns that sentinel.yaml names, by the name of their table as `JSON.stringify([schema, name])`. */
  readonly declared: ReadonlyMap<string, string>;
}

/** Profile these tables of one source, one after the other, each in one consistent read. */
export interface ProfileTask {
  readonly type: 'profile';
  readonly run: string;
  readonly source: string;
  readonly budget: ConnectionBudget;
  readonly events: EventRequest;
  readonly tables: readonly TableSpec[];
}

/** Read one ctid range of one part of a big table, under a snapshot that the coordinator holds open or one of its own. */
export interface ChunkTask {
  readonly type: 'chunk';
  readonly run: string;
  readonly source: string;
  readonly budget: ConnectionBudget;
  readonly events: EventRequest;
  readonly table: TableSpec;
  /** Index into `table.parts`. */
  readonly part: number;
  /** First heap block, inclusive. */
  readonly fromBlock: number;
  /** First block of the next chunk; null where the chunk has no upper bound. */
  readonly toBlock: number | null;
  /** From `pg_export_snapshot()`; null: locks and a snapshot of its own, for this chunk alone. */
  readonly snapshot: string | null;
  /** Statement timeout of this chunk: what is left of the snapshot's allowed age. */
  readonly timeoutMs: number;
}

/** Judge these tables against their history. */
export interface DetectTask {
  readonly type: 'detect';
  readonly run: string;
  readonly tables: readonly TableHistory[];
  readonly sources: readonly SourceHistory[];
}

export type WorkerTask = ProfileTask | ChunkTask | DetectTask;

/** What a task costs the watched database; sums over tasks except where it says max. */
export interface TaskCost {
  readonly rows: number;
  /** CopyData payload bytes received. */
  readonly bytes: number;
  /** Longest transaction, milliseconds (max). */
  readonly longestTransactionMs: number;
}

export interface ChunkResult {
  /** One encoded table state (`core/sketches/table-state.ts`) per column group, with the names of its columns. */
  readonly groups: readonly { readonly columns: readonly string[]; readonly state: Uint8Array }[];
  /** The encoded event state (`core/events/event-state.ts`) of the group with the insert-time column. */
  readonly events?: { readonly group: number; readonly declared: boolean; readonly state: Uint8Array };
  readonly cost: TaskCost;
}

/**
 * `columnFailures` (by column name) asks the coordinator to read the table again without these columns; `sourceLost` says that the
 * failure is of the way to the database.
 */
export type ChunkOutcome =
  | { readonly ok: true; readonly chunk: ChunkResult }
  | {
      readonly ok: false;
      readonly failure: Failure;
      readonly columnFailures?: ReadonlyMap<string, Failure>;
      readonly sourceLost?: boolean;
    };

/** A finished table, sent as soon as it is done so that it can be persisted before its batch ends. */
export interface TableResult {
  readonly profile: TableProfile;
  /** The table as it was read: discovered anew where it changed between discovery and lock. */
  readonly spec: TableSpec;
  /** Encoded mergeable state, where `stateMinBytes` asks for it and the table is read in one column group. */
  readonly state?: Uint8Array;
  /** Where the table has an insert-time column, its history; of a wide table, that of the columns read together with it. */
  readonly events?: EncodedEvents;
  readonly cost: TaskCost;
  readonly attempts: number;
  /** In how many chunks it was read; absent where one worker read it whole. */
  readonly chunks?: number;
}

export interface DetectResult {
  readonly findings: readonly Finding[];
  /** Checks that could not judge; they say nothing and hide nothing. */
  readonly failures: readonly Failure[];
}

/** What a record says of a try that is followed by another; its field `source` says whose. */
export const TRYING_AGAIN = 'trying again';

/** One pino record made in a worker; the main thread is the only writer. */
export interface LogRecord {
  readonly level: string;
  readonly time: number;
  readonly component: string;
  readonly thread: string;
  readonly msg: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** How a profile task ends; `tables` is how many results were sent, since messages and the task's end travel apart. */
export interface ProfileTaskEnd {
  readonly tables: number;
  /** By what the source was lost, else null; tables without a result were not read. */
  readonly failure: Failure | null;
}

/** Name of the broadcast channel for `ControlMessage`s. */
export const CONTROL_CHANNEL = 'sentinel-control';

/** Coordinator → every worker. */
export type ControlMessage = { readonly type: 'cancel' };

/** Worker → coordinator, while a task runs. */
export type WorkerEvent =
  | { readonly type: 'table'; readonly task: number; readonly result: TableResult }
  | { readonly type: 'progress'; readonly source: string; readonly rows: number; readonly bytes: number }
  | { readonly type: 'log'; readonly record: LogRecord };
