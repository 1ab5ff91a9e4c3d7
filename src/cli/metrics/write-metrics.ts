import type { Engine } from '#src/adapters/open-engine.js';
import { StoreError } from '#src/adapters/store/failure.js';
import type { RunRef } from '#src/adapters/store/records.js';
import type { Store } from '#src/adapters/store/store.js';
import type { MetricFamily } from '#src/contract/metric-family.js';
import type { Session } from '../run-session.js';
import type { Found, RunSummaryRecord, RunTally } from '../run-view.js';
import { type RunEnd, runFamilies, type StoreFigures, storeFigures } from './run-metrics.js';

/** Where the figures of runs go. `families` are those of a run that came to its end, none of one that did not. Never rejects. */
export interface MetricsTarget {
  write(end: RunEnd, families: readonly MetricFamily[]): Promise<void>;
}

/** Hand on the figures of a run that came to its end, where somebody wants them. Never rejects: the run's outcome stands. */
export async function writeRunMetrics(
  session: Session,
  store: Store,
  run: RunRef,
  { summary, found, tally, engine }: { summary: RunSummaryRecord; found: Found; tally: RunTally; engine: Engine },
): Promise<void> {
  if (session.metrics === undefined) return;
  const unknown: StoreFigures = { freshness: [], incidents: [], deliveries: [] };
  const known = await storeFigures(store, run.id).catch((error: unknown) => {
    if (!(error instanceof StoreError)) throw error;
    session.logs.logger('orchestrator').error({ run: run.label, code: error.code }, error.message);
    return unknown;
  });
  const rows = session.command === 'detect' ? 0 : summary.rows;
  const families = runFamilies(summary, found.findings, tally, engine.breakerStates(), known);
  await session.metrics.write(endOf(session, summary.incomplete ? 'incomplete' : 'complete', rows), families);
}

/** The same of one that did not: what earlier runs counted stays, and the time of the last complete one. */
export async function writeFailureMetrics(session: Session): Promise<void> {
  await session.metrics?.write(endOf(session, 'failed', 0), []);
}

function endOf({ startedAt, retries, isPart = false }: Session, outcome: RunEnd['outcome'], rows: number): RunEnd {
  const now = Date.now();
  return { outcome, isPart, rows, retries, finishedAtMs: now, durationMs: now - startedAt.getTime() };
}
