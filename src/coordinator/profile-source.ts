import type { ConnectionBudget, EventRequest, ProfileTask, TableResult } from '#src/contract/messages.js';
import type { Failure } from '#src/core/model/failure.js';
import { emptyProfile } from '#src/core/model/outcome.js';
import type { TableSpec } from '#src/core/model/relation.js';
import { type PlanLimits, planTables } from '#src/core/planning/batches.js';
import { type ChunkedTableOptions, profileInChunks } from './chunked-table.js';
import type { LagGate } from './lag-gate.js';
import type { SourceAccess, WorkerPool } from './ports.js';
import { PrioritySlots } from './priority-slots.js';

export interface ProfileSourceOptions
  extends Pick<ChunkedTableOptions, 'run' | 'limits' | 'state' | 'stateMinBytes' | 'now' | 'signal'> {
  readonly workers: number;
  /** Asked before work is handed out; absent: nothing is waited for. */
  readonly gate?: LagGate;
  readonly events: EventRequest;
  /** The most tables in one batch. */
  readonly maxTables: number;
  /** Takes each result as soon as it is there; resolves when there is room for more. */
  readonly onResult: (result: TableResult) => Promise<void>;
}

/** Chunks of a table that is already begun go before batches, so that its snapshot is held no longer than needed. */
const BATCH_PRIORITY = Number.MAX_SAFE_INTEGER;

/**
 * Profile a source's tables in the worker pool: big ones in chunks, the others in batches, never more tasks at a time than the
 * source's connection budget allows. Resolves with the failure that made the source unreachable on the way, else null.
 */
export async function profileSource(
  tables: readonly TableSpec[],
  source: SourceAccess,
  pool: WorkerPool,
  options: ProfileSourceOptions,
): Promise<Failure | null> {
  const { maxConnections } = source;
  const mayChunk = maxConnections > 1;
  // With a connection for each worker and one to hold a snapshot, idle ones stand in nobody's way.
  const budget: ConnectionBudget = { maxConnections, keepIdle: maxConnections > options.workers };
  const planLimits: PlanLimits = {
    workers: options.workers,
    maxTables: options.maxTables,
    chunkMinBytes: options.limits.minBytes,
    mayChunk,
  };
  const { chunked, batches } = planTables(tables, planLimits);
  const readers = Math.max(Math.min(options.workers, maxConnections - (chunked.length > 0 ? 1 : 0)), 1);
  const slots = new PrioritySlots(readers);
  // Snapshots held and readers together stay within the ceiling: a reader must never wait for a connection behind a table that
  // waits for a reader.
  const snapshots = new PrioritySlots(Math.max(maxConnections - readers, 1));
  let sourceFailure: Failure | null = null;

  /** Who waits until nothing lags takes nobody's turn meanwhile. */
  const inTurn = async (job: () => Promise<void>) => {
    for (;;) {
      await slots.acquire(BATCH_PRIORITY);
      if (!(await options.gate?.isClosed())) break;
      slots.release();
      await options.gate?.opened();
    }
    await job().finally(() => slots.release());
  };

  const runBatch = async (batch: readonly TableSpec[]) => {
    if (options.signal.aborted) return;
    if (sourceFailure) return failAll(batch, sourceFailure, options);
    const { run, events } = options;
    const task: ProfileTask = { type: 'profile', run, source: source.name, budget, events, tables: batch };
    const failure = await profileBatchSafely(task, pool, options);
    if (failure) sourceFailure ??= failure;
  };

  const runChunked = async () => {
    const running: Promise<void>[] = [];
    for (const [priority, table] of chunked.entries()) {
      await snapshots.acquire(priority);
      await options.gate?.opened();
      if (options.signal.aborted) break;
      await new Promise<void>((handedOut) => {
        const acquire = async () => {
          await slots.acquire(priority);
          return () => slots.release();
        };
        const result = profileInChunks(table, source, {
          ...options,
          budget,
          acquire,
          handedOut,
          runChunk: (task) =>
            pool.chunk(task).catch((error: unknown) => ({ ok: false, failure: threadDied(error, table) }) as const),
        }).finally(() => snapshots.release());
        const job = result.then(
          (done) => deliver(done, options),
          // Not to be read in chunks: a worker takes it whole, with its retries and its answer to a changed shape.
          () => inTurn(() => runBatch([table])),
        );
        running.push(heard(job.finally(handedOut)));
      });
    }
    await Promise.all(running);
  };

  await Promise.all([runChunked(), ...batches.map((batch) => inTurn(() => runBatch(batch)))]);
  return sourceFailure;
}

/**
 * Run a batch; where its worker dies, run what it had not reported in halves, until the table that kills workers is alone and is
 * reported as failed.
 */
async function profileBatchSafely(
  task: ProfileTask,
  pool: WorkerPool,
  options: ProfileSourceOptions,
): Promise<Failure | null> {
  const nameOf = ({ schema, name }: TableSpec) => JSON.stringify([schema, name]);
  const pending = new Set(task.tables.map(nameOf));
  const delivered: Promise<void>[] = [];
  try {
    const failure = await pool.profile(task, (result) => {
      pending.delete(nameOf(result.spec));
      delivered.push(heard(deliver(result, options)));
    });
    await Promise.all(delivered);
    return failure;
  } catch (error) {
    await Promise.all(delivered);
    const rest = task.tables.filter((table) => pending.has(nameOf(table)));
    if (options.signal.aborted || rest.length === 0) return null;
    if (rest.length === 1) {
      await failAll(rest, threadDied(error, rest[0]!), options);
      return null;
    }
    const half = Math.ceil(rest.length / 2);
    const first = await profileBatchSafely({ ...task, tables: rest.slice(0, half) }, pool, options);
    const second = await profileBatchSafely({ ...task, tables: rest.slice(half) }, pool, options);
    return first ?? second;
  }
}

/** A promise that is awaited later: a rejection before that is not unhandled. */
function heard<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/** A thread that ends while it reads a table (out of memory, a crash in native code) may have met a bad moment: one more try is fair. */
function threadDied(error: unknown, table: TableSpec): Failure {
  const name = `${table.schema}.${table.name}`;
  const cause = error instanceof Error ? error.message : String(error);
  return {
    code: 'worker_died',
    message: `the worker thread that read ${name} ended (${cause}); the other tables are not affected`,
    retryable: true,
    source: table.source,
    table: name,
  };
}

async function failAll(tables: readonly TableSpec[], failure: Failure, options: ProfileSourceOptions): Promise<void> {
  for (const table of tables) {
    const profile = emptyProfile(table, 'failed', failure, 0);
    const cost = { rows: 0, bytes: 0, longestTransactionMs: 0 };
    await deliver({ spec: table, profile, cost, attempts: 0 }, options);
  }
}

/** What was cut short by the end of the run is no outcome: the table is taken up by the next run. */
async function deliver(result: TableResult, options: ProfileSourceOptions): Promise<void> {
  if (options.signal.aborted && result.profile.status === 'failed') return;
  await options.onResult(result);
}
