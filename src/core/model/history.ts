import type { DaysBefore, EventHistory } from './event-history.js';
import type { Failure } from './failure.js';
import type { Severity } from './finding.js';
import type { TableProfile } from './profile.js';
import type { SeriesKind } from './series.js';

/** A stored figure: `time` is epoch milliseconds of the run that measured it. */
export interface Point {
  readonly run: number;
  readonly time: number;
  readonly value: number;
  readonly stdError?: number;
}

/** A column as the store remembers it. */
export interface KnownColumn {
  readonly name: string;
  readonly position: number;
  readonly type: string;
  readonly notNull: boolean;
}

/** What is compared when a schema is judged: one stored version of a table's shape. */
export interface SchemaVersion {
  readonly run: number;
  readonly time: number;
  readonly oid: number;
  readonly columns: readonly KnownColumn[];
  readonly primaryKey: readonly string[];
}

/** How a metric of sentinel.yaml is judged: by its limits where it has any, else by its past. */
export interface CustomMetricRule {
  readonly name: string;
  readonly kind: SeriesKind;
  readonly lower?: number;
  readonly upper?: number;
  /** Of a value beyond a limit. */
  readonly severity: Severity;
}

/** A person said that what was found about a figure is as it should be, and that has not run out. */
export interface Expectation {
  /** Absent where it is a figure of the whole table. */
  readonly column?: string;
  readonly metric: string;
  /** Epoch milliseconds; what was measured by then was seen. */
  readonly declaredAt: number;
}

/** The same of something of a source: a schema, a database, a replication slot. */
export interface SourceExpectation {
  readonly schema?: string;
  readonly object?: string;
  readonly metric: string;
  readonly declaredAt: number;
}

/**
 * Everything a check may look at for one table: the profile under judgement, the shape it has now, and the judged past
 * (runs that were killed before judgement are not part of it, so a change they saw first is still reported).
 */
export interface TableHistory {
  readonly source: string;
  readonly schema: string;
  readonly table: string;
  /** Run under judgement and its clock (`--as-of`), epoch milliseconds. */
  readonly run: number;
  readonly now: number;
  /** Null where the table was not measured in this run (gone, failed, skipped). */
  readonly profile: TableProfile | null;
  /** Null where the table no longer exists. */
  readonly shape: SchemaVersion | null;
  /** Null on first sight. */
  readonly previousShape: SchemaVersion | null;
  /**
   * Clock of the last judged run of this source before the table was first seen, epoch milliseconds; absent where there is
   * none, or where the table was there then and is only looked at for the first time. Only where it is present is a table
   * reported as added.
   */
  readonly sourceJudgedAt?: number;
  /** Judged points of table-level series, oldest first, by metric name; the point under judgement is not among them. */
  readonly tableSeries: Readonly<Record<string, readonly Point[]>>;
  /** The same per column and metric. */
  readonly columnSeries: Readonly<Record<string, Readonly<Record<string, readonly Point[]>>>>;
  /** Insert-time column, declared or found, and its newest value (epoch ms) now; null where there is none. */
  readonly insertTime: { readonly column: string; readonly newest: number | null } | null;
  /** Figures by event time, from the pass of this run; absent where the table has no insert-time column. */
  readonly events?: EventHistory;
  /** Its days of about a week as they were first seen after the closing before its last; absent where no run saw that. */
  readonly eventsBefore?: DaysBefore;
  /** Declared limit on staleness in seconds, from sentinel.yaml. */
  readonly freshnessLimitSeconds?: number;
  /** Rules for `profile.metrics`, from sentinel.yaml. */
  readonly customMetrics?: readonly CustomMetricRule[];
  readonly expectations?: readonly Expectation[];
}

/** Source-level facts of two runs: what exists on the server beside tables, and its replication slots. */
export interface SourceInventory {
  readonly databases: readonly string[];
  readonly schemas: readonly string[];
  readonly slots: readonly SlotState[];
}

export interface SlotState {
  readonly name: string;
  readonly active: boolean;
  readonly walStatus: string | null;
  /** WAL kept back by this slot, bytes; null where the role may not know. */
  readonly retainedBytes: number | null;
}

export interface SourceHistory {
  readonly source: string;
  readonly run: number;
  readonly now: number;
  /** Null where the source could not be reached in this run. */
  readonly inventory: SourceInventory | null;
  /** Why it could not; null where it could. */
  readonly failure: Pick<Failure, 'code' | 'message'> | null;
  readonly previousInventory: (SourceInventory & { readonly time: number }) | null;
  /** True where the server answered that the database does not exist (3D000) though it did in an earlier run. */
  readonly databaseGone: boolean;
  readonly database: string;
  readonly expectations?: readonly SourceExpectation[];
}
