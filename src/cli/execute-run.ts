import { hostname } from 'node:os';
import { join } from 'node:path';
import { createLogSystem } from '#src/adapters/logging/log-system.js';
import { openEngine } from '#src/adapters/open-engine.js';
import { STATE_DIR } from '#src/adapters/process-state.js';
import { SpoolFile } from '#src/adapters/spool/spool-file.js';
import { StoreError } from '#src/adapters/store/failure.js';
import { ENDED } from '#src/adapters/store/records.js';
import type { Store } from '#src/adapters/store/store.js';
import type { StoreWriter } from '#src/adapters/store/writer.js';
import { compileOwners } from '#src/config/alert-plan.js';
import { configSecrets, tablePolicies } from '#src/config/config.js';
import { TRYING_AGAIN } from '#src/contract/messages.js';
import { writeAuditLog } from './audit-log.js';
import { detectStep } from './detect-step.js';
import { emitLineage } from './emit-lineage.js';
import { CliError, EXIT, exitCodeOf } from './exit-code.js';
import { costOf, keepHouse } from './finish-run.js';
import { lowerPriority, withGentle } from './gentle.js';
import { type Io, writeLine } from './io.js';
import { writeFailureJunit, writeRunJunit } from './junit/junit-file.js';
import { withoutSecrets } from './known-secrets.js';
import { loadSettings } from './load-settings.js';
import { logFindings, logging } from './logging-view.js';
import { metricsFile } from './metrics/metrics-file.js';
import { writeFailureMetrics, writeRunMetrics } from './metrics/write-metrics.js';
import type { RunOptions } from './options.js';
import { checkOutputFile } from './output-file.js';
import { profileStep } from './profile-step.js';
import { createProgress, progressMode } from './render/progress.js';
import { replaySpools, spoolFolder } from './replay-spool.js';
import { type BegunRun, beginRun } from './resume.js';
import { runOrigin } from './run-origin.js';
import { countRetry, onRetry, type RunCommand, type Session } from './run-session.js';
import { openMetadata, orUsageError } from './run-store.js';
import { summarise, tallyDone, tallyStored } from './run-tally.js';
import { type Found, jsonView, tallying } from './run-view.js';
import { selectSources, tableFilter } from './selection.js';
import { sendAlerts } from './send-alerts.js';
import { stopOnSignal } from './signals.js';
import { orLoss, tellLoss } from './store-loss.js';
import { textView } from './text-view.js';
import { workerSettings } from './worker-settings.js';

/**
 * `run` profiles and judges, `profile` and `detect` do one of them. Resolves with the exit code. Rejects with CliError where
 * something is wrong before the work begins: then nothing was written. `commands` is false where the caller's own settings lead to another store than
 * `io` does.
 */
export async function executeRun(
  command: RunCommand,
  options: RunOptions,
  io: Io,
  { commands = true }: { readonly commands?: boolean } = {},
): Promise<number> {
  const config = withGentle(loadSettings(io), options);
  lowerPriority(config);
  const sources = selectSources(config, options.source);
  const wanted = tableFilter(config, options); // bad patterns end it before anything is opened
  if (options.metricsFile) await checkOutputFile('--metrics-file', options.metricsFile);
  if (options.junit) await checkOutputFile('--junit', options.junit);
  const quiet = options.quiet === true;
  const progress = createProgress({ stream: io.stderr, mode: progressMode(io.stderr, quiet || options.json === true) });
  const logs = createLogSystem(config.logs, { console: progress.console, quiet, secrets: configSecrets(config) });
  const warn = (line: string) => writeLine(progress.console, line);
  const announce = (line: string) => {
    if (!quiet) warn(line);
  };
  const stop = stopOnSignal((signal) =>
    announce(`${signal}: stopping; what is finished is kept (again to stop at once)`),
  );
  const startedAt = new Date();
  const view = options.json
    ? jsonView(io, { unmask: options.unmask === true })
    : textView(io, progress, { quiet, commands, ownersOf: compileOwners(tablePolicies(config)) });
  const asOf = options.asOf ?? startedAt;
  const retries = new Map([...sources.map(({ name }) => name), 'metadata'].map((name) => [name, 0]));
  const parts = { command, config, options, sources, wanted, logs, view, stop, startedAt, asOf, announce, retries };
  const metrics = options.metricsFile === undefined ? undefined : metricsFile(options.metricsFile, logs);
  const origin = runOrigin(command, options, config, io);
  try {
    return await runSession({ ...parts, warn, origin, ...(metrics && { metrics }) });
  } finally {
    progress.finish();
    stop.dispose();
    await logs.close();
  }
}

/** One run from its store to its end; whoever calls it has read the settings, and owns logs, view and signals. */
export async function runSession(session: Session): Promise<number> {
  const { command, logs } = session;
  try {
    return await withStore(session);
  } catch (error) {
    // The terminal is told by whoever catches it; a scheduler's logs must say it too.
    logs.fileLogger('orchestrator').error({ command, failed: messageOf(error) }, `${command} ended early`);
    await writeFailureMetrics(session);
    await writeFailureJunit(session, messageOf(error));
    throw error;
  }
}

async function withStore(session: Session): Promise<number> {
  const { config, command } = session;
  const store = await openMetadata(config, onRetry(session));
  try {
    const writer = await orUsageError(() => store.acquireWriter(`${command} on ${hostname()}`));
    session.watch?.writes(writer);
    try {
      const spools = spoolFolder(config, await orUsageError(() => store.id()));
      await orUsageError(() => replaySpools(session, spools, store, writer));
      return await withRun(session, store, writer, spools);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      const fate = 'the run has ended early; what was stored before is kept, run again when the store is back';
      throw new CliError(`${error.message}\n${fate}`, EXIT.incomplete);
    } finally {
      session.watch?.writes(null);
      await writer.release();
    }
  } finally {
    await store.close();
  }
}

async function withRun(session: Session, store: Store, writer: StoreWriter, spools: string): Promise<number> {
  const { command, config, options, sources, wanted, logs, view, stop, startedAt, origin } = session;
  const log = logs.logger('orchestrator');
  const begun = await orUsageError(() =>
    command === 'detect' ? judgeAgain(session, store, writer) : beginRun(session, store, writer),
  );
  const { run, done } = begun;
  session.watch?.begun(run);
  await mirror(session, store); // a run that is killed has told of itself
  const named = {
    run: run.label,
    sources: sources.map(({ name }) => name),
    workers: config.workers,
    gentle: config.gentle,
  };
  log.info({ ...named, ...(done.length > 0 && { done: done.length }) }, `${command} begins`);
  const tallied = tallying(logging(view, logs, run), { resumable: command !== 'detect' });
  const { tally } = tallied;
  await tallyDone(store, begun, tally);
  let { rows, bytes } = { rows: 0, bytes: 0 };
  const engine = openEngine({
    connections: sources,
    settings: { ...workerSettings(config), logPressure: logs.pressure },
    breaker: config.breaker,
    workers: config.workers,
    ...(config.maxConnections !== undefined && { maxConnections: config.maxConnections }),
    signal: stop.signal,
    onLog: (record) => {
      if (record.msg === TRYING_AGAIN) countRetry(session, String(record.fields.source));
      logs.accept({ ...record, fields: { ...record.fields, run: run.label } });
    },
    onProgress: (source, moreRows, moreBytes) => {
      rows += moreRows;
      bytes += moreBytes;
      view.progress(source, moreRows, moreBytes);
    },
    onRetry: onRetry(session),
    state: { dir: join(config.directory, STATE_DIR), command },
    redact: withoutSecrets,
  });
  stop.signal.addEventListener('abort', () => engine.cancel());
  let found: Found = { findings: [], incidents: [] };
  try {
    const spool = new SpoolFile(spools, { ...begun.made, label: run.label });
    if (command !== 'detect')
      tally.storeLoss = await profileStep(session, store, writer, { ...begun, spool }, engine, tallied);
    if (command !== 'profile' && !stop.signal.aborted && !tally.storeLoss)
      found = await orLoss(tally, 'verdict', found, () => detectStep(session, store, writer, begun, engine, tally));
  } catch (error) {
    if (command !== 'detect')
      await writer
        .finishRun(run, { state: 'failed', finishedAt: new Date(), actor: origin.actor })
        .catch(() => undefined);
    throw error;
  } finally {
    await engine.close();
  }
  for (const failure of tally.checkFailures) log.error({ run: run.label, ...failure }, failure.message);
  logFindings(logs, run, found.findings);
  if (command === 'detect') {
    const names = sources.map(({ name }) => name);
    await tallyStored(store, run, { sources: names, wanted, view, tally });
  }
  tally.stopped = stop.signal.aborted;
  const durationMs = Date.now() - startedAt.getTime();
  const cost = { durationMs, connectionsMax: engine.connectionsPeak() };
  const exitCodeNow = () => {
    const { incomplete } = summarise(run.label, tally, found, cost);
    return stop.exitCode() ?? exitCodeOf({ ...found, incomplete }, options.failOn);
  };
  const state = stop.signal.aborted ? 'interrupted' : 'finished';
  const end = { state, finishedAt: new Date(), actor: origin.actor, exitCode: exitCodeNow() } as const;
  if (command === 'detect') await writer.judgedAgain(run, end);
  else if (!tally.storeLoss) {
    const totals = summarise(run.label, tally, found, cost);
    const ran = { rows, bytes, longestTransactionMs: tally.longestTransactionMs };
    const whole = { ...end, totals, cost: costOf(done, ran, totals.connectionsMax) };
    await orLoss(tally, 'end', undefined, () => writer.finishRun(run, whole));
    if (state === 'finished' && !tally.storeLoss) await keepHouse(session, writer, run);
  }
  const auditHead = tally.storeLoss ? null : await store.auditHead().catch(() => null);
  const summary = { ...summarise(run.label, tally, found, cost), auditHead: auditHead?.hash ?? null };
  for (const finding of found.findings) view.finding(finding);
  for (const incident of found.incidents) view.incident(incident);
  view.finish(summary, found, tally);
  if (tally.storeLoss) tellLoss(session, tally.storeLoss, run);
  log.info({ ...summary }, `${command} ${stop.signal.aborted ? 'stopped' : 'ends'}`);
  if (!tally.storeLoss) await sendAlerts(session, store, writer, run, { complete: !summary.incomplete });
  if (!tally.storeLoss) await emitLineage(session, store, run, { findings: found.findings, tally });
  await writeRunMetrics(session, store, run, { summary, found, tally, engine });
  await writeRunJunit(session, found, tally);
  if (!tally.storeLoss) await mirror(session, store);
  return exitCodeNow();
}

function mirror({ config, logs }: Session, store: Store): Promise<void> {
  const warn = (message: string) => logs.logger('orchestrator').warn({}, message);
  return writeAuditLog(store, config, { warn, problem: logs.problem });
}

/** `detect` makes no run of its own: it judges what was profiled last. */
async function judgeAgain({ asOf, startedAt, origin }: Session, store: Store, writer: StoreWriter): Promise<BegunRun> {
  const run = await store.latestRun({ states: ENDED });
  if (!run)
    throw new CliError('there is nothing to judge yet: run "sentinel profile" or "sentinel run" first', EXIT.usage);
  await writer.judgeAgain(run, startedAt, origin);
  const made = { command: run.command, startedAt: new Date(run.startedAt), asOf };
  return { run, asOf, made, done: [] };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
