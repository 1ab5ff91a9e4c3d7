import type { ColumnFields } from '../decode/column-fields.js';
import type { FieldBatch } from '../decode/field-batch.js';
import { decodeUtf8, encodeUtf8 } from '../decode/utf8.js';
import type { ColumnSpec } from '../model/relation.js';
import { ByteReader, ByteWriter, CorruptState } from '../sketches/bytes.js';
import { type EventCells, type EventClock, type EventKind, eventClock, isEventKind } from './event-clock.js';
import { EventColumn } from './event-column.js';
import { isTimeZone } from './time-zone.js';

const VERSION = 1;
const FIRST_SLOTS = 16;
/** Columns whose values are counted, the first of a table. With 50 values in 1,024 slots each they take 25 MiB at most. */
const COUNTED_COLUMNS = 64;
/** Some days before the last that a Date can hold. */
const LATEST_MS = 8.6e15 - 1e9;
const TWO_32 = 4294967296;
const NEGATIVE_INFINITY_INT64 = -(2 ** 63);
const NEGATIVE_INFINITY_INT32 = -(2 ** 31);

/** Slot of each row of one batch; of use only during a batch. */
let rowSlots = new Int16Array(1024);

/** What rows are sorted by. */
export interface EventTime {
  /** Index of the insert-time column. */
  readonly column: number;
  readonly clock: EventClock;
}

/**
 * Mergeable figures of some columns of a table by when its rows were inserted, in the cells of an `EventClock`; bounded by
 * the cells, whatever the rows. Only cells that have rows take a slot; slot 0 is for rows of no cell. Built along with a
 * `TableState`, whose decoded values it is handed; the slot of a row is looked up once a batch, and as rows mostly come in
 * order of time it is the slot of the row before.
 */
export class EventState {
  /** Rows whose time is before the first cell. */
  older = 0;
  /** Slots in use, the first of them for rows of no cell. */
  slotCount = 1;
  rows = new Float64Array(FIRST_SLOTS);
  /** The cell of each slot. */
  readonly cellOf: Int16Array;
  readonly columns: readonly EventColumn[];
  readonly cells: EventCells;
  private capacity = FIRST_SLOTS;
  private readonly slotOf: Int16Array;

  constructor(
    readonly specs: readonly ColumnSpec[],
    readonly time: EventTime,
  ) {
    this.cells = time.clock.cells(this.kind);
    this.slotOf = new Int16Array(this.cells.count);
    this.cellOf = new Int16Array(this.cells.count + 1);
    this.columns = specs.map(
      ({ kind }, i) => new EventColumn(kind, i < COUNTED_COLUMNS && i !== time.column, this.capacity),
    );
  }

  private get kind(): EventKind {
    return this.specs[this.time.column]!.kind as EventKind;
  }

  /** Sorts the rows of a batch by time, before its columns are added. Returns the slot of each row, valid until the next batch. */
  beginBatch(batch: FieldBatch, fields: ColumnFields): Int16Array {
    const { view, rows, offsets, lengths, stride } = batch;
    if (rowSlots.length < rows) rowSlots = new Int16Array(rows);
    const isDate = this.kind === 'date';
    const { bounds } = this.cells;
    const base = fields.value * stride;
    let low = Number.POSITIVE_INFINITY;
    let high = low;
    let slot = 0;
    for (let r = 0; r < rows; r++) {
      let at = 0;
      if (lengths[base + r]! >= 0) {
        const start = offsets[base + r]!;
        const time = isDate ? view.getInt32(start) : view.getInt32(start) * TWO_32 + view.getUint32(start + 4);
        if (time >= low && time < high) at = slot;
        else {
          const cell = this.locate(time);
          if (cell >= 0) {
            low = bounds[cell]!;
            high = bounds[cell + 1]!;
            at = slot = this.slotOf[cell]! || this.addSlot(cell);
          }
        }
      }
      rowSlots[r] = at;
      this.rows[at]!++;
    }
    return rowSlots;
  }

  /** Takes in everything `other`, of the same columns and clock, has seen; `other` is unchanged. */
  merge(other: EventState): void {
    const map = new Int16Array(other.slotCount);
    for (let slot = 1; slot < other.slotCount; slot++)
      map[slot] = this.slotOf[other.cellOf[slot]!]! || this.addSlot(other.cellOf[slot]!);
    for (let slot = 0; slot < map.length; slot++) this.rows[map[slot]!]! += other.rows[slot]!;
    this.older += other.older;
    for (let i = 0; i < this.columns.length; i++) this.columns[i]!.merge(other.columns[i]!, map);
  }

  /** Versioned bytes of the state; the state is unchanged. Rows of no cell are not in it. */
  encode(): Uint8Array {
    const w = new ByteWriter(16 * 1024);
    w.u8(VERSION);
    w.bytes(encodeUtf8(this.time.clock.timeZone));
    w.varint(this.time.clock.asOfMs);
    w.varint(this.time.column);
    w.varint(this.older);
    w.varint(this.slotCount - 1);
    for (let slot = 1; slot < this.slotCount; slot++) {
      w.varint(this.cellOf[slot]!);
      w.varint(this.rows[slot]!);
    }
    w.varint(this.columns.length);
    for (const column of this.columns) column.encode(w, this.slotCount);
    return w.finish();
  }

  /** The state of these columns that `encode` wrote, for merging. Throws `CorruptState` on bytes that are none. */
  static decode(bytes: Uint8Array, specs: readonly ColumnSpec[]): EventState {
    const r = new ByteReader(bytes);
    r.version('event state', VERSION);
    const timeZone = r.bytes();
    const state = new EventState(specs, timeOf(r, decodeUtf8(timeZone, 0, timeZone.length), specs));
    state.older = r.varint();
    for (let left = r.count('cells', state.cells.count, 2); left > 0; left--) {
      const cell = r.varint();
      if (cell >= state.cells.count || state.slotOf[cell] !== 0) throw new CorruptState('expected each cell once');
      const slot = state.addSlot(cell);
      state.rows[slot] = r.varint();
    }
    const columns = r.varint();
    if (columns !== specs.length) throw new CorruptState(`expected ${specs.length} columns, found ${columns}`);
    for (const column of state.columns) column.decode(r, state.slotCount, state.rows);
    if (r.remaining !== 0) throw new CorruptState(`expected the end of the state, found ${r.remaining} bytes more`);
    return state;
  }

  /** Hands memory back for the next table; the state must not be used again. */
  release(): void {
    for (const column of this.columns) column.release();
  }

  /** The cell of a time in the column's unit; −1 where it is in none, and counted where it is before the first. */
  private locate(time: number): number {
    const { bounds, count } = this.cells;
    if (time >= bounds[count]!) return -1;
    if (time < bounds[0]!) {
      if (time !== (this.kind === 'date' ? NEGATIVE_INFINITY_INT32 : NEGATIVE_INFINITY_INT64)) this.older++;
      return -1;
    }
    let low = 0;
    let high = count;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (bounds[middle]! <= time) low = middle;
      else high = middle;
    }
    return low;
  }

  private addSlot(cell: number): number {
    const slot = this.slotCount++;
    this.cellOf[slot] = cell;
    this.slotOf[cell] = slot;
    if (this.slotCount > this.capacity) {
      this.capacity *= 4;
      for (const column of this.columns) column.grow(this.capacity);
      const rows = new Float64Array(this.capacity);
      rows.set(this.rows);
      this.rows = rows;
    }
    return slot;
  }
}

function timeOf(r: ByteReader, timeZone: string, specs: readonly ColumnSpec[]): EventTime {
  if (!isTimeZone(timeZone)) throw new CorruptState(`expected a time zone, found ${timeZone}`);
  const asOfMs = r.varint();
  if (asOfMs > LATEST_MS) throw new CorruptState('expected a clock');
  const column = r.varint();
  const kind = specs[column]?.kind;
  if (kind === undefined || !isEventKind(kind)) throw new CorruptState('expected an insert-time column');
  return { column, clock: eventClock(timeZone, asOfMs) };
}
