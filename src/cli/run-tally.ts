import type { RunRef } from '#src/adapters/store/records.js';
import type { Store } from '#src/adapters/store/store.js';
import type { TableMatcher } from '#src/config/table-glob.js';
import { isCounted } from '#src/core/incidents/counted.js';
import type { Found, RunSummaryRecord, RunTally, RunView } from './run-view.js';

/** What the judged run could not read, for the summary and exit code of `detect`: the same as that run's own. */
export async function tallyStored(
  store: Store,
  run: RunRef,
  {
    sources,
    wanted,
    view,
    tally,
  }: { sources: readonly string[]; wanted: TableMatcher; view: RunView; tally: RunTally },
): Promise<void> {
  for (const { source, failure } of await store.sourceFailuresOf(run.id)) {
    if (!sources.includes(source)) continue;
    tally.sourceFailures.push({ source, failure });
    view.sourceFailed(source, failure);
  }
  for (const { source, schema, table, state, failure, rowCount } of await store.tasksOf(run.id)) {
    if (state === 'gone' || !sources.includes(source) || !wanted({ source, schema, table })) continue;
    tally.outcomes.push({
      source,
      schema,
      table,
      status: state,
      mode: 'full',
      consistent: true,
      durationMs: 0,
      columns: [],
      ...(rowCount !== null && { rowCount }),
      ...(failure && { failure }),
    });
  }
}

/** The last line of `--json`. */
export function summarise(
  run: string,
  tally: RunTally,
  { findings, incidents }: Found,
  { durationMs, connectionsMax }: { durationMs: number; connectionsMax: number },
): RunSummaryRecord {
  const count = (status: string) => tally.outcomes.filter((outcome) => outcome.status === status).length;
  const failed = count('failed');
  return {
    type: 'summary',
    run,
    tables: { ok: count('ok'), failed, skipped: count('skipped') },
    findings: findings.length,
    incidents: incidents.filter(isCounted).length,
    incomplete:
      failed > 0 ||
      tally.sourceFailures.length > 0 ||
      tally.columnFailures.length > 0 ||
      tally.checkFailures.length > 0 ||
      tally.stopped,
    durationMs,
    rows: tally.rows,
    bytes: tally.bytes,
    connectionsMax,
    longestTransactionMs: Math.round(tally.longestTransactionMs),
  };
}
