import type { TaskCost } from '#src/contract/messages.js';
import type { Failure } from '#src/core/model/failure.js';
import type { Finding } from '#src/core/model/finding.js';
import type { ProfileMode, TableProfile } from '#src/core/model/profile.js';
import type { RelationKind } from '#src/core/model/relation.js';
import { type FindingRow, findingOf } from './finding-row.js';
import type { Query } from './reader-pool.js';
import type {
  Dataset,
  DatasetName,
  RunSelection,
  RunState,
  RunSummary,
  SourceFailure,
  TaskSummary,
} from './records.js';
import { selectDatasets } from './sql/dataset.js';
import { selectFindings } from './sql/finding.js';
import { selectTableFigures } from './sql/history.js';
import { selectNewestSourceFailures, selectSourceFailures } from './sql/inventory.js';
import { selectProfile } from './sql/profile.js';
import { selectRuns } from './sql/run.js';
import { selectTasks } from './sql/task.js';

export interface RunFilter {
  readonly command?: string;
  readonly states?: readonly RunState[];
  readonly label?: string;
  /** Those older than the run of this id. */
  readonly before?: number;
  readonly limit?: number;
}

/** The newest profile of a table; `time` is the clock of its run, epoch milliseconds. */
export interface StoredProfile {
  readonly run: number;
  readonly time: number;
  readonly mode: ProfileMode;
  readonly consistent: boolean;
  readonly profile: TableProfile;
  readonly state: Uint8Array | null;
  readonly stateVersion: number | null;
}

export async function listDatasets(query: Query, s: string, sources: readonly string[] | null): Promise<Dataset[]> {
  const rows = await query<{
    id: string;
    source: string;
    schema_name: string;
    table_name: string;
    kind: RelationKind | null;
    first_seen_run: string;
    last_seen_run: string;
    gone_since: string | null;
  }>(selectDatasets(s), [sources]);
  return rows.map((row) => ({
    id: Number(row.id),
    source: row.source,
    schema: row.schema_name,
    table: row.table_name,
    kind: row.kind,
    firstSeenRun: Number(row.first_seen_run),
    lastSeenRun: Number(row.last_seen_run),
    goneSince: row.gone_since === null ? null : Number(row.gone_since),
  }));
}

export async function latestProfile(query: Query, s: string, name: DatasetName): Promise<StoredProfile | null> {
  const [row] = await query<{
    run: string;
    mode: ProfileMode;
    consistent: boolean;
    state: Buffer | null;
    state_version: number | null;
    summary: TableProfile;
    as_of: Date;
  }>(selectProfile(s), [name.source, name.schema, name.table]);
  if (!row) return null;
  return {
    run: Number(row.run),
    time: row.as_of.getTime(),
    mode: row.mode,
    consistent: row.consistent,
    profile: row.summary,
    state: row.state,
    stateVersion: row.state_version,
  };
}

export async function listRuns(query: Query, s: string, filter: RunFilter): Promise<RunSummary[]> {
  const values = [
    filter.command ?? null,
    filter.states ?? null,
    filter.label ?? null,
    filter.limit ?? 100,
    filter.before ?? null,
  ];
  const rows = await query<{
    id: string;
    label: string;
    command: string;
    state: RunState;
    started_at: Date;
    finished_at: Date | null;
    as_of: Date;
    totals: unknown;
    cost: unknown;
    version: string | null;
    selection: RunSelection | null;
  }>(selectRuns(s), values);
  return rows.map(({ id, started_at, finished_at, as_of, ...row }) => ({
    ...row,
    id: Number(id),
    startedAt: started_at.getTime(),
    finishedAt: finished_at?.getTime() ?? null,
    asOf: as_of.getTime(),
  }));
}

export async function findingsOf(query: Query, s: string, run: number): Promise<Finding[]> {
  return (await query<FindingRow>(selectFindings(s), [run])).map(findingOf);
}

export async function tasksOf(query: Query, s: string, run: number): Promise<TaskSummary[]> {
  const rows = await query<{
    source: string;
    schema_name: string;
    table_name: string;
    state: TaskSummary['state'];
    attempts: number;
    row_count: number | null;
    judged: boolean;
    failure: Failure | null;
    cost: TaskCost | null;
    finished_at: Date;
  }>(selectTasks(s), [run]);
  return rows.map((row) => ({
    source: row.source,
    schema: row.schema_name,
    table: row.table_name,
    state: row.state,
    attempts: row.attempts,
    rowCount: row.row_count,
    judged: row.judged,
    failure: row.failure,
    cost: row.cost,
    finishedAt: row.finished_at.getTime(),
  }));
}

/** Sources that could not be reached in a run, and why. */
export async function newestSourceFailures(
  query: Query,
  s: string,
  run: number,
  sources: readonly string[],
): Promise<SourceFailure[]> {
  return query<{ source: string; failure: Failure }>(selectNewestSourceFailures(s), [run, sources]);
}

export async function sourceFailuresOf(query: Query, s: string, run: number): Promise<SourceFailure[]> {
  return query<{ source: string; failure: Failure }>(selectSourceFailures(s), [run]);
}

/** One figure of each table as a run measured it, by source, schema and name; at most `limit`. */
export async function tableFigures(
  query: Query,
  s: string,
  run: number,
  metric: string,
  limit: number,
): Promise<(DatasetName & { readonly value: number })[]> {
  const rows = await query<{ source: string; schema_name: string; table_name: string; value: number }>(
    selectTableFigures(s),
    [run, metric, limit],
  );
  return rows.map(({ source, schema_name: schema, table_name: table, value }) => ({ source, schema, table, value }));
}
