import type { DecodedColumn } from '../decode/decoded-column.js';
import { type ByteReader, type ByteWriter, CorruptState } from '../sketches/bytes.js';

/** A column of more values has no counts by value. */
export const MAX_EVENT_VALUES = 50;
/** Longer values are no categories. */
const MAX_BYTES = 256;
/** Hash slots: a power of two above twice the values. */
const TABLE = 128;

/** How often each of a few values is in each slot. 3 ns a value: hashes, table and counts stay in the level-1 cache. */
export class EventValues {
  count = 0;
  /** What each value is on the wire: its range in `bytes`. */
  readonly offsets = new Int32Array(MAX_EVENT_VALUES);
  readonly lengths = new Int32Array(MAX_EVENT_VALUES);
  bytes = new Uint8Array(256);
  view = new DataView(this.bytes.buffer);
  private used = 0;
  /** Two words a value. */
  private readonly hashes = new Int32Array(2 * MAX_EVENT_VALUES);
  /** Index of a value + 1; 0 is free. */
  private readonly table = new Uint8Array(TABLE);
  /** `capacity` slots a value, for at least `count` values. */
  private counts: Float64Array;

  constructor(private capacity: number) {
    this.counts = new Float64Array(4 * capacity);
  }

  /** Empties it, to be used for another column. */
  reset(capacity: number): void {
    this.count = 0;
    this.used = 0;
    this.table.fill(0);
    this.capacity = capacity;
    if (this.counts.length < 4 * capacity) this.counts = new Float64Array(4 * capacity);
    else this.counts.fill(0);
  }

  grow(capacity: number): void {
    const grown = new Float64Array(Math.max(4, this.count) * capacity);
    for (let value = 0; value < this.count; value++)
      grown.set(this.counts.subarray(value * this.capacity, (value + 1) * this.capacity), value * capacity);
    this.counts = grown;
    this.capacity = capacity;
  }

  /** Counts values one by one and returns how many: fewer than there are where the next one is one too many, or too long. */
  addBatch(decoded: DecodedColumn, sized: boolean, bytes: Uint8Array, slots: Int16Array): number {
    const { h1, h2, offsets, lengths, sizes, count } = decoded;
    const { table, hashes } = this;
    let { counts, capacity } = this;
    for (let i = 0; i < count; i++) {
      const first = h1[i]!;
      const second = h2[i]!;
      let slot = first & (TABLE - 1);
      let value = table[slot]!;
      while (value !== 0 && (hashes[2 * value - 2] !== first || hashes[2 * value - 1] !== second)) {
        slot = (slot + 1) & (TABLE - 1);
        value = table[slot]!;
      }
      if (value === 0) {
        if (lengths[i]! > MAX_BYTES || (sized && sizes[i]! < 0)) return i;
        if (!this.insert(slot, first, second, bytes, offsets[i]!, lengths[i]!)) return i;
        value = this.count;
        ({ counts, capacity } = this);
      }
      counts[(value - 1) * capacity + slots[i]!]!++;
    }
    return count;
  }

  /** How many slots there is room for. */
  get slots(): number {
    return this.capacity;
  }

  /** How often a value is in a slot. */
  at(value: number, slot: number): number {
    return this.counts[value * this.capacity + slot]!;
  }

  /** An order of the values that does not depend on which of two equal forms (0 and −0) came first. */
  compare(a: number, b: number): number {
    return this.hashes[2 * a]! - this.hashes[2 * b]! || this.hashes[2 * a + 1]! - this.hashes[2 * b + 1]!;
  }

  /** Takes in another one, unchanged, slot `i` of it as slot `map[i]`; where the values of both are too many, false and nothing is done. */
  merge(other: EventValues, map: Int16Array): boolean {
    let union = this.count;
    for (let value = 0; value < other.count; value++)
      if (this.table[this.find(other.hashes[2 * value]!, other.hashes[2 * value + 1]!)] === 0) union++;
    if (union > MAX_EVENT_VALUES) return false;
    for (let value = 0; value < other.count; value++) {
      const [first, second] = [other.hashes[2 * value]!, other.hashes[2 * value + 1]!];
      const own = this.indexOf(first, second, other.bytes, other.offsets[value]!, other.lengths[value]!);
      for (let slot = 0; slot < map.length; slot++)
        this.counts[own * this.capacity + map[slot]!]! += other.at(value, slot);
    }
    return true;
  }

  encode(w: ByteWriter, slots: number): void {
    w.varint(this.count);
    for (let value = 0; value < this.count; value++) {
      w.i32(this.hashes[2 * value]!);
      w.i32(this.hashes[2 * value + 1]!);
      w.bytes(this.bytes.subarray(this.offsets[value]!, this.offsets[value]! + this.lengths[value]!));
      for (let slot = 1; slot < slots; slot++) w.varint(this.at(value, slot));
    }
  }

  /** With room for `capacity` slots; `check` throws on bytes that are no value of the column's kind. Throws `CorruptState`. */
  static decode(
    r: ByteReader,
    slots: number,
    capacity: number,
    check: (view: DataView, start: number, length: number) => void,
  ): EventValues {
    const values = new EventValues(capacity);
    const count = r.count('values', MAX_EVENT_VALUES, 9);
    for (let value = 0; value < count; value++) {
      const [first, second, bytes] = [r.i32(), r.i32(), r.bytes()];
      if (bytes.length > MAX_BYTES) throw new CorruptState(`expected values of at most ${MAX_BYTES} bytes`);
      const index = values.indexOf(first, second, bytes, 0, bytes.length);
      if (index !== value) throw new CorruptState('expected each value once');
      check(values.view, values.offsets[value]!, bytes.length);
      for (let slot = 1; slot < slots; slot++) values.counts[value * capacity + slot] = r.varint();
    }
    return values;
  }

  /** Index of a value, added where it is new; −1 where there is no room. */
  private indexOf(first: number, second: number, bytes: Uint8Array, start: number, length: number): number {
    const slot = this.find(first, second);
    if (this.table[slot] !== 0) return this.table[slot]! - 1;
    return this.insert(slot, first, second, bytes, start, length) ? this.count - 1 : -1;
  }

  /** The hash slot of a value, or the free one where it belongs. */
  private find(first: number, second: number): number {
    let slot = first & (TABLE - 1);
    for (let value = this.table[slot]!; value !== 0; value = this.table[slot]!) {
      if (this.hashes[2 * value - 2] === first && this.hashes[2 * value - 1] === second) return slot;
      slot = (slot + 1) & (TABLE - 1);
    }
    return slot;
  }

  private insert(
    slot: number,
    first: number,
    second: number,
    bytes: Uint8Array,
    start: number,
    length: number,
  ): boolean {
    const value = this.count;
    if (value === MAX_EVENT_VALUES) return false;
    if ((value + 1) * this.capacity > this.counts.length) {
      const grown = new Float64Array(Math.min(2 * value, MAX_EVENT_VALUES) * this.capacity);
      grown.set(this.counts);
      this.counts = grown;
    }
    this.hashes[2 * value] = first;
    this.hashes[2 * value + 1] = second;
    if (this.used + length > this.bytes.length) this.growBytes(this.used + length);
    for (let i = 0; i < length; i++) this.bytes[this.used + i] = bytes[start + i]!;
    this.offsets[value] = this.used;
    this.lengths[value] = length;
    this.used += length;
    this.table[slot] = value + 1;
    this.count = value + 1;
    return true;
  }

  private growBytes(needed: number): void {
    const grown = new Uint8Array(Math.max(needed, 2 * this.bytes.length));
    grown.set(this.bytes.subarray(0, this.used));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }
}
