import type { TableProfile } from '#src/core/model/profile.js';
import type { Query } from './reader-pool.js';
import type { NewestRun, RunSelection, RunState } from './records.js';
import { selectPartialProfiles } from './sql/profile.js';
import { selectNewestRun } from './sql/run.js';

export async function newestRun(query: Query, s: string, sources: readonly string[]): Promise<NewestRun | null> {
  const [row] = await query<{
    id: string;
    label: string;
    command: string;
    state: RunState;
    started_at: Date;
    as_of: Date;
    selection: RunSelection | null;
    settings: string | null;
    done: number;
    silent_ms: number;
  }>(selectNewestRun(s), [sources]);
  if (!row) return null;
  const { id, started_at, as_of, silent_ms, ...rest } = row;
  return {
    ...rest,
    id: Number(id),
    startedAt: started_at.getTime(),
    asOf: as_of.getTime(),
    silentMs: silent_ms,
  };
}

/** The profiles of a run in which something, but not the table, could not be read; of tables that no later run has read. */
export async function partialProfiles(query: Query, s: string, run: number): Promise<TableProfile[]> {
  return (await query<{ summary: TableProfile }>(selectPartialProfiles(s), [run])).map(({ summary }) => summary);
}
