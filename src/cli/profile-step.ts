import type { Engine } from '#src/adapters/open-engine.js';
import { toFailure } from '#src/adapters/postgres/failure.js';
import type { Store } from '#src/adapters/store/store.js';
import type { StoreWriter } from '#src/adapters/store/writer.js';
import { compileTablePolicies, timeZoneOf } from '#src/config/policy.js';
import type { TableName } from '#src/config/table-glob.js';
import type { RunObserver } from '#src/coordinator/ports.js';
import { profileRun } from '#src/coordinator/profile-run.js';
import { customMetrics } from './custom-metrics.js';
import { GENTLE } from './gentle.js';
import type { BegunRun } from './resume.js';
import type { Session } from './run-session.js';
import { runStore } from './run-store.js';
import type { RunTally } from './run-view.js';
import { SKETCH_SEED, STATE_MIN_BYTES } from './worker-settings.js';

/** No chunk is larger than this, so that one can be read well within a snapshot's allowed age. */
const MAX_CHUNK_BYTES = 4 * 1024 ** 3;
/** Finished tables that may wait to become durable before reading pauses. */
const MAX_WAITING_TABLES = 1_000;

/** Read what is wanted of every source and make it durable. Rejects only where that cannot be stored. */
export async function profileStep(
  session: Session,
  store: Store,
  writer: StoreWriter,
  { run, asOf, done }: BegunRun,
  engine: Engine,
  { observer, tally }: { readonly observer: RunObserver; readonly tally: RunTally },
): Promise<void> {
  const { config, sources, wanted, stop } = session;
  const tablePolicy = compileTablePolicies(config.policy.tables);
  const metrics = customMetrics(config.policy.metrics);
  const connection = new Map(sources.map((source) => [source.name, source]));
  const isDone = new Set(done.map(tableKey));
  const durable = runStore(store, writer, run, config.batchSize);
  try {
    const outcomes = await profileRun(engine.sources, engine.pool, durable, observer, {
      run: run.label,
      workers: config.gentle ? 1 : config.workers,
      maxTables: config.batchSize,
      limits: {
        minBytes: config.profile.chunkMinBytes,
        maxChunks: config.profile.maxChunks,
        maxBytes: config.gentle ? GENTLE.chunkBytes : MAX_CHUNK_BYTES,
      },
      ...(config.gentle && { maxSnapshotMs: GENTLE.maxSnapshotMs }),
      state: { maxValueBytes: config.profile.maxValueBytes, seed: SKETCH_SEED },
      stateMinBytes: STATE_MIN_BYTES,
      now: () => performance.now(),
      signal: stop.signal,
      lagLimits: config.lag,
      asOfMs: asOf.getTime(),
      wanted: (spec) => {
        metrics.of(spec);
        const table = { source: spec.source, schema: spec.schema, table: spec.name };
        return wanted(table) && !isDone.has(tableKey(table));
      },
      customQueries: metrics.of,
      insertTime: ({ source, schema, name }) => tablePolicy({ source, schema, table: name }).insertTime,
      timeZone: (source) => timeZoneOf(config.policy, source),
      database: (source) => connection.get(source)?.database ?? '',
      maxWaiting: MAX_WAITING_TABLES,
      onStoreFailure: () => stop.abort(),
      toFailure: (error, source) => {
        const settings = connection.get(source);
        return toFailure(error, { source, ...(settings && { connection: settings }) });
      },
    });
    // A source that could not be listed may have the tables that are missed.
    const sawAll = outcomes.length === config.sources.length && outcomes.every(({ failure }) => failure === null);
    if (sawAll && !stop.signal.aborted) tally.checkFailures.push(...metrics.unused());
  } finally {
    await durable.close();
  }
}

function tableKey({ source, schema, table }: TableName): string {
  return JSON.stringify([source, schema, table]);
}
