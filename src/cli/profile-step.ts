import type { Engine } from '#src/adapters/open-engine.js';
import type { SpoolFile } from '#src/adapters/spool/spool-file.js';
import { StoreError } from '#src/adapters/store/failure.js';
import type { Store } from '#src/adapters/store/store.js';
import type { StoreWriter } from '#src/adapters/store/writer.js';
import { tablePolicies } from '#src/config/config.js';
import { compileTablePolicies, timeZoneOf } from '#src/config/policy.js';
import type { TableName } from '#src/config/table-glob.js';
import type { RunObserver } from '#src/coordinator/ports.js';
import { profileRun } from '#src/coordinator/profile-run.js';
import { customMetrics } from './custom-metrics.js';
import { GENTLE } from './gentle.js';
import { replaySpool } from './replay-spool.js';
import type { BegunRun } from './resume.js';
import { failureOf, type Session } from './run-session.js';
import { runStore } from './run-store.js';
import type { RunTally } from './run-view.js';
import { refusedText, spoolingStore } from './spooling-store.js';
import type { StoreLoss } from './store-loss.js';
import { unmatched, unmatchedPolicies } from './unmatched.js';
import { SKETCH_SEED, STATE_MIN_BYTES } from './worker-settings.js';

/** No chunk is larger than this, so that one can be read well within a snapshot's allowed age. */
const MAX_CHUNK_BYTES = 4 * 1024 ** 3;
const STORE_AWAY = 'the metadata store is away: results wait in the spool, the run goes on';
/** Finished tables that may wait to become durable before reading pauses. */
const MAX_WAITING_TABLES = 1_000;

/**
 * Read what is wanted of every source and make it durable: in the store or, while that is away, in the spool, which is brought to the
 * store at the end. Resolves with how the store was lost, should it still be away then; rejects where results can be kept nowhere.
 */
export async function profileStep(
  session: Session,
  store: Store,
  writer: StoreWriter,
  { run, asOf, done, spool }: BegunRun & { readonly spool: SpoolFile },
  engine: Engine,
  { observer, tally }: { readonly observer: RunObserver; readonly tally: RunTally },
): Promise<StoreLoss | null> {
  const { config, options, sources, wanted, stop, logs } = session;
  const tablePolicy = compileTablePolicies(tablePolicies(config));
  const metrics = customMetrics(config.policy.metrics);
  const selection = unmatched(config.policy, options);
  const policies = unmatchedPolicies(config.policy);
  const connection = new Map(sources.map((source) => [source.name, source]));
  const isDone = new Set(done.map(tableKey));
  const direct = runStore(store, writer, run, config.batchSize);
  const durable = spoolingStore(direct, spool, ({ code, message }) =>
    logs.logger('orchestrator').warn({ run: run.label, code, spool: spool.path, cause: message }, STORE_AWAY),
  );
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
      chunksAlone: config.gentle,
      state: { maxValueBytes: config.profile.maxValueBytes, seed: SKETCH_SEED },
      stateMinBytes: STATE_MIN_BYTES,
      now: () => performance.now(),
      signal: stop.signal,
      lagLimits: config.lag,
      asOfMs: asOf.getTime(),
      wanted: (spec) => {
        metrics.of(spec);
        const table = { source: spec.source, schema: spec.schema, table: spec.name };
        selection.saw(table);
        return wanted(table) && !isDone.has(tableKey(table));
      },
      onListed: (source, tables) => {
        for (const table of tables) policies.saw({ source, ...table });
      },
      customQueries: metrics.of,
      insertTime: ({ source, schema, name }) => tablePolicy({ source, schema, table: name }).insertTime,
      timeZone: (source) => timeZoneOf(config.policy, source),
      database: (source) => connection.get(source)?.database ?? '',
      maxWaiting: MAX_WAITING_TABLES,
      onStoreFailure: () => stop.abort(),
      toFailure: (error, source) => failureOf(config, error, source),
    });
    // A source that could not be listed may have the tables that are missed.
    const sawChosen = outcomes.every(({ failure }) => failure === null) && !stop.signal.aborted;
    const sawAll = sawChosen && outcomes.length === config.sources.length;
    const names = sources.map(({ name }) => name).join(', ');
    if (sawChosen) tally.checkFailures.push(...selection.failures(`of ${names} that can be looked at`));
    if (sawAll) tally.checkFailures.push(...metrics.unused());
    const warning = sawAll && options.table === undefined ? policies.warning() : null;
    if (warning !== null) logs.logger('orchestrator').warn({ run: run.label }, warning);
  } catch (error) {
    if (durable.refused > 0 && error instanceof StoreError)
      throw new StoreError(error.code, `${error.message}; ${refusedText(durable.refused)}`, { cause: error });
    throw error;
  } finally {
    await direct.close();
    await spool.close();
  }
  if (durable.lost === null) return null;
  const kept = { path: spool.path, tables: durable.tables };
  if (stop.signal.aborted) return { cause: durable.lost, missing: 'figures', spool: kept };
  try {
    await replaySpool(spool.path, store, writer);
    logs
      .logger('orchestrator')
      .warn({ run: run.label, tables: kept.tables }, 'the metadata store is back: what waited is stored');
    return null;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return { cause: error, missing: 'figures', spool: kept };
  }
}

function tableKey({ source, schema, table }: TableName): string {
  return JSON.stringify([source, schema, table]);
}
