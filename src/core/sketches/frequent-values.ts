import { type ByteReader, type ByteWriter, CorruptState } from './bytes.js';
import { sortRuns } from './sorting.js';
import { ValueArena } from './value-arena.js';

const VERSION = 1;
/** Most values counted at a time. Counts are short by at most about total / 500. */
const CAPACITY = 1024;
/** Half full at most, so that probing stays short. */
const SLOTS = 2 * CAPACITY;
const MASK = SLOTS - 1;
/** How many counters are looked at to find the median that a purge takes off. */
const SAMPLE = 64;
/** Most value bytes kept. Where they do not suffice, the less frequent half of the values gives up its own. */
const ARENA_BYTES = 128 * 1024;
/** Room made at a time, and the longest value that is kept. */
const ROOM_BYTES = ARENA_BYTES / 4;
const NOT_STORED = -1;
/** Marks of hashes: a false alarm only costs a value a look at the counters. */
const MARKS = 1 << 14;
/** A mark of values that have a counter; each window of values seen once marks them with a number of its own above it. */
const COUNTED = 1;
const LAST_WINDOW = 255;
/** Values left out of a window: as many as one purge of counters of 1 would drop. */
const WINDOW = CAPACITY;

/** Used within one call by all sketches of a thread. */
const sampled = new Float64Array(SAMPLE);
const survivors = new Int32Array(SLOTS);
const survivorCounts = new Float64Array(CAPACITY + 1);
const survivorFields = new Int32Array(4 * (CAPACITY + 1));

/** A value proven frequent: it came at least `lower` and at most `upper` times. */
export interface FrequentValue {
  readonly bytes: Uint8Array;
  readonly lower: number;
  readonly upper: number;
}

/**
 * The most frequent values of a stream by counters that are purged in bulk (Anderson et al. 2017, "A high-performance
 * algorithm for identifying frequent items in data streams"): when the table is full, about the median count is taken
 * off every counter and those left with nothing go. Every count is short by at most the sum of what purges took off.
 * Keyed by 64-bit hashes; a value's bytes are kept from its second sighting on. 64 KiB plus at most 128 KiB of values.
 *
 * Once something was purged, a value gets a counter at its second sighting in a window in which 1,024 values are seen
 * for the first time: the first one, which every count may now be short of, is but a mark. The error grows as if these
 * 1,024 had been counted and purged, and a near-unique column takes half of the time.
 * One file beyond 300 lines: its hot path, purge and encoding share the same private columns.
 */
export class FrequentValues {
  /** Two hash words a slot. */
  private readonly keys = new Int32Array(2 * SLOTS);
  /** 0 marks a free slot. */
  private readonly counts = new Float64Array(SLOTS);
  private readonly starts = new Int32Array(SLOTS);
  private readonly sizes = new Int32Array(SLOTS);
  private readonly marks = new Uint8Array(MARKS);
  private window = COUNTED + 1;
  /** Values that this window left out: it has added 1 to `offset` where there is any. */
  private leftOut = 0;
  private readonly arena = new ValueArena(ARENA_BYTES);
  /** Bytes in the arena whose counter is still there. */
  private stored = 0;
  /** Only values counted more often than this are stored. */
  private storeAbove = 0;
  private size = 0;
  private weight = 0;
  private offset = 0;

  /** How many values were added, weights included. */
  get total(): number {
    return this.weight;
  }

  /** The most that any count may be short. */
  get error(): number {
    return this.offset;
  }

  /** Adds the first `count` values; value i has hash (h1[i], h2[i]) and is `lengths[i]` bytes at `offsets[i]`. */
  addBatch(
    h1: Int32Array,
    h2: Int32Array,
    bytes: Uint8Array,
    offsets: Int32Array,
    lengths: Int32Array,
    count: number,
  ): void {
    this.weight += count;
    const { keys, counts, sizes, marks } = this;
    let purged = this.offset > 0;
    let window = this.window;
    for (let i = 0; i < count; i++) {
      const first = h1[i]!;
      const second = h2[i]!;
      if (purged) {
        const mark = marks[markOf(first)]!;
        if (mark !== COUNTED && mark !== window) {
          marks[markOf(first)] = window;
          if (++this.leftOut === 1) this.offset++;
          else if (this.leftOut === WINDOW) window = this.openWindow();
          continue;
        }
      }
      let slot = first & MASK;
      while (counts[slot] !== 0 && (keys[2 * slot] !== first || keys[2 * slot + 1] !== second))
        slot = (slot + 1) & MASK;
      if (counts[slot] === 0) {
        counts[this.claim(slot, first, second)] = 1;
        purged = this.offset > 0;
        window = this.window;
        continue;
      }
      counts[slot]! += 1;
      if (sizes[slot] === NOT_STORED) this.store(slot, bytes, offsets[i]!, lengths[i]!);
    }
  }

  /** Adds one value as if it came `weight` times; its bytes are `length` at `start`. */
  addWeighted(h1: number, h2: number, bytes: Uint8Array, start: number, length: number, weight: number): void {
    if (weight === 0) return;
    this.weight += weight;
    this.bump(h1, h2, bytes, start, length, weight);
  }

  /** Takes in everything `other` has seen; `other` is unchanged. */
  merge(other: FrequentValues): void {
    if (other.weight === 0) return;
    if (other === this) {
      this.merge(other.clone());
      return;
    }
    this.weight += other.weight;
    this.offset += other.offset;
    for (let slot = 0; slot < SLOTS; slot++) {
      const count = other.counts[slot]!;
      if (count === 0) continue;
      const h1 = other.keys[2 * slot]!;
      const h2 = other.keys[2 * slot + 1]!;
      this.bump(h1, h2, other.bytesOf(slot), 0, other.sizes[slot]!, count);
    }
  }

  /**
   * At most `n` values, most frequent first (ties by bytes), and only as many as are proven: every value that is left out
   * came less often than each that is shown; so a value whose bytes are not known ends the list. Near-unique columns give
   * none.
   */
  top(n: number): FrequentValue[] {
    const slots = this.slotsByCount();
    // A value seen once has no bytes and is never shown.
    const unknown = slots.findIndex((slot) => this.sizes[slot] === NOT_STORED);
    let shown = Math.min(n, unknown === -1 ? slots.length : unknown);
    while (shown > 0) {
      const next = shown < slots.length ? this.counts[slots[shown]!]! : 0;
      const least = this.counts[slots[shown - 1]!]!;
      if (least > next + this.offset) break;
      shown--;
    }
    return slots.slice(0, shown).map((slot) => {
      const lower = this.counts[slot]!;
      return { bytes: this.bytesOf(slot).slice(), lower, upper: lower + this.offset };
    });
  }

  encode(w: ByteWriter): void {
    w.u8(VERSION);
    w.varint(this.weight);
    if (this.weight === 0) return;
    w.varint(this.offset);
    w.varint(this.size);
    for (const slot of this.slotsByKey()) {
      w.i32(this.keys[2 * slot]!);
      w.i32(this.keys[2 * slot + 1]!);
      w.varint(this.counts[slot]!);
      const stored = this.sizes[slot] !== NOT_STORED;
      w.u8(stored ? 1 : 0);
      if (stored) w.bytes(this.bytesOf(slot));
    }
  }

  static decode(r: ByteReader): FrequentValues {
    r.version('frequent values', VERSION);
    const sketch = new FrequentValues();
    sketch.weight = r.varint();
    if (sketch.weight === 0) return sketch;
    sketch.offset = r.varint();
    const size = r.count('counters', CAPACITY, 10);
    let counted = 0;
    for (let i = 0; i < size; i++) {
      const h1 = r.i32();
      const h2 = r.i32();
      const count = r.varint();
      const stored = r.u8();
      const slot = sketch.find(h1, h2);
      if (count === 0 || sketch.counts[slot] !== 0 || stored > 1) {
        throw new CorruptState('expected counters above 0, one for each value');
      }
      sketch.claim(slot, h1, h2);
      sketch.counts[slot] = count;
      if (stored === 1) {
        const bytes = r.bytes();
        sketch.store(slot, bytes, 0, bytes.length);
        if (sketch.sizes[slot] === NOT_STORED)
          throw new CorruptState(`expected at most ${ARENA_BYTES} bytes of values`);
      }
      counted += count;
    }
    if (counted > sketch.weight || sketch.offset > sketch.weight) {
      throw new CorruptState(`expected counts of at most ${sketch.weight} in all`);
    }
    return sketch;
  }

  reset(): void {
    if (this.weight === 0) return;
    this.counts.fill(0);
    this.clearMarks();
    this.arena.clear();
    this.stored = 0;
    this.storeAbove = 0;
    this.size = 0;
    this.weight = 0;
    this.offset = 0;
  }

  clone(): FrequentValues {
    const copy = new FrequentValues();
    copy.keys.set(this.keys);
    copy.counts.set(this.counts);
    copy.starts.set(this.starts);
    copy.sizes.set(this.sizes);
    copy.marks.set(this.marks);
    copy.window = this.window;
    copy.leftOut = this.leftOut;
    copy.arena.copyFrom(this.arena);
    copy.stored = this.stored;
    copy.storeAbove = this.storeAbove;
    copy.size = this.size;
    copy.weight = this.weight;
    copy.offset = this.offset;
    return copy;
  }

  private bump(h1: number, h2: number, bytes: Uint8Array, start: number, length: number, weight: number): void {
    let slot = this.find(h1, h2);
    if (this.counts[slot] === 0) slot = this.claim(slot, h1, h2);
    this.counts[slot]! += weight;
    const again = this.counts[slot]! > 1;
    if (again && length !== NOT_STORED && this.sizes[slot] === NOT_STORED) this.store(slot, bytes, start, length);
  }

  /** The value's slot, or the free one where it belongs. */
  private find(h1: number, h2: number): number {
    const keys = this.keys;
    let slot = h1 & MASK;
    while (this.counts[slot] !== 0 && (keys[2 * slot] !== h1 || keys[2 * slot + 1] !== h2)) slot = (slot + 1) & MASK;
    return slot;
  }

  /** Makes `slot`, found free, the value's own; returns where it is, for a purge moves slots. */
  private claim(slot: number, h1: number, h2: number): number {
    let own = slot;
    if (this.size === CAPACITY) {
      this.purge();
      own = this.find(h1, h2);
    }
    this.keys[2 * own] = h1;
    this.keys[2 * own + 1] = h2;
    this.marks[markOf(h1)] = COUNTED;
    this.sizes[own] = NOT_STORED;
    this.size++;
    return own;
  }

  /** Takes the median of a sample of counts off every counter and drops those left with nothing: at least some 32. */
  private purge(): void {
    const median = this.sampledMedian();
    const { keys, counts, starts, sizes } = this;
    let left = 0;
    // No branch: in a hashed table it would be mispredicted at every second slot.
    for (let slot = 0; slot < SLOTS; slot++) {
      survivors[left] = slot;
      left += Number(counts[slot]! > median);
    }
    let stored = 0;
    for (let i = 0; i < left; i++) {
      const slot = survivors[i]!;
      survivorCounts[i] = counts[slot]! - median;
      survivorFields[4 * i] = keys[2 * slot]!;
      survivorFields[4 * i + 1] = keys[2 * slot + 1]!;
      survivorFields[4 * i + 2] = starts[slot]!;
      survivorFields[4 * i + 3] = sizes[slot]!;
      if (sizes[slot] !== NOT_STORED) stored += sizes[slot]!;
    }
    counts.fill(0);
    this.clearMarks();
    for (let i = 0; i < left; i++) {
      this.marks[markOf(survivorFields[4 * i]!)] = COUNTED;
      const slot = this.find(survivorFields[4 * i]!, survivorFields[4 * i + 1]!);
      counts[slot] = survivorCounts[i]!;
      keys[2 * slot] = survivorFields[4 * i]!;
      keys[2 * slot + 1] = survivorFields[4 * i + 1]!;
      starts[slot] = survivorFields[4 * i + 2]!;
      sizes[slot] = survivorFields[4 * i + 3]!;
    }
    this.size = left;
    this.offset += median;
    this.stored = stored;
    if (stored === 0) this.arena.clear();
  }

  /** Forgets which values were left out; returns the new window's mark. */
  private openWindow(): number {
    if (this.window === LAST_WINDOW) {
      this.clearMarks();
      for (const slot of this.usedSlots()) this.marks[markOf(this.keys[2 * slot]!)] = COUNTED;
    } else this.window++;
    this.leftOut = 0;
    return this.window;
  }

  private clearMarks(): void {
    this.marks.fill(0);
    this.window = COUNTED + 1;
    this.leftOut = 0;
  }

  private sampledMedian(): number {
    let found = 0;
    for (let slot = 0; slot < SLOTS && found < SAMPLE; slot++) {
      const count = this.counts[slot]!;
      sampled[found] = count;
      found += Number(count !== 0);
    }
    return sortRuns(sampled, found, 1)[found >>> 1]!;
  }

  /** Keeps a copy of the value's bytes where it is frequent enough for the room there is. */
  private store(slot: number, bytes: Uint8Array, start: number, length: number): void {
    if (this.counts[slot]! <= this.storeAbove || length > ROOM_BYTES) return;
    if (!this.arena.fits(length)) this.makeRoom();
    this.starts[slot] = this.arena.add(bytes, start, length);
    this.sizes[slot] = length;
    this.stored += length;
  }

  /** Gives up the bytes of the less frequent values until there is room, and closes the gaps. */
  private makeRoom(): void {
    while (ARENA_BYTES - this.stored < ROOM_BYTES) {
      const slots = this.storedSlots();
      for (let i = 0; i < slots.length; i++) survivorCounts[i] = this.counts[slots[i]!]!;
      this.storeAbove = sortRuns(survivorCounts, slots.length, 1)[slots.length >>> 1]!;
      for (const slot of slots) {
        if (this.counts[slot]! > this.storeAbove) continue;
        this.stored -= this.sizes[slot]!;
        this.sizes[slot] = NOT_STORED;
      }
    }
    this.arena.keep(this.storedSlots(), this.starts, this.sizes);
  }

  private storedSlots(): number[] {
    return this.usedSlots().filter((slot) => this.sizes[slot] !== NOT_STORED);
  }

  /** A view of the value's bytes; empty where they are not stored. */
  private bytesOf(slot: number): Uint8Array {
    return this.arena.view(this.starts[slot]!, Math.max(0, this.sizes[slot]!));
  }

  private usedSlots(): number[] {
    const slots: number[] = [];
    for (let slot = 0; slot < SLOTS; slot++) if (this.counts[slot] !== 0) slots.push(slot);
    return slots;
  }

  private slotsByKey(): number[] {
    const keys = this.keys;
    return this.usedSlots().sort((a, b) => keys[2 * a]! - keys[2 * b]! || keys[2 * a + 1]! - keys[2 * b + 1]!);
  }

  private slotsByCount(): number[] {
    const { counts, sizes } = this;
    return this.usedSlots().sort((a, b) => {
      if (counts[a] !== counts[b]) return counts[b]! - counts[a]!;
      const bothStored = sizes[a] !== NOT_STORED && sizes[b] !== NOT_STORED;
      return bothStored ? compareBytes(this.bytesOf(a), this.bytesOf(b)) : sizes[b]! - sizes[a]!;
    });
  }
}

/** Of other bits than the slot. */
function markOf(h1: number): number {
  return (h1 >>> 11) & (MARKS - 1);
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}
