import type { RunRef, TaskSummary } from '#src/adapters/store/records.js';
import type { Store } from '#src/adapters/store/store.js';
import type { TableMatcher } from '#src/config/table-glob.js';
import { isCounted } from '#src/core/incidents/counted.js';
import type { TableProfile } from '#src/core/model/profile.js';
import type { BegunRun } from './resume.js';
import { columnFailures, type Found, type RunSummaryRecord, type RunTally, type RunView } from './run-view.js';
import type { Unmatched } from './unmatched.js';

/** What the judged run could not read, for the summary and exit code of `detect`: the same as that run's own. */
export async function tallyStored(
  store: Store,
  run: RunRef,
  {
    sources,
    wanted,
    selection,
    view,
    tally,
  }: { sources: readonly string[]; wanted: TableMatcher; selection: Unmatched; view: RunView; tally: RunTally },
): Promise<void> {
  for (const { source, failure } of await store.sourceFailuresOf(run.id)) {
    if (!sources.includes(source)) continue;
    tally.sourceFailures.push({ source, failure });
    view.sourceFailed(source, failure);
  }
  for (const task of await store.tasksOf(run.id)) {
    if (!sources.includes(task.source)) continue;
    selection.saw(task);
    if (wanted(task)) tally.outcomes.push(...outcomeOf(task));
  }
  if (tally.sourceFailures.length > 0) return;
  tally.checkFailures.push(...selection.failures(`of ${sources.join(', ')} that run ${run.label} looked at`));
}

/** What an earlier process of this run has read, for the summary and exit code of the whole. */
export async function tallyDone(store: Store, { run, done }: BegunRun, tally: RunTally): Promise<void> {
  tally.outcomes.push(...done.flatMap(outcomeOf));
  tally.resumed = done.length;
  if (done.length === 0) return;
  for (const profile of await store.partialProfiles(run.id)) tally.columnFailures.push(...columnFailures(profile));
}

/** A table that is gone has no outcome. */
function outcomeOf({ source, schema, table, state, failure, rowCount }: TaskSummary): TableProfile[] {
  if (state === 'gone') return [];
  return [
    {
      ...{ source, schema, table, status: state, mode: 'full', consistent: true, durationMs: 0, columns: [] },
      ...(rowCount !== null && { rowCount }),
      ...(failure && { failure }),
    },
  ];
}

/** The last line of `--json`, but for the end of the audit trail, which comes after it is stored. */
export function summarise(
  run: string,
  tally: RunTally,
  { findings, incidents }: Found,
  { durationMs, connectionsMax }: { durationMs: number; connectionsMax: number },
): Omit<RunSummaryRecord, 'auditHead'> {
  const count = (status: string) => tally.outcomes.filter((outcome) => outcome.status === status).length;
  const failed = count('failed');
  return {
    type: 'summary',
    run,
    tables: { ok: count('ok'), failed, skipped: count('skipped') },
    resumed: tally.resumed,
    spooled: tally.storeLoss?.spool?.tables ?? 0,
    findings: findings.length,
    incidents: incidents.filter(isCounted).length,
    incomplete:
      failed > 0 ||
      tally.sourceFailures.length > 0 ||
      tally.columnFailures.length > 0 ||
      tally.checkFailures.length > 0 ||
      tally.stopped ||
      tally.storeLoss !== null,
    durationMs,
    rows: tally.rows,
    bytes: tally.bytes,
    connectionsMax,
    longestTransactionMs: Math.round(tally.longestTransactionMs),
    waitedMs: Math.round(tally.waitedMs),
  };
}
