import type { Engine } from '#src/adapters/open-engine.js';
import type { Store } from '#src/adapters/store/store.js';
import type { StoreWriter } from '#src/adapters/store/writer.js';
import { tablePolicies } from '#src/config/config.js';
import { compileCustomMetrics, compileTablePolicies } from '#src/config/policy.js';
import { detectRun } from '#src/coordinator/detect-run.js';
import { historyStore } from './history-store.js';
import type { BegunRun } from './resume.js';
import type { Session } from './run-session.js';
import { columnFailures, type Found, type RunTally } from './run-view.js';

/** Judge what a run stored and store the verdict; resolves with it. */
export async function detectStep(
  session: Session,
  store: Store,
  writer: StoreWriter,
  { run, asOf }: BegunRun,
  engine: Engine,
  tally: RunTally,
): Promise<Found> {
  const { config, sources, wanted, stop, command } = session;
  const histories = historyStore(store, writer, run, {
    now: asOf.getTime(),
    sources: sources.map(({ name }) => name),
    tablePolicy: compileTablePolicies(tablePolicies(config)),
    customMetrics: compileCustomMetrics(config.policy.metrics),
    wanted,
    onTable: ({ profile, previousShape }) => {
      if (profile && !previousShape) tally.firstSeen++;
      // A run has told of them when it read the table.
      if (profile && command === 'detect') tally.columnFailures.push(...columnFailures(profile));
    },
  });
  const result = await detectRun(histories, engine.pool, {
    run: run.label,
    workers: config.workers,
    signal: stop.signal,
  });
  tally.judged = true;
  tally.checkFailures.push(...result.failures);
  const seen = new Set(result.findings.map(({ incident }) => incident));
  // A run may be judged in part, and its other part have incidents, too.
  const incidents = (await store.listIncidents({ run: run.id })).filter(({ id }) => seen.has(id));
  return { findings: result.findings, incidents };
}
