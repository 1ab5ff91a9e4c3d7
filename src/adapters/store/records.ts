export type { InventoryRecord, NewPoint, TableRecord } from '#src/coordinator/ports.js';

import type { TaskCost } from '#src/contract/messages.js';
import type { Failure } from '#src/core/model/failure.js';
import type { RelationKind } from '#src/core/model/relation.js';
import type { RunOrigin } from './audit-run.js';

/** A table by its name in the warehouse. */
export interface DatasetName {
  readonly source: string;
  readonly schema: string;
  readonly table: string;
}

/** A table as the store remembers it; `goneSince` is the run that first missed it, null while it is there. */
export interface Dataset extends DatasetName {
  readonly id: number;
  readonly kind: RelationKind | null;
  readonly firstSeenRun: number;
  readonly lastSeenRun: number;
  readonly goneSince: number | null;
}

/** A run: `id` orders runs, `label` is what people see. */
export interface RunRef {
  readonly id: number;
  readonly label: string;
}

export type RunState = 'running' | 'finished' | 'interrupted' | 'failed';

/** States of a run that has come to an end that can be judged and shown. */
export const ENDED: readonly RunState[] = ['finished', 'interrupted'];

/** What a run was asked to look at; lists are sorted. */
export interface RunSelection {
  readonly sources: readonly string[];
  /** `--table` and `--exclude`. */
  readonly table: readonly string[];
  readonly exclude: readonly string[];
  /** `--as-of`, ISO 8601; null where the clock was the time of its start. */
  readonly asOf: string | null;
}

export interface NewRun {
  readonly command: string;
  readonly startedAt: Date;
  /** The clock of freshness and buckets (`--as-of`); `Point.time` of everything this run measures. */
  readonly asOf: Date;
  readonly selection?: RunSelection;
  /** Hash of the settings that shape its figures. */
  readonly settings?: string;
  readonly version?: string;
  /** For the audit trail; absent, the run leaves no event there. */
  readonly origin?: RunOrigin;
}

/** How a run ended. */
export interface RunEnd {
  readonly state: Exclude<RunState, 'running'>;
  readonly finishedAt: Date;
  readonly totals?: unknown;
  readonly cost?: unknown;
  /** Who ran it, for the audit trail; absent, the end is no event there. */
  readonly actor?: string;
  /** What its process exits with, where that is known. */
  readonly exitCode?: number;
}

/** A stored run; times are epoch milliseconds. */
export interface RunSummary extends RunRef {
  readonly command: string;
  readonly state: RunState;
  readonly startedAt: number;
  readonly finishedAt: number | null;
  readonly asOf: number;
  readonly totals: unknown;
  readonly cost: unknown;
  readonly version: string | null;
  /** Null for a run of a version that did not store it. */
  readonly selection: RunSelection | null;
}

/** The newest run that looked at some sources, as far as going on with it depends on it. */
export interface NewestRun extends RunRef {
  readonly command: string;
  readonly state: RunState;
  readonly startedAt: number;
  readonly asOf: number;
  /** Null for a run of a version that did not store it. */
  readonly selection: RunSelection | null;
  readonly settings: string | null;
  /** Tables whose figures are stored. */
  readonly done: number;
  /** Milliseconds since it began or, later, last stored a table, by the clock of the store. */
  readonly silentMs: number;
}

/** The outcome of one table in one run, without its figures. */
export interface TaskSummary extends DatasetName {
  readonly state: 'ok' | 'failed' | 'skipped' | 'gone';
  readonly attempts: number;
  readonly rowCount: number | null;
  readonly judged: boolean;
  readonly failure: Failure | null;
  readonly cost: TaskCost | null;
  readonly finishedAt: number;
}

/** Why a source could not be reached in one run. */
export interface SourceFailure {
  readonly source: string;
  readonly failure: Failure;
}
