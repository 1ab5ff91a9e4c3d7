import { hostname } from 'node:os';
import { createLogSystem, type LogSystem } from '#src/adapters/logging/log-system.js';
import { type Engine, openEngine } from '#src/adapters/open-engine.js';
import { toFailure } from '#src/adapters/postgres/failure.js';
import type { RetryNotice } from '#src/adapters/postgres/retry.js';
import { StoreError } from '#src/adapters/store/failure.js';
import type { RunRef } from '#src/adapters/store/records.js';
import type { Store } from '#src/adapters/store/store.js';
import type { StoreWriter } from '#src/adapters/store/writer.js';
import { type Config, configSecrets } from '#src/config/config.js';
import { compileTablePolicies, timeZoneOf } from '#src/config/policy.js';
import type { TableMatcher } from '#src/config/table-glob.js';
import type { ConnectionSettings } from '#src/contract/connection.js';
import { detectRun } from '#src/coordinator/detect-run.js';
import { profileRun } from '#src/coordinator/profile-run.js';
import type { Finding } from '#src/core/model/finding.js';
import { CliError, EXIT, exitCodeOf } from './exit-code.js';
import { historyStore } from './history-store.js';
import { type Io, writeLine } from './io.js';
import { loadSettings } from './load-settings.js';
import { checkMetricsFile, writeMetricsFile } from './metrics-file.js';
import type { RunOptions } from './options.js';
import { createProgress, progressMode } from './render/progress.js';
import { openMetadata, orUsageError, runStore } from './run-store.js';
import { summarise, tallyStored } from './run-tally.js';
import { columnFailures, type Found, jsonView, type RunTally, type RunView, tallying } from './run-view.js';
import { selectSources, tableFilter } from './selection.js';
import { type StopSignal, stopOnSignal } from './signals.js';
import { textView } from './text-view.js';
import { SKETCH_SEED, STATE_MIN_BYTES, workerSettings } from './worker-settings.js';

export type RunCommand = 'run' | 'profile' | 'detect';

/** No chunk is larger than this, so that one can be read well within a snapshot's allowed age. */
const MAX_CHUNK_BYTES = 4 * 1024 ** 3;
/** Finished tables that may wait to become durable before reading pauses. */
const MAX_WAITING_TABLES = 1_000;

/** What the steps of a run share. */
interface Session {
  readonly command: RunCommand;
  readonly config: Config;
  readonly options: RunOptions;
  readonly sources: readonly ConnectionSettings[];
  /** What sentinel.yaml and the options let in. */
  readonly wanted: TableMatcher;
  readonly logs: LogSystem;
  readonly view: RunView;
  readonly stop: StopSignal;
  readonly startedAt: Date;
  readonly asOf: Date;
}

/**
 * `run` profiles and judges, `profile` and `detect` do one of them. Resolves with the exit code. Rejects with CliError where
 * something is wrong before the work begins: then nothing was written.
 */
export async function executeRun(command: RunCommand, options: RunOptions, io: Io): Promise<number> {
  const config = loadSettings(io);
  const sources = selectSources(config, options.source);
  const wanted = tableFilter(config, options); // bad patterns end it before anything is opened
  if (options.metricsFile) await checkMetricsFile(options.metricsFile);
  const quiet = options.quiet === true;
  const progress = createProgress({ stream: io.stderr, mode: progressMode(io.stderr, quiet || options.json === true) });
  const logs = createLogSystem(config.logs, { console: progress.console, quiet, secrets: configSecrets(config) });
  const stop = stopOnSignal((signal) => {
    if (!quiet) writeLine(progress.console, `${signal}: stopping; what is finished is kept (again to stop at once)`);
  });
  const startedAt = new Date();
  const view = options.json ? jsonView(io) : textView(io, progress, { quiet });
  const asOf = options.asOf ?? startedAt;
  try {
    return await withStore({ command, config, options, sources, wanted, logs, view, stop, startedAt, asOf });
  } catch (error) {
    // The terminal is told by whoever catches it; a scheduler's logs must say it too.
    logs.fileLogger('orchestrator').error({ command, failed: messageOf(error) }, `${command} ended early`);
    throw error;
  } finally {
    progress.finish();
    stop.dispose();
    await logs.close();
  }
}

async function withStore(session: Session): Promise<number> {
  const { config, command } = session;
  const store = await openMetadata(config, onRetry(session));
  try {
    const writer = await orUsageError(() => store.acquireWriter(`${command} on ${hostname()}`));
    try {
      return await withRun(session, store, writer);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      const fate = 'the run has ended early; what was stored before is kept, run again when the store is back';
      throw new CliError(`${error.message}\n${fate}`, EXIT.incomplete);
    } finally {
      await writer.release();
    }
  } finally {
    await store.close();
  }
}

async function withRun(session: Session, store: Store, writer: StoreWriter): Promise<number> {
  const { command, config, options, sources, wanted, logs, view, stop, startedAt, asOf } = session;
  const log = logs.logger('orchestrator');
  const run = command === 'detect' ? await latestRun(store) : await writer.beginRun({ command, startedAt, asOf });
  log.info({ run: run.label, sources: sources.map(({ name }) => name), workers: config.workers }, `${command} begins`);
  const { observer, tally } = tallying(logging(view, logs, run));
  let { rows, bytes } = { rows: 0, bytes: 0 };
  const engine = openEngine({
    connections: sources,
    settings: workerSettings(config),
    workers: config.workers,
    ...(config.maxConnections !== undefined && { maxConnections: config.maxConnections }),
    signal: stop.signal,
    onLog: (record) => logs.accept({ ...record, fields: { ...record.fields, run: run.label } }),
    onProgress: (source, moreRows, moreBytes) => {
      rows += moreRows;
      bytes += moreBytes;
      view.progress(source, moreRows, moreBytes);
    },
    onRetry: onRetry(session),
  });
  stop.signal.addEventListener('abort', () => engine.cancel());
  let found: Found = { findings: [], incidents: [] };
  try {
    if (command !== 'detect') await profileStep(session, store, writer, run, engine, observer);
    if (command !== 'profile' && !stop.signal.aborted)
      found = await detectStep(session, store, writer, run, engine, tally);
  } catch (error) {
    if (command !== 'detect')
      await writer.finishRun(run, { state: 'failed', finishedAt: new Date() }).catch(() => undefined);
    throw error;
  } finally {
    await engine.close();
  }
  for (const failure of tally.checkFailures) log.error({ run: run.label, ...failure }, failure.message);
  for (const { message, ...finding } of found.findings)
    logs.logger('detector').info({ run: run.label, ...finding, table: nameOf(finding) }, message);
  if (command === 'detect') {
    const names = sources.map(({ name }) => name);
    await tallyStored(store, run, { sources: names, wanted, view, tally });
  }
  tally.stopped = stop.signal.aborted;
  const durationMs = Date.now() - startedAt.getTime();
  const cost = { durationMs, connectionsMax: engine.connectionsPeak() };
  const summary = summarise(run.label, tally, found, cost);
  if (command !== 'detect') {
    const state = stop.signal.aborted ? 'interrupted' : 'finished';
    await writer.finishRun(run, {
      state,
      finishedAt: new Date(),
      totals: summary,
      cost: { rows, bytes, longestTransactionMs: tally.longestTransactionMs, connectionsMax: summary.connectionsMax },
    });
    if (state === 'finished') await keepHouse(writer, config);
  }
  for (const finding of found.findings) view.finding(finding);
  for (const incident of found.incidents) view.incident(incident);
  view.finish(summary, found, tally);
  log.info({ ...summary }, `${command} ${stop.signal.aborted ? 'stopped' : 'ends'}`);
  if (options.metricsFile)
    await writeMetricsFile(options.metricsFile, summary, found.findings, tally).catch((error: Error) => {
      // The run is over and its outcome stands.
      log.error({ run: run.label }, error.message);
    });
  return stop.exitCode() ?? exitCodeOf({ ...found, incomplete: summary.incomplete }, options.failOn);
}

async function profileStep(
  session: Session,
  store: Store,
  writer: StoreWriter,
  run: RunRef,
  engine: Engine,
  observer: Parameters<typeof profileRun>[3],
): Promise<void> {
  const { config, sources, wanted, stop, asOf } = session;
  const tablePolicy = compileTablePolicies(config.policy.tables);
  const connection = new Map(sources.map((source) => [source.name, source]));
  const durable = runStore(store, writer, run, config.batchSize);
  try {
    await profileRun(engine.sources, engine.pool, durable, observer, {
      run: run.label,
      workers: config.workers,
      maxTables: config.batchSize,
      limits: {
        minBytes: config.profile.chunkMinBytes,
        maxChunks: config.profile.maxChunks,
        maxBytes: MAX_CHUNK_BYTES,
      },
      state: { maxValueBytes: config.profile.maxValueBytes, seed: SKETCH_SEED },
      stateMinBytes: STATE_MIN_BYTES,
      now: () => performance.now(),
      signal: stop.signal,
      asOfMs: asOf.getTime(),
      wanted: ({ source, schema, name }) => wanted({ source, schema, table: name }),
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
  } finally {
    await durable.close();
  }
}

async function detectStep(
  session: Session,
  store: Store,
  writer: StoreWriter,
  run: RunRef,
  engine: Engine,
  tally: RunTally,
): Promise<Found> {
  const { config, sources, wanted, stop, asOf, command } = session;
  const histories = historyStore(store, writer, run, {
    now: asOf.getTime(),
    sources: sources.map(({ name }) => name),
    tablePolicy: compileTablePolicies(config.policy.tables),
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
    toFailure: (error) => toFailure(error, {}),
  });
  tally.judged = true;
  tally.checkFailures.push(...result.failures);
  const seen = new Set(result.findings.map(({ incident }) => incident));
  // A run may be judged in part, and its other part have incidents, too.
  const incidents = (await store.listIncidents({ run: run.id })).filter(({ id }) => seen.has(id));
  return { findings: result.findings, incidents };
}

/** Notes in the log what the view is told. Tables that a worker finished are in its own records; big ones are merged here. */
function logging(view: RunView, logs: LogSystem, { label }: RunRef): RunView {
  return {
    ...view,
    sourceDiscovered(source, tables) {
      logs.logger(`${source}_db`).info({ run: label, source, tables }, 'tables listed');
      view.sourceDiscovered(source, tables);
    },
    tableDone(result) {
      const { profile, chunks, cost, attempts } = result;
      const table = `${profile.schema}.${profile.table}`;
      const fields = { run: label, source: profile.source, table, rows: profile.rowCount, bytes: cost.bytes, attempts };
      if (chunks !== undefined)
        logs.logger('profiler').info({ ...fields, chunks, durationMs: profile.durationMs }, 'profiled in chunks');
      view.tableDone(result);
    },
    sourceFailed(source, failure) {
      logs.logger(`${source}_db`).error({ run: label, source, code: failure.code }, failure.message);
      view.sourceFailed(source, failure);
    },
  };
}

function nameOf({ schema, table }: Pick<Finding, 'schema' | 'table'>): string | undefined {
  return table === null ? undefined : `${schema}.${table}`;
}

/** Figures, and what was said about them, are kept equally long. */
function keepHouse(writer: StoreWriter, { retention: { pointDays } }: Config) {
  return writer.applyRetention({ pointsDays: pointDays, runsDays: pointDays, now: new Date() });
}

/** `detect` judges what was profiled last. */
async function latestRun(store: Store): Promise<RunRef> {
  const run = await store.latestRun({ states: ['finished', 'interrupted'] });
  if (!run)
    throw new CliError('there is nothing to judge yet: run "sentinel profile" or "sentinel run" first', EXIT.usage);
  return run;
}

function onRetry({ logs, config }: Pick<Session, 'logs' | 'config'>): (notice: RetryNotice) => void {
  return ({ source, operation, attempt, delayMs, cause }) => {
    const connection = [...config.sources, config.metadata.connection].find(({ name }) => name === source);
    const { code, message } = toFailure(cause, { ...(connection && { connection }) });
    logs
      .logger(source === 'metadata' ? 'orchestrator' : `${source}_db`)
      .warn({ source, operation, attempt, delayMs: Math.round(delayMs), code, cause: message }, 'trying again');
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
