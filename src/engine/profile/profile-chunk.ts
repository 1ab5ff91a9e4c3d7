import type { ChunkOutcome, ChunkResult, ChunkTask, ProfileSettings } from '#src/contract/messages.js';
import type { CopyConsumer } from '#src/core/decode/copy-stream-decoder.js';
import type { FieldBatch } from '#src/core/decode/field-batch.js';
import type { EventState } from '#src/core/events/event-state.js';
import type { Failure } from '#src/core/model/failure.js';
import type { TableState } from '#src/core/sketches/table-state.js';
import type { ProfilePorts, ReadTransaction } from './ports.js';
import { mayBeOneColumn, probeColumns } from './probe-columns.js';
import { batchBytes } from './table-collector.js';
import { groupEvents, groupState, planRead, type ReadSettings, type TableRead } from './table-read.js';

/** Read one block range of a big table and return its mergeable states. Never rejects. */
export async function profileChunk(
  task: ChunkTask,
  settings: ProfileSettings,
  ports: ProfilePorts,
): Promise<ChunkOutcome> {
  const { source, table } = task;
  const context = { source, table: `${table.schema}.${table.name}` };
  const read = planRead(table, ports.reader, task.events);
  const part = table.parts[task.part]!;
  const range = { fromBlock: task.fromBlock, toBlock: task.toBlock };
  const requests = read.groups.map((columns) => ({ part, columns, guarded: read.guarded, range }));
  const { snapshot: id, timeoutMs } = task;
  const inSnapshot = <T>(body: (tx: ReadTransaction) => Promise<T>): Promise<T> =>
    id === null
      ? ports.reader.readTables(source, [table], body)
      : ports.reader.readSnapshot(source, { id, timeoutMs }, body);
  const startedMs = ports.now();
  const readChunk = () =>
    inSnapshot(async (tx): Promise<ChunkOutcome> => {
      const collector = new ChunkCollector(read, { ...settings, events: task.events }, ports);
      const { bytes } = await tx.copy(requests, collector);
      const cost = { rows: collector.rows, bytes, longestTransactionMs: ports.now() - startedMs };
      return {
        ok: true,
        chunk: { groups: collector.groups, ...(collector.events && { events: collector.events }), cost },
      };
    });
  const failed = async (failure: Failure): Promise<ChunkOutcome> => {
    if (!mayBeOneColumn(failure)) return { ok: false, failure };
    try {
      const columnFailures = await inSnapshot((tx) => probeColumns(tx, read, ports, { part: task.part, range }));
      return { ok: false, failure, columnFailures };
    } catch {
      return { ok: false, failure };
    }
  };
  try {
    return await ports.retry({ source, operation: `profile a chunk of ${context.table}` }, async () => {
      try {
        return await readChunk();
      } catch (error) {
        const failure = ports.toFailure(error, context);
        // Under a held snapshot not even a lock timeout: who waits for a stronger lock than ours stands before us until it is let go.
        if (ports.reader.isSourceLoss(error) || (id === null && failure.retryable)) throw error;
        return failed(failure);
      }
    });
  } catch (error) {
    return { ok: false, failure: ports.toFailure(error, context), sourceLost: ports.reader.isSourceLoss(error) };
  }
}

/** Builds one state per column group; a group's state is encoded and let go when its COPY ends. */
class ChunkCollector implements CopyConsumer {
  readonly groups: ChunkResult['groups'][number][] = [];
  events: ChunkResult['events'];
  rows = 0;
  private state: TableState | undefined;
  private eventState: EventState | null = null;

  constructor(
    private readonly read: TableRead,
    private readonly settings: ReadSettings,
    private readonly ports: ProfilePorts,
  ) {}

  begin(copy: number): void {
    this.state = groupState(this.read, copy, this.ports.reader, this.settings);
    this.eventState = groupEvents(this.read, copy, this.settings.events);
  }

  batch(copy: number, batch: FieldBatch): void {
    this.state!.addBatch(batch, this.eventState);
    this.ports.progress(this.read.table.source, copy === 0 ? batch.rows : 0, batchBytes(batch));
  }

  end(copy: number): void {
    const state = this.state!;
    if (copy === 0) this.rows = state.rows;
    this.groups.push({ columns: state.specs.map(({ name }) => name), state: state.encode() });
    state.release();
    if (this.eventState === null) return;
    this.events = { group: copy, declared: this.read.insertTime!.declared, state: this.eventState.encode() };
    this.eventState.release();
  }
}
