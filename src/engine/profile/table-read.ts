import type { EventRequest, ProfileSettings, TableResult } from '#src/contract/messages.js';
import { chooseInsertTime } from '#src/core/checks/index.js';
import { eventClock } from '#src/core/events/event-clock.js';
import { EventState } from '#src/core/events/event-state.js';
import type { Failure } from '#src/core/model/failure.js';
import { emptyProfile } from '#src/core/model/outcome.js';
import type { ColumnSpec, TableSpec } from '#src/core/model/relation.js';
import { TableState } from '#src/core/sketches/table-state.js';
import type { CopyRequest, TableReader } from './ports.js';

/** What the tables of one task are read with. */
export interface ReadSettings extends ProfileSettings {
  readonly events: EventRequest;
}

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
  /** Where its insert-time column is; null where it has none. */
  readonly insertTime: { readonly group: number; readonly column: number; readonly declared: boolean } | null;
}

/** Plan the reading of a table without the columns that are known to fail or that the role may not read. */
export function planRead(
  table: TableSpec,
  reader: TableReader,
  { declared }: EventRequest,
  failures: ReadonlyMap<string, Failure> = new Map(),
): TableRead {
  const columns = table.columns.filter((column) => column.readable && !failures.has(column.name));
  const guarded = table.parts.some((part) => part.guarded);
  const groups = columns.length === 0 ? [[]] : reader.columnGroups(columns);
  const named = declared.get(JSON.stringify([table.schema, table.name]));
  const name = chooseInsertTime({ columns, estimatedRows: table.estimatedRows }, named);
  return { table, groups, guarded, failures, insertTime: name === null ? null : placeOf(name, groups, named) };
}

function placeOf(
  name: string,
  groups: readonly (readonly ColumnSpec[])[],
  declared: string | undefined,
): TableRead['insertTime'] {
  const group = groups.findIndex((columns) => columns.some((column) => column.name === name));
  const column = groups[group]!.findIndex((each) => each.name === name);
  return { group, column, declared: declared !== undefined };
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

/** A fresh event state beside the state of that group; null where the insert-time column is not in it. */
export function groupEvents(read: TableRead, group: number, { timeZone, asOfMs }: EventRequest): EventState | null {
  if (read.insertTime?.group !== group) return null;
  const { column } = read.insertTime;
  return new EventState(read.groups[group]!, { column, clock: eventClock(timeZone, asOfMs) });
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
