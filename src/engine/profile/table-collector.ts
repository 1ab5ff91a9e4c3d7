import type { CopyConsumer } from '#src/core/decode/copy-stream-decoder.js';
import type { FieldBatch } from '#src/core/decode/field-batch.js';
import type { EventState } from '#src/core/events/event-state.js';
import { type EncodedEvents, finishEvents } from '#src/core/events/finish-events.js';
import type { ColumnProfile } from '#src/core/model/profile.js';
import { summarise } from '#src/core/sketches/summary.js';
import type { TableState } from '#src/core/sketches/table-state.js';
import type { ProfilePorts } from './ports.js';
import { groupEvents, groupState, type ReadSettings, type TableRead } from './table-read.js';

export interface CollectedTable {
  readonly read: TableRead;
  readonly rowCount: number;
  readonly columns: readonly ColumnProfile[];
  readonly state: Uint8Array | undefined;
  readonly events: EncodedEvents | undefined;
  /** CopyData bytes are counted per string, not per table; this is what its rows held. */
  readonly bytes: number;
  readonly startedMs: number;
}

/**
 * Routes the rows of a string of COPYs (all copies of the first table, then of the second …) into table states, and hands over
 * each table as soon as its last copy ends.
 */
export class TableCollector implements CopyConsumer {
  private readonly owners: { table: number; group: number }[] = [];
  private state: TableState | undefined;
  private eventState: EventState | null = null;
  private events: EncodedEvents | undefined;
  private columns: ColumnProfile[] = [];
  private rowCount = 0;
  private bytes = 0;
  private startedMs = 0;
  private at = { table: -1, group: -1 };

  constructor(
    private readonly reads: readonly TableRead[],
    private readonly ports: ProfilePorts,
    private readonly settings: ReadSettings,
    private readonly finished: (table: CollectedTable) => void,
  ) {
    reads.forEach((read, table) => {
      for (let group = 0; group < read.groups.length; group++)
        for (let part = 0; part < read.table.parts.length; part++) this.owners.push({ table, group });
    });
  }

  /** To be called when the string is sent: the server holds back the start of a COPY until there is a packet full of it. */
  sent(): void {
    this.startedMs = this.ports.now();
  }

  begin(copy: number): void {
    const owner = this.owners[copy]!;
    if (owner.table !== this.at.table) {
      this.columns = [];
      this.bytes = 0;
      this.events = undefined;
    }
    if (owner.table !== this.at.table || owner.group !== this.at.group) {
      const read = this.reads[owner.table]!;
      this.state = groupState(read, owner.group, this.ports.reader, this.settings);
      this.eventState = groupEvents(read, owner.group, this.settings.events);
    }
    this.at = owner;
  }

  batch(copy: number, batch: FieldBatch): void {
    this.state!.addBatch(batch, this.eventState);
    const bytes = batchBytes(batch);
    this.bytes += bytes;
    const { table } = this.reads[this.owners[copy]!.table]!;
    this.ports.progress(table.source, this.at.group === 0 ? batch.rows : 0, bytes);
  }

  end(copy: number): void {
    const owner = this.owners[copy]!;
    const next = this.owners[copy + 1];
    if (next?.table === owner.table && next.group === owner.group) return;
    const read = this.reads[owner.table]!;
    const state = this.state!;
    if (owner.group === 0) this.rowCount = state.rows;
    this.columns.push(...summarise(state));
    const keepState = read.groups.length === 1 && read.table.bytes >= this.settings.stateMinBytes;
    const encoded = keepState ? state.encode() : undefined;
    state.release();
    if (this.eventState !== null) {
      this.events = finishEvents(this.eventState, read.insertTime!.declared);
      this.eventState = null;
    }
    if (next?.table === owner.table) return;
    this.finished({
      read,
      rowCount: this.rowCount,
      columns: this.columns,
      state: encoded,
      events: this.events,
      bytes: this.bytes,
      startedMs: this.startedMs,
    });
    this.startedMs = this.ports.now();
  }
}

/** Bytes from the first field of the first row to the last of the last one, near enough what travelled. */
export function batchBytes(batch: FieldBatch): number {
  if (batch.rows === 0 || batch.fields === 0) return 0;
  const last = (batch.fields - 1) * batch.stride + batch.rows - 1;
  return batch.offsets[last]! + Math.max(batch.lengths[last]!, 0) - batch.offsets[0]!;
}
