import type { ProfileSettings, TableResult } from '#src/contract/messages.js';
import type { Failure } from '#src/core/model/failure.js';
import { emptyProfile } from '#src/core/model/outcome.js';
import type { ColumnSpec, TableSpec } from '#src/core/model/relation.js';
import { TableState } from '#src/core/sketches/table-state.js';
import type { CopyRequest, TableReader } from './ports.js';

/**
 * How one table is read: its columns in groups that fit a target list each, every part once per group. The copies of a group
 * come one after the other, so that only one group's state is in work at a time.
 */
export interface TableRead {
  readonly table: TableSpec;
  readonly groups: readonly (readonly ColumnSpec[])[];
  /** One guard for all parts, so that their rows have the same fields. */
  readonly guarded: boolean;
  /** Why a readable column is left out, by name. */
  readonly failures: ReadonlyMap<string, Failure>;
}

/** Plan the reading of a table without the columns that are known to fail or that the role may not read. */
export function planRead(
  table: TableSpec,
  reader: TableReader,
  failures: ReadonlyMap<string, Failure> = new Map(),
): TableRead {
  const columns = table.columns.filter((column) => column.readable && !failures.has(column.name));
  const guarded = table.parts.some((part) => part.guarded);
  const groups = columns.length === 0 ? [[]] : reader.columnGroups(columns);
  return { table, groups, guarded, failures };
}

/** The COPYs that read the table whole, group by group. */
export function copyRequests(read: TableRead): CopyRequest[] {
  return read.groups.flatMap((columns) => read.table.parts.map((part) => ({ part, columns, guarded: read.guarded })));
}

/** A fresh state for one group of columns. */
export function groupState(read: TableRead, group: number, reader: TableReader, settings: ProfileSettings): TableState {
  const columns = read.groups[group] ?? [];
  return TableState.create(columns, reader.fields(columns, read.guarded), {
    maxValueBytes: settings.maxValueBytes,
    seed: settings.seed,
  });
}

/** The result for a table that gave no figures. */
export function failedResult(
  table: TableSpec,
  status: 'failed' | 'skipped',
  failure: Failure,
  durationMs: number,
  attempts: number,
): TableResult {
  return {
    spec: table,
    profile: emptyProfile(table, status, failure, durationMs),
    cost: { rows: 0, bytes: 0, longestTransactionMs: 0 },
    attempts,
  };
}
