import type { TableProfile } from '#src/core/model/profile.js';
import type { Query, ReaderPool } from './reader-pool.js';
import type { NewestRun, RunSelection, RunState } from './records.js';
import { selectPartialProfiles, selectRunProfiles } from './sql/profile.js';
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

/** A table that a run read. */
export interface RunProfile {
  readonly profile: TableProfile;
  readonly judged: boolean;
}

/** What a run read of a source, page by page; tables that a later run has read are left out. */
export async function* profilesOf(
  readers: ReaderPool,
  s: string,
  run: number,
  { source, pageSize }: { readonly source: string; readonly pageSize: number },
): AsyncGenerator<readonly RunProfile[]> {
  for (let after = 0; ; ) {
    const rows = await readers.read('load profiles', (query) =>
      query<{ dataset: string; summary: TableProfile; judged: boolean }>(selectRunProfiles(s), [
        ...[run, source, after, pageSize],
      ]),
    );
    if (rows.length > 0) yield rows.map(({ summary: profile, judged }) => ({ profile, judged }));
    if (rows.length < pageSize) return;
    after = Number(rows.at(-1)!.dataset);
  }
}
