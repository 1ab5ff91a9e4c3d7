import type { ChunkOutcome, ChunkTask, ConnectionBudget, EventRequest, TableResult } from '#src/contract/messages.js';
import { finishEvents } from '#src/core/events/finish-events.js';
import type { Failure } from '#src/core/model/failure.js';
import { emptyProfile, okProfile } from '#src/core/model/outcome.js';
import type { TableSpec } from '#src/core/model/relation.js';
import { type Chunk, type ChunkLimits, planChunks } from '#src/core/planning/chunks.js';
import { summarise } from '#src/core/sketches/summary.js';
import type { StateOptions } from '#src/core/sketches/table-state.js';
import type { LagGate } from './lag-gate.js';
import type { HeldSnapshot, SourceAccess } from './ports.js';
import { ReadPass } from './read-pass.js';

export interface ChunkedTableOptions {
  readonly run: string;
  readonly budget: ConnectionBudget;
  readonly events: EventRequest;
  readonly limits: ChunkLimits;
  /** Each chunk has a snapshot of its own: none is held for longer, and a table of several chunks is not consistent. */
  readonly chunksAlone?: boolean;
  /** As the workers build theirs. */
  readonly state: StateOptions;
  /** Heaps of at least this many bytes keep their mergeable states. */
  readonly stateMinBytes: number;
  /** Milliseconds on a monotonic clock. */
  readonly now: () => number;
  readonly signal: AbortSignal;
  /** Resolves when a worker is to be had, with the call that gives it back. */
  readonly acquire: () => Promise<() => void>;
  /** Never rejects. */
  readonly runChunk: (task: ChunkTask) => Promise<ChunkOutcome>;
  /** Asked before each chunk; the snapshot is not held while it is closed. */
  readonly gate?: LagGate;
  /** Called when the last chunk is handed out: the next table may be begun. */
  readonly handedOut: () => void;
}

/** How many times a table is begun anew because a column proved unreadable or a transient failure ended its snapshot. */
const MAX_RESTARTS = 3;
/** SQLSTATE `lock_not_available`. */
const LOCK_NOT_AVAILABLE = '55P03';
/** Codes of a table that is not what it was when it was listed. */
const CHANGED: ReadonlySet<string> = new Set(['table_changed', '42P01']);
/** A chunk is begun only while the snapshot has this much of its allowed age left, as a multiple of the slowest chunk so far. */
const AGE_RESERVE = 1.5;

/**
 * Read one big table in chunks by several workers, under a snapshot that this side holds open. Resolves with `lost` where the source
 * was lost on the way: the table is then to be read anew. Rejects where the table is better read whole: the snapshot cannot be had,
 * every time another session asks for a lock that the readers would have to wait behind, or ever more columns prove unreadable.
 * Every other failure is the table's outcome.
 */
export async function profileInChunks(
  table: TableSpec,
  source: SourceAccess,
  options: ChunkedTableOptions,
): Promise<TableResult | { readonly lost: Failure }> {
  const startedMs = options.now();
  const columnFailures = new Map<string, Failure>();
  for (let attempts = 1; ; attempts++) {
    const pass = new ReadPass(withoutColumns(table, columnFailures), options.state);
    try {
      await readPass(pass, source, options);
    } catch (error) {
      const lost = source.lossOf(error);
      if (lost) return { lost };
      throw error;
    }
    if (pass.lost && !options.signal.aborted) return { lost: pass.lost };
    const cost = { rows: pass.rows, bytes: pass.bytes, longestTransactionMs: pass.longestTransactionMs };
    const durationMs = Math.round(options.now() - startedMs);
    if (!pass.failure) {
      const outcome = { rowCount: pass.rows, consistent: pass.consistent, durationMs };
      const keepState = pass.consistent && pass.states.length === 1 && table.bytes >= options.stateMinBytes;
      return {
        spec: table,
        profile: okProfile(table, pass.states.flatMap(summarise), columnFailures, outcome),
        ...(keepState && { state: pass.states[0]!.encode() }),
        ...(pass.events && { events: finishEvents(pass.events.state, pass.events.declared) }),
        cost,
        attempts,
        chunks: pass.chunks,
      };
    }
    for (const [column, failure] of pass.columnFailures ?? []) columnFailures.set(column, failure);
    const mayHelp = pass.columnFailures !== null || pass.failure.retryable;
    const isLast = attempts > MAX_RESTARTS;
    if (isLast && (pass.columnFailures !== null || pass.failure.code === LOCK_NOT_AVAILABLE))
      throw new Error(`not to be read in chunks: ${pass.failure.message}`);
    // Without a lock from chunk to chunk it may be altered between two; a worker that takes it whole looks at it anew.
    if (CHANGED.has(pass.failure.code)) throw new Error(`not to be read in chunks: ${pass.failure.message}`);
    if (!mayHelp || isLast || options.signal.aborted)
      return { spec: table, profile: emptyProfile(table, 'failed', pass.failure, durationMs), cost, attempts };
  }
}

function withoutColumns(table: TableSpec, failures: ReadonlyMap<string, Failure>): TableSpec {
  const columns = table.columns.map((column) => (failures.has(column.name) ? { ...column, readable: false } : column));
  return { ...table, columns };
}

/** Hand out every chunk and wait for the last. */
async function readPass(pass: ReadPass, source: SourceAccess, options: ChunkedTableOptions): Promise<void> {
  let held: HeldSnapshot = await source.holdSnapshot(pass.table);
  let openedMs = options.now();
  let slowestMs = 0;
  let isHeld = true;
  const letGo = async () => {
    await pass.settled();
    if (!isHeld) return;
    isHeld = false;
    // Readers of a snapshot whose owner is gone are told that there is no such snapshot.
    if (pass.failure) pass.lost ??= held.broken();
    await held.close();
    pass.longestTransactionMs = Math.max(pass.longestTransactionMs, options.now() - openedMs);
  };
  const isYoung = () => options.chunksAlone === true || held.remainingMs() >= slowestMs * AGE_RESERVE;
  /** A reader's turn under a snapshot that is young enough. While something lags none is held: exchanging it costs consistency. */
  const turn = async (): Promise<() => void> => {
    for (let isNew = false; ; isNew = true) {
      const release = await options.acquire();
      const isOver = pass.failure !== null || options.signal.aborted;
      const mustYield = !isOver && (await options.gate?.isClosed()) === true;
      if (isOver || ((isNew || isYoung()) && !mustYield)) return release;
      release();
      await letGo();
      await options.gate?.opened();
      if (options.signal.aborted || options.chunksAlone) continue;
      held = await source.holdSnapshot(pass.table);
      isHeld = true;
      openedMs = options.now();
      pass.consistent = false;
    }
  };
  try {
    const chunks = planChunks(held.sizes, options.limits);
    pass.chunks = chunks.length;
    if (options.chunksAlone) {
      await letGo();
      pass.consistent = chunks.length === 1;
    }
    for (const [index, chunk] of chunks.entries()) {
      const release = await turn();
      if (pass.failure || options.signal.aborted) {
        release();
        break;
      }
      const task = chunkTask(pass.table, chunk, held, options);
      const begunMs = options.now();
      const job = options.runChunk(task).then((outcome) => {
        slowestMs = Math.max(slowestMs, options.now() - begunMs);
        pass.accept(index, outcome);
      });
      pass.track(job.finally(release));
    }
    if (options.signal.aborted) pass.fail({ code: 'cancelled', message: 'the run was stopped', retryable: false });
    options.handedOut();
  } finally {
    await letGo();
  }
}

function chunkTask(table: TableSpec, chunk: Chunk, held: HeldSnapshot, options: ChunkedTableOptions): ChunkTask {
  return {
    type: 'chunk',
    run: options.run,
    source: table.source,
    budget: options.budget,
    events: options.events,
    table,
    part: chunk.part,
    fromBlock: chunk.fromBlock,
    toBlock: chunk.toBlock,
    snapshot: options.chunksAlone ? null : held.id,
    timeoutMs: Math.max(Math.floor(held.remainingMs()), 1),
  };
}
