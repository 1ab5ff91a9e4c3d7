import type { ChunkOutcome, ChunkResult } from '#src/contract/messages.js';
import { EventState } from '#src/core/events/event-state.js';
import type { Failure } from '#src/core/model/failure.js';
import type { TableSpec } from '#src/core/model/relation.js';
import { type StateOptions, TableState } from '#src/core/sketches/table-state.js';

/**
 * One pass over a big table: merges the chunks' states in physical order, whatever order they arrive in, so that the figures do not
 * depend on which worker was quicker. Keeps only those chunks encoded that arrived before their turn.
 */
export class ReadPass {
  failure: Failure | null = null;
  /** The failure by which the source was lost on the way; the table is then to be read anew. */
  lost: Failure | null = null;
  columnFailures: ReadonlyMap<string, Failure> | null = null;
  consistent = true;
  chunks = 0;
  rows = 0;
  /** CopyData payload so far. */
  bytes = 0;
  longestTransactionMs = 0;
  /** One merged state per column group. */
  readonly states: TableState[] = [];
  /** The merged history of the columns read together with the insert-time column; null where there is none. */
  events: { readonly state: EventState; readonly declared: boolean } | null = null;
  private next = 0;
  private readonly early = new Map<number, ChunkResult>();
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
      if (outcome.sourceLost) this.lost ??= outcome.failure;
      if (outcome.columnFailures && outcome.columnFailures.size > 0)
        this.columnFailures = new Map([...(this.columnFailures ?? []), ...outcome.columnFailures]);
      return;
    }
    this.rows += outcome.chunk.cost.rows;
    this.bytes += outcome.chunk.cost.bytes;
    this.early.set(index, outcome.chunk);
    for (let chunk = this.early.get(this.next); chunk; chunk = this.early.get(this.next)) {
      this.early.delete(this.next++);
      this.merge(chunk);
    }
  }

  private merge({ groups, events }: ChunkResult): void {
    for (const [index, { columns, state: bytes }] of groups.entries()) {
      const specs = columns.map((name) => this.table.columns.find((column) => column.name === name)!);
      if (events?.group === index) this.mergeEvents(EventState.decode(events.state, specs), events.declared);
      const state = TableState.decode(bytes, specs, this.options);
      const merged = this.states[index];
      if (merged === undefined) this.states.push(state);
      else {
        merged.merge(state);
        state.release();
      }
    }
  }

  private mergeEvents(state: EventState, declared: boolean): void {
    if (this.events === null) this.events = { state, declared };
    else {
      this.events.state.merge(state);
      state.release();
    }
  }
}
