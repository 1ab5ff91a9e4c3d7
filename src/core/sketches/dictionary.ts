import { type ByteReader, type ByteWriter, CorruptState } from './bytes.js';

/** Most entries of a dictionary. */
export const DICTIONARY_LIMIT = 6144;

export interface DictionaryLimits {
  readonly entries: number;
  readonly arenaBytes: number;
}

const FIRST_ENTRIES = 256;
const FIRST_ARENA_BYTES = 4096;
/** Up to here the slots grow fourfold: a table of some thousand rows is filled once and read once. */
const FEW_SLOTS = 8192;

/**
 * Exact counts by 64-bit hash, with each value's bytes, in the order of first sight. Linear probing in a table at most
 * half full; starts small and doubles, and keeps what it grew to over `reset`. 2 to 6 ns a lookup.
 */
export class Dictionary {
  count = 0;
  /** Two words an entry: side by side, a lookup costs one cache miss less. */
  hashes = new Int32Array(2 * FIRST_ENTRIES);
  counts = new Float64Array(FIRST_ENTRIES);
  offsets = new Int32Array(FIRST_ENTRIES);
  lengths = new Int32Array(FIRST_ENTRIES);
  /** As in `DecodedColumn`; 0 for kinds without a length. */
  sizes = new Int32Array(FIRST_ENTRIES);
  bytes = new Uint8Array(FIRST_ARENA_BYTES);
  view = new DataView(this.bytes.buffer);
  private used = 0;
  /** Entry index + 1; 0 is free. Only the first `mask + 1` are in use. */
  private slots = new Int32Array(2 * FIRST_ENTRIES);
  private mask = 2 * FIRST_ENTRIES - 1;
  private limits: DictionaryLimits = { entries: DICTIONARY_LIMIT, arenaBytes: FIRST_ARENA_BYTES };

  /** Empties it, to hold at most so much. */
  reset(limits: DictionaryLimits): void {
    this.limits = limits;
    this.mask = 2 * FIRST_ENTRIES - 1;
    this.slots.fill(0, 0, this.mask + 1);
    this.count = 0;
    this.used = 0;
  }

  /**
   * Counts values one by one and returns how many: fewer than `count` where the next one is new and does not fit.
   * `sizes` is null for kinds without a length.
   */
  addBatch(
    h1: Int32Array,
    h2: Int32Array,
    bytes: Uint8Array,
    offsets: Int32Array,
    lengths: Int32Array,
    sizes: Int32Array | null,
    count: number,
  ): number {
    let { slots, mask, hashes, counts } = this;
    for (let i = 0; i < count; i++) {
      const first = h1[i]!;
      const second = h2[i]!;
      let slot = first & mask;
      let entry = slots[slot]!;
      while (entry !== 0 && (hashes[2 * entry - 2] !== first || hashes[2 * entry - 1] !== second)) {
        slot = (slot + 1) & mask;
        entry = slots[slot]!;
      }
      if (entry !== 0) counts[entry - 1]!++;
      else {
        const size = sizes === null ? 0 : sizes[i]!;
        if (!this.insert(slot, first, second, 1, bytes, offsets[i]!, lengths[i]!, size)) return i;
        ({ slots, mask, hashes, counts } = this);
      }
    }
    return count;
  }

  /** Takes in the entries of another one, unchanged, and returns how many: the next one does not fit. */
  addEntries(other: Dictionary): number {
    for (let e = 0; e < other.count; e++) {
      const slot = this.find(other.hashes[2 * e]!, other.hashes[2 * e + 1]!);
      const entry = this.slots[slot]!;
      if (entry !== 0) this.counts[entry - 1]! += other.counts[e]!;
      else if (
        !this.insert(
          slot,
          other.hashes[2 * e]!,
          other.hashes[2 * e + 1]!,
          other.counts[e]!,
          other.bytes,
          other.offsets[e]!,
          other.lengths[e]!,
          other.sizes[e]!,
        )
      )
        return e;
    }
    return other.count;
  }

  encode(w: ByteWriter, sized: boolean): void {
    w.varint(this.count);
    for (let e = 0; e < this.count; e++) {
      w.i32(this.hashes[2 * e]!);
      w.i32(this.hashes[2 * e + 1]!);
      w.varint(this.counts[e]!);
      if (sized) w.i32(this.sizes[e]!);
      w.bytes(this.bytes.subarray(this.offsets[e]!, this.offsets[e]! + this.lengths[e]!));
    }
  }

  /** Reads into this empty dictionary; `check` throws on bytes that are no value of the column's kind. */
  decode(r: ByteReader, sized: boolean, check: (view: DataView, start: number, length: number) => void): void {
    const count = r.count('entries', this.limits.entries, 10);
    for (let e = 0; e < count; e++) {
      const h1 = r.i32();
      const h2 = r.i32();
      const weight = r.varint();
      const size = sized ? r.i32() : 0;
      const value = r.bytes();
      const slot = this.find(h1, h2);
      if (weight === 0 || this.slots[slot] !== 0) throw new CorruptState('expected each entry once, with a count');
      if (!this.insert(slot, h1, h2, weight, value, 0, value.length, size)) {
        throw new CorruptState(`expected at most ${this.limits.arenaBytes} bytes of values`);
      }
      check(this.view, this.offsets[e]!, value.length);
    }
  }

  private find(first: number, second: number): number {
    const { slots, mask, hashes } = this;
    let slot = first & mask;
    for (let entry = slots[slot]!; entry !== 0; entry = slots[slot]!) {
      if (hashes[2 * entry - 2] === first && hashes[2 * entry - 1] === second) return slot;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private insert(
    slot: number,
    first: number,
    second: number,
    weight: number,
    bytes: Uint8Array,
    start: number,
    length: number,
    size: number,
  ): boolean {
    const entry = this.count;
    const end = this.used + length;
    if (entry === this.limits.entries || end > this.limits.arenaBytes) return false;
    if (entry === this.counts.length) this.growEntries();
    if (end > this.bytes.length) this.growArena(end);
    this.hashes[2 * entry] = first;
    this.hashes[2 * entry + 1] = second;
    this.counts[entry] = weight;
    this.offsets[entry] = this.used;
    this.lengths[entry] = length;
    this.sizes[entry] = size;
    const arena = this.bytes;
    if (length > 64) arena.set(bytes.subarray(start, start + length), this.used);
    else for (let i = 0, at = this.used; i < length; i++, at++) arena[at] = bytes[start + i]!;
    this.used = end;
    this.slots[slot] = entry + 1;
    this.count = entry + 1;
    if (2 * this.count > this.mask) this.rehash();
    return true;
  }

  private growEntries(): void {
    const capacity = this.counts.length * 2;
    this.hashes = widened(this.hashes, 2 * capacity);
    this.offsets = widened(this.offsets, capacity);
    this.lengths = widened(this.lengths, capacity);
    this.sizes = widened(this.sizes, capacity);
    const counts = new Float64Array(capacity);
    counts.set(this.counts);
    this.counts = counts;
  }

  private growArena(needed: number): void {
    const grown = new Uint8Array(Math.max(needed, Math.min(2 * this.bytes.length, this.limits.arenaBytes)));
    grown.set(this.bytes.subarray(0, this.used));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }

  private rehash(): void {
    const size = (this.mask < FEW_SLOTS - 1 ? 4 : 2) * (this.mask + 1);
    if (this.slots.length < size) this.slots = new Int32Array(size);
    else this.slots.fill(0, 0, size);
    this.mask = size - 1;
    const { slots, mask, hashes } = this;
    for (let e = 0; e < this.count; e++) {
      let slot = hashes[2 * e]! & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = e + 1;
    }
  }
}

function widened(values: Int32Array, capacity: number): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(capacity);
  grown.set(values);
  return grown;
}
