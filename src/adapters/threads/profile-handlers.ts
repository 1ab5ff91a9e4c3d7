import { setTimeout as delay } from 'node:timers/promises';
import { type ConnectionBudget, type TableResult, TRYING_AGAIN } from '#src/contract/messages.js';
import { sourceChecks, tableChecks } from '#src/core/checks/index.js';
import { judgeBatch } from '#src/engine/detect/judge-batch.js';
import type { ProfilePorts } from '#src/engine/profile/ports.js';
import { profileBatch } from '#src/engine/profile/profile-batch.js';
import { profileChunk } from '#src/engine/profile/profile-chunk.js';
import { createWorkerLogger } from '../logging/worker-logger.js';
import { toFailure } from '../postgres/failure.js';
import { Pace } from '../postgres/pace.js';
import { poolRecord } from '../postgres/pool-record.js';
import { withRetry } from '../postgres/retry.js';
import { isSourceLoss } from '../postgres/source-loss.js';
import { SourcePool } from '../postgres/source-pool.js';
import { createTableReader } from '../postgres/table-reader.js';
import type { WorkerChannel, WorkerHandlers } from './worker-host.js';

/** Between two looks for statements to cancel. */
const CANCEL_AGAIN_MS = 100;

/** Composes the engine with this thread's own connection pools, one per source, made when a task first needs them. */
export function profileHandlers(channel: WorkerChannel): WorkerHandlers {
  const { settings, thread } = channel;
  const stop = new AbortController();
  const pools = new Map<string, SourcePool>();
  const connections = new Map(settings.sources.map((source) => [source.connection.name, source]));
  const log = createWorkerLogger((record) => channel.post({ type: 'log', record }), {
    thread,
    level: settings.logLevel,
    ...(settings.componentLevels && { componentLevels: settings.componentLevels }),
    pressure: settings.logPressure,
  });

  const isOn = ({ name }: { readonly name: string }) => !settings.checks.disabled.includes(name);
  const checks = { tables: tableChecks.filter(isOn), sources: sourceChecks.filter(isOn) };

  const openPool = (name: string, budget: ConnectionBudget) => {
    if (pools.has(name)) return;
    const source = connections.get(name);
    if (!source) throw new Error(`no settings for source ${name}`);
    pools.set(
      name,
      new SourcePool(
        { ...source, ...budget },
        settings.guards,
        settings.pool,
        `sentinel/profiler/${thread}`,
        (event) => {
          const { level, fields, message } = poolRecord(event);
          log(`${name}_db`)[level](fields, message);
        },
      ),
    );
  };
  const pool = (name: string) => {
    const found = pools.get(name);
    if (!found) throw new Error(`no connection pool for source ${name}`);
    return found;
  };

  const ports: ProfilePorts = {
    reader: createTableReader({
      guards: settings.guards,
      maxValueBytes: settings.profile.maxValueBytes,
      pool,
      discovery: settings.discovery,
      ...(settings.pace && { pace: new Pace(settings.pace, stop.signal) }),
    }),
    now: () => performance.now(),
    toFailure: (error, { source, table }) => {
      const connection = connections.get(source)?.connection;
      return toFailure(error, { source, ...(table !== undefined && { table }), ...(connection && { connection }) });
    },
    retry: ({ source, operation }, run) =>
      withRetry(run, {
        settings: settings.retry,
        describe: { source, operation },
        signal: stop.signal,
        // The coordinator waits for a source that is lost; this thread has work of others.
        leave: isSourceLoss,
        onRetry: ({ attempt, delayMs, cause }) => {
          const { code, message } = ports.toFailure(cause, { source });
          const fields = { source, operation, attempt, delayMs: Math.round(delayMs), code, cause: message };
          log(`${source}_db`).warn(fields, TRYING_AGAIN);
        },
      }),
    progress: channel.progress,
    log: (level, fields, message) => log('profiler')[level](fields, message),
  };

  const logTable = ({ profile, attempts, cost }: TableResult) => {
    const { source, schema, table, status, failure, rowCount } = profile;
    const { durationMs } = profile;
    const fields = { source, table: `${schema}.${table}`, rows: rowCount, bytes: cost.bytes, durationMs, attempts };
    if (status === 'ok') log('profiler').info(fields, 'profiled');
    // What a stop cut short is no outcome.
    else if (stop.signal.aborted && status === 'failed') log('profiler').debug(fields, 'left for the next run');
    else log('profiler').warn({ ...fields, code: failure?.code, cause: failure?.message }, status);
  };

  return {
    profile(task, emit) {
      openPool(task.source, task.budget);
      return profileBatch(task, settings.profile, ports, (result) => {
        logTable(result);
        emit(result);
      });
    },
    async chunk(task) {
      openPool(task.source, task.budget);
      const outcome = await profileChunk(task, settings.profile, ports);
      const { source, table, part, fromBlock } = task;
      const fields = { source, table: `${table.schema}.${table.name}`, part, fromBlock };
      if (outcome.ok) log('profiler').debug({ ...fields, ...outcome.chunk.cost }, 'a chunk was read');
      else if (!stop.signal.aborted)
        log('profiler').warn({ ...fields, ...outcome.failure }, 'a chunk could not be read');
      return outcome;
    },
    async detect(task) {
      const judged = judgeBatch(task, settings.checks.settings, checks);
      const found = new Map<string, number>();
      for (const { source, schema, table } of judged.findings) {
        const key = JSON.stringify([source, schema, table]);
        found.set(key, (found.get(key) ?? 0) + 1);
      }
      for (const { source, schema, table } of task.tables) {
        const findings = found.get(JSON.stringify([source, schema, table])) ?? 0;
        log('detector').debug({ source, table: `${schema}.${table}`, findings }, 'judged');
      }
      log('detector').info(
        { tables: task.tables.length, sources: task.sources.length, findings: judged.findings.length },
        'a batch was judged',
      );
      return judged;
    },
    async cancel() {
      stop.abort(new Error('the run was stopped'));
      // A task that was between two statements sends the next one: ask again for as long as the thread lives.
      for (;;) {
        await Promise.all([...pools.values()].map((each) => each.cancelRunning()));
        await delay(CANCEL_AGAIN_MS, undefined, { ref: false });
      }
    },
  };
}
