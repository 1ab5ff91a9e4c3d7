import type { Failure } from '#src/core/model/failure.js';
import type { Finding } from '#src/core/model/finding.js';
import type { SourceHistory, TableHistory } from '#src/core/model/history.js';
import type { TableProfile } from '#src/core/model/profile.js';
import type { TableSpec } from '#src/core/model/relation.js';
import type { ConnectionSettings, Guards, PoolSettings, RetrySettings } from './connection.js';

/**
 * Everything that crosses between the coordinator (main thread) and the workers. The coordinator's side is
 * `coordinator/`, the workers' side `engine/`; both import this file and neither imports the other.
 */

/** Given to each worker thread once, at its start. */
export interface WorkerSettings {
  readonly sources: readonly SourceSettings[];
  readonly guards: Guards;
  readonly retry: RetrySettings;
  readonly pool: PoolSettings;
  readonly profile: ProfileSettings;
  readonly logLevel: string;
}

export interface SourceSettings {
  readonly connection: ConnectionSettings;
  /** One Int32: connections open to this source now, over all threads. Taken before connecting, given back on close. */
  readonly openConnections: SharedArrayBuffer;
  /** Ceiling for `openConnections`. */
  readonly maxConnections: number;
  /** False where workers outnumber the ceiling: a connection is then closed after each task so that others may have it. */
  readonly keepIdle: boolean;
}

export interface ProfileSettings {
  readonly maxValueBytes: number;
  /** Seeds the quantile sketch; the same seed gives the same figures. */
  readonly seed: number;
  /** Heaps of at least this many bytes return their mergeable state, smaller ones are cheaper to read again. */
  readonly stateMinBytes: number;
}

/** Profile these tables of one source, one after the other, each in one consistent read. */
export interface ProfileTask {
  readonly type: 'profile';
  readonly run: string;
  readonly source: string;
  readonly tables: readonly TableSpec[];
}

/** Read one ctid range of one part of a big table, under a snapshot that the coordinator holds open. */
export interface ChunkTask {
  readonly type: 'chunk';
  readonly run: string;
  readonly source: string;
  readonly table: TableSpec;
  /** Index into `table.parts`. */
  readonly part: number;
  /** First heap block, inclusive. */
  readonly fromBlock: number;
  /** First block of the next chunk; null where the chunk has no upper bound. */
  readonly toBlock: number | null;
  /** From `pg_export_snapshot()`. */
  readonly snapshot: string;
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
  /** Encoded table state (`core/sketches/table-state.ts`). */
  readonly state: Uint8Array;
  /** Columns whose values could not be read in this chunk, by column name. */
  readonly columnFailures: Readonly<Record<string, Failure>>;
  readonly cost: TaskCost;
}

export type ChunkOutcome =
  | { readonly ok: true; readonly chunk: ChunkResult }
  | { readonly ok: false; readonly failure: Failure };

/** A finished table, sent as soon as it is done so that it can be persisted before its batch ends. */
export interface TableResult {
  readonly oid: number;
  readonly profile: TableProfile;
  /** Encoded mergeable state, where `stateMinBytes` asks for it. */
  readonly state?: Uint8Array;
  readonly cost: TaskCost;
  readonly attempts: number;
}

export interface DetectResult {
  readonly findings: readonly Finding[];
}

/** One pino record made in a worker; the main thread is the only writer. */
export interface LogRecord {
  readonly level: string;
  readonly time: number;
  readonly component: string;
  readonly thread: string;
  readonly msg: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Worker → coordinator, while a task runs. */
export type WorkerEvent =
  | { readonly type: 'table'; readonly run: string; readonly result: TableResult }
  | { readonly type: 'progress'; readonly source: string; readonly rows: number; readonly bytes: number }
  | { readonly type: 'log'; readonly record: LogRecord };
