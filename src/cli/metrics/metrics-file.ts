import { readFile } from 'node:fs/promises';
import type { Engine } from '#src/adapters/open-engine.js';
import { StoreError } from '#src/adapters/store/failure.js';
import type { RunRef } from '#src/adapters/store/records.js';
import type { Store } from '#src/adapters/store/store.js';
import { replaceFile } from '../output-file.js';
import type { Session } from '../run-session.js';
import type { Found, RunSummaryRecord, RunTally } from '../run-view.js';
import { type MetricFamily, prometheusText, readSamples } from './prometheus-text.js';
import { endFamilies, type RunEnd, runFamilies, type StoreFigures, storeFigures } from './run-metrics.js';

/** Write the figures of a run that came to its end, where `--metrics-file` asks for it. Never rejects: the run's outcome stands. */
export async function writeRunMetrics(
  session: Session,
  store: Store,
  run: RunRef,
  { summary, found, tally, engine }: { summary: RunSummaryRecord; found: Found; tally: RunTally; engine: Engine },
): Promise<void> {
  if (session.options.metricsFile === undefined) return;
  const unknown: StoreFigures = { freshness: [], incidents: [], deliveries: [] };
  const known = await storeFigures(store, run.id).catch((error: unknown) => {
    if (!(error instanceof StoreError)) throw error;
    session.logs.logger('orchestrator').error({ run: run.label, code: error.code }, error.message);
    return unknown;
  });
  const rows = session.command === 'detect' ? 0 : summary.rows;
  const families = runFamilies(summary, found.findings, tally, engine.breakerStates(), known);
  await write(session, { outcome: summary.incomplete ? 'incomplete' : 'complete', rows }, families);
}

/** The same of one that did not: what earlier runs counted stays, and the time of the last complete one. */
export async function writeFailureMetrics(session: Session): Promise<void> {
  if (session.options.metricsFile !== undefined) await write(session, { outcome: 'failed', rows: 0 }, []);
}

async function write(
  { options, logs, startedAt, retries }: Session,
  end: Pick<RunEnd, 'outcome' | 'rows'>,
  families: readonly MetricFamily[],
): Promise<void> {
  const file = options.metricsFile!;
  const now = Date.now();
  try {
    const previous = readSamples(await readFile(file, 'utf8').catch(() => ''));
    const whole = { ...end, retries, finishedAtMs: now, durationMs: now - startedAt.getTime() };
    await replaceFile(file, prometheusText([...endFamilies(whole, previous), ...families]));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    logs.logger('orchestrator').error({ code }, `--metrics-file: ${file} cannot be written (${code})`);
  }
}
