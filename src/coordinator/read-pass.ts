import type { ChunkOutcome, ChunkResult } from '#src/contract/messages.js';
import type { Failure } from '#src/core/model/failure.js';
import type { TableSpec } from '#src/core/model/relation.js';
import { type StateOptions, TableState } from '#src/core/sketches/table-state.js';

/**
 * One pass over a big table: merges the chunks' states in physical order, whatever order they arrive in, so that the figures do not
 * depend on which worker was quicker. Keeps only those chunks encoded that arrived before their turn.
 */
export class ReadPass {
  failure: Failure | null = null;
  columnFailures: ReadonlyMap<string, Failure> | null = null;
  consistent = true;
  chunks = 0;
  rows = 0;
  /** CopyData payload so far. */
  bytes = 0;
  longestTransactionMs = 0;
  /** One merged state per column group. */
  readonly states: TableState[] = [];
  private next = 0;
  private readonly early = new Map<number, ChunkResult['groups']>();
  private readonly running = new Set<Promise<void>>();

  constructor(
    readonly table: TableSpec,
    private readonly options: StateOptions,
  ) {}

  /** Make `settled` wait for a chunk's job. */
  track(job: Promise<void>): void {
    const running: Promise<void> = job
      .catch((error: unknown) => this.fail({ code: 'internal', message: String(error), retryable: false }))
      .finally(() => this.running.delete(running));
    this.running.add(running);
  }

  /** Resolves when no chunk is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.running);
  }

  /** The first failure of the pass is the one that counts. */
  fail(failure: Failure): void {
    this.failure ??= failure;
  }

  accept(index: number, outcome: ChunkOutcome): void {
    if (!outcome.ok) {
      this.fail(outcome.failure);
      if (outcome.columnFailures && outcome.columnFailures.size > 0)
        this.columnFailures = new Map([...(this.columnFailures ?? []), ...outcome.columnFailures]);
      return;
    }
    this.rows += outcome.chunk.cost.rows;
    this.bytes += outcome.chunk.cost.bytes;
    this.early.set(index, outcome.chunk.groups);
    for (let groups = this.early.get(this.next); groups; groups = this.early.get(this.next)) {
      this.early.delete(this.next++);
      this.merge(groups);
    }
  }

  private merge(groups: ChunkResult['groups']): void {
    for (const [index, { columns, state: bytes }] of groups.entries()) {
      const specs = columns.map((name) => this.table.columns.find((column) => column.name === name)!);
      const state = TableState.decode(bytes, specs, this.options);
      const merged = this.states[index];
      if (merged === undefined) this.states.push(state);
      else {
        merged.merge(state);
        state.release();
      }
    }
  }
}
