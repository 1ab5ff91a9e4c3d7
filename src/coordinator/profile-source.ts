import type { ChunkTask, ConnectionBudget, EventRequest, ProfileTask, TableResult } from '#src/contract/messages.js';
import type { Failure } from '#src/core/model/failure.js';
import { emptyProfile } from '#src/core/model/outcome.js';
import type { TableSpec } from '#src/core/model/relation.js';
import { type PlanLimits, planTables } from '#src/core/planning/batches.js';
import { type ChunkedTableOptions, profileInChunks } from './chunked-table.js';
import type { LagGate } from './lag-gate.js';
import type { SourceAccess, WorkerPool } from './ports.js';
import { PrioritySlots } from './priority-slots.js';
import { type RecoveryObserver, SourceRecovery } from './source-recovery.js';
import type { WorkerShares } from './worker-shares.js';

export interface ProfileSourceOptions
  extends Pick<ChunkedTableOptions, 'run' | 'limits' | 'chunksAlone' | 'state' | 'stateMinBytes' | 'now' | 'signal'> {
  readonly workers: number;
  /** Asked before work is handed out; absent: nothing is waited for. */
  readonly gate?: LagGate;
  readonly events: EventRequest;
  /** The most tables in one batch. */
  readonly maxTables: number;
  /** Takes each result as soon as it is there; resolves when there is room for more. */
  readonly onResult: (result: TableResult) => Promise<void>;
  readonly recovery: RecoveryObserver;
  /** Set where other sources need workers too. */
  readonly shares?: WorkerShares;
}

/** Chunks of a table that is already begun go before batches, so that its snapshot is held no longer than needed. */
const BATCH_PRIORITY = Number.MAX_SAFE_INTEGER;

/**
 * Profile a source's tables in the worker pool: big ones in chunks, the others in batches, never more tasks at a time than the
 * source's connection budget allows. What is in work when the source is lost is taken up again once it is back. Resolves with the
 * failure for which the source was given up, else null.
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
  const recovery = new SourceRecovery(source, options.recovery);

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
    for (let rest = batch; rest.length > 0; ) {
      const gone = await recovery.ready();
      if (options.signal.aborted) return;
      if (gone) return failAll(rest, gone, recovery, options);
      const { run, events } = options;
      const task: ProfileTask = { type: 'profile', run, source: source.name, budget, events, tables: rest };
      const { left, lost } = await profileBatchSafely(task, pool, recovery, options);
      if (options.signal.aborted || !lost || left.length === 0) return;
      // They are read in this order.
      const failure = recovery.lost(lost, left[0]!);
      if (failure) await failAll([left[0]!], failure, recovery, options);
      rest = failure ? left.slice(1) : left;
    }
  };

  /** Resolves with the table's result, or with its failure; null where it is better read whole, or the run was stopped. */
  const readInChunks = async (table: TableSpec, chunks: Omit<ChunkedTableOptions, keyof ProfileSourceOptions>) => {
    for (;;) {
      const gone = await recovery.ready();
      if (gone || options.signal.aborted) return gone;
      const result = await profileInChunks(table, source, { ...options, ...chunks }).catch(() => null);
      if (!result || !('lost' in result) || options.signal.aborted) return result && 'lost' in result ? null : result;
      const failure = recovery.lost(result.lost, table);
      if (failure) return failure;
    }
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
        const chunks = {
          budget,
          acquire,
          handedOut,
          runChunk: (task: ChunkTask) =>
            pool.chunk(task).catch((error: unknown) => ({ ok: false, failure: threadDied(error, table) }) as const),
        };
        const job = readInChunks(table, chunks)
          .finally(() => snapshots.release())
          .then((done) => {
            // Not to be read in chunks: a worker takes it whole, with its retries and its answer to a changed shape.
            if (done === null) return inTurn(() => runBatch([table]));
            return 'code' in done ? failAll([table], done, recovery, options) : deliver(done, recovery, options);
          });
        running.push(heard(job.finally(handedOut)));
      });
    }
    await Promise.all(running);
  };

  const leave = options.shares?.join(slots, readers);
  try {
    await Promise.all([runChunked(), ...batches.map((batch) => inTurn(() => runBatch(batch)))]);
  } finally {
    leave?.();
  }
  return recovery.givenUp;
}

/**
 * Run a batch; where its worker dies, run what it had not reported again, in halves, until the table that kills workers is alone
 * and is reported as failed; a table that was alone from the start gets its second try, too. Where the source is lost, `left` has the tables without a result, the one in work first.
 */
async function profileBatchSafely(
  task: ProfileTask,
  pool: WorkerPool,
  recovery: SourceRecovery,
  options: ProfileSourceOptions,
  isSecondTry = false,
): Promise<{ readonly left: readonly TableSpec[]; readonly lost: Failure | null }> {
  const nameOf = ({ schema, name }: TableSpec) => JSON.stringify([schema, name]);
  const pending = new Set(task.tables.map(nameOf));
  const left = () => task.tables.filter((table) => pending.has(nameOf(table)));
  const delivered: Promise<void>[] = [];
  try {
    const lost = await pool.profile(task, (result) => {
      pending.delete(nameOf(result.spec));
      delivered.push(heard(deliver(result, recovery, options)));
    });
    await Promise.all(delivered);
    return { left: left(), lost };
  } catch (error) {
    await Promise.all(delivered);
    const rest = left();
    if (options.signal.aborted || rest.length === 0) return { left: [], lost: null };
    if (rest.length === 1 && isSecondTry) {
      await failAll(rest, threadDied(error, rest[0]!), recovery, options);
      return { left: [], lost: null };
    }
    const half = Math.ceil(rest.length / 2);
    const first = await profileBatchSafely({ ...task, tables: rest.slice(0, half) }, pool, recovery, options, true);
    if (first.lost || half === rest.length) return { left: [...first.left, ...rest.slice(half)], lost: first.lost };
    return profileBatchSafely({ ...task, tables: rest.slice(half) }, pool, recovery, options, true);
  }
}

/** A promise that is awaited later: a rejection before that is not unhandled. */
function heard<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/** A thread that ends while it reads a table (out of memory, a crash in native code) may have met a bad moment: the next run tries again. */
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

async function failAll(
  tables: readonly TableSpec[],
  failure: Failure,
  recovery: SourceRecovery,
  options: ProfileSourceOptions,
): Promise<void> {
  for (const table of tables) {
    const profile = emptyProfile(table, 'failed', failure, 0);
    const cost = { rows: 0, bytes: 0, longestTransactionMs: 0 };
    await deliver({ spec: table, profile, cost, attempts: 0 }, recovery, options);
  }
}

/** What was cut short by the end of the run is no outcome: the table is taken up by the next run. */
async function deliver(result: TableResult, recovery: SourceRecovery, options: ProfileSourceOptions): Promise<void> {
  if (options.signal.aborted && result.profile.status === 'failed') return;
  await options.onResult({ ...result, attempts: result.attempts + recovery.lossesOf(result.spec) });
}
