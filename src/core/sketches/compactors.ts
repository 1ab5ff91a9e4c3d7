import { type ByteReader, type ByteWriter, CorruptState } from './bytes.js';
import type { XorShift32 } from './random.js';
import { sortRuns } from './sorting.js';

/** Weights up to 2^53 make at most this many levels. */
export const MAX_LEVELS = 54;
const MIN_CAPACITY = 32;

/**
 * The levels of a KLL sketch: a value at level h stands for 2^h of the input; a full level is sorted and every second
 * value, odd or even by chance, moves up. Capacities are powers of two that halve every second level down, so that levels
 * fill with runs of equal length, which merge without branches (`sortRuns`).
 */
export class Compactors {
  /** The lowest level in use. */
  base = 0;
  /** No level above holds a value. */
  top = 0;
  private readonly levels: Float64Array[] = [];
  private readonly sizes = new Int32Array(MAX_LEVELS);
  /** Aligned blocks of this many values of a level are sorted. */
  private readonly runs = new Int32Array(MAX_LEVELS).fill(1);
  private readonly capacities = new Int32Array(MAX_LEVELS);
  private readonly largest: number;

  /** `k` is the capacity of the top level, rounded up to a power of two. */
  constructor(
    k: number,
    private readonly random: XorShift32,
  ) {
    this.largest = 2 ** Math.ceil(Math.log2(Math.max(k, MIN_CAPACITY)));
    this.setTop(0);
  }

  /** Values held at `level`. */
  size(level: number): number {
    return this.sizes[level]!;
  }

  /** The storage of `level`, in no order; its first `size(level)` entries count. */
  items(level: number): Float64Array {
    return this.levels[level]!;
  }

  push(level: number, value: number): void {
    if (level > this.top) this.setTop(level);
    const size = this.sizes[level]!;
    this.room(level, size + 1)[size] = value;
    this.runs[level] = 1;
    this.sizes[level] = size + 1;
    if (size + 1 >= this.capacities[level]!) this.compact(level);
  }

  /** Pushes the first `count` of `values` to the lowest level. */
  pushBatch(values: Float64Array, count: number): void {
    const level = this.base;
    for (let done = 0; done < count; ) {
      const size = this.sizes[level]!;
      // Read anew each time: a compaction may add a level, and then the capacities below shrink.
      const part = Math.max(1, Math.min(count - done, this.capacities[level]! - size));
      const items = this.room(level, size + part);
      for (let i = 0; i < part; i++) items[size + i] = values[done + i]!;
      this.runs[level] = 1;
      this.sizes[level] = size + part;
      done += part;
      if (size + part >= this.capacities[level]!) this.compact(level);
    }
  }

  /** Takes in a copy of the values that `other` holds at `level`. */
  takeFrom(other: Compactors, level: number): void {
    const size = other.sizes[level]!;
    if (size > 0) this.receive(level, other.levels[level]!, 0, 1, size, other.runs[level]!);
  }

  /** Empties the lowest level into the next; returns the value that is left over of an odd number, or NaN. */
  raiseBase(): number {
    const level = this.base;
    if (this.top === level) this.setTop(level + 1);
    if (this.sizes[level]! > 1) this.compact(level);
    const left = this.sizes[level] === 1 ? this.levels[level]![0]! : Number.NaN;
    this.sizes[level] = 0;
    this.base = level + 1;
    return left;
  }

  /** Puts the values of a level in order. */
  sort(level: number): void {
    const size = this.sizes[level]!;
    const items = this.levels[level]!;
    if (this.runs[level]! < size) {
      const sorted = sortRuns(items, size, this.runs[level]!);
      if (sorted !== items) for (let i = 0; i < size; i++) items[i] = sorted[i]!;
    }
    this.runs[level] = Math.max(1, size);
  }

  encode(w: ByteWriter): void {
    w.u8(this.base);
    w.u8(this.top);
    for (let level = this.base; level <= this.top; level++) {
      this.sort(level);
      const items = this.levels[level]!;
      const size = this.sizes[level]!;
      w.varint(size);
      for (let i = 0; i < size; i++) w.f64(items[i]!);
    }
  }

  /** Fills an empty object; every value must lie in [least, most]. Returns the weight of all of them. */
  decode(r: ByteReader, least: number, most: number): number {
    const base = r.u8();
    const top = r.u8();
    if (base > top || top >= MAX_LEVELS) {
      throw new CorruptState(`expected levels in order and below ${MAX_LEVELS}, found ${base} to ${top}`);
    }
    this.setTop(top);
    this.base = base;
    let weight = 0;
    for (let level = base; level <= top; level++) {
      const size = r.count('values of a level', this.largest - 1, 8);
      const items = this.room(level, size);
      let previous = least;
      for (let i = 0; i < size; i++) {
        const value = r.f64();
        if (!(value >= previous && value <= most)) {
          throw new CorruptState(`expected a value from ${previous} to ${most}, found ${value}`);
        }
        items[i] = previous = value;
      }
      this.sizes[level] = size;
      this.runs[level] = Math.max(1, size);
      weight += size * 2 ** level;
    }
    return weight;
  }

  reset(): void {
    this.base = 0;
    this.sizes.fill(0);
    this.runs.fill(1);
    this.setTop(0);
  }

  /** Makes this an equal of `other`, which has the same k. */
  copyFrom(other: Compactors): void {
    this.setTop(other.top);
    this.base = other.base;
    this.sizes.set(other.sizes);
    this.runs.set(other.runs);
    for (let level = this.base; level <= this.top; level++) {
      const items = other.levels[level]!.subarray(0, other.sizes[level]!);
      this.room(level, items.length).set(items);
    }
  }

  /** Adds `count` values of `from`, every `step`-th from `start`, of which aligned blocks of `run` are sorted. */
  private receive(level: number, from: Float64Array, start: number, step: number, count: number, run: number): void {
    if (level > this.top) this.setTop(level);
    const size = this.sizes[level]!;
    const items = this.room(level, size + count);
    for (let i = 0, at = start; i < count; i++, at += step) items[size + i] = from[at]!;
    if (size === 0) this.runs[level] = run;
    else if (run !== this.runs[level] || size % run !== 0) this.runs[level] = 1;
    this.sizes[level] = size + count;
    if (size + count >= this.capacities[level]!) this.compact(level);
  }

  /** Moves every second value up; of an odd number the first or the last stays, so that neither end is favoured. */
  private compact(level: number): void {
    if (level === this.top) this.setTop(level + 1);
    const items = this.levels[level]!;
    const size = this.sizes[level]!;
    const sorted = sortRuns(items, size, this.runs[level]!);
    const random = this.random.next();
    const first = random & 1;
    const half = size >>> 1;
    this.sizes[level] = 0;
    this.runs[level] = 1;
    if ((size & 1) === 0) {
      this.receive(level + 1, sorted, first, 2, half, half);
      return;
    }
    const skip = (random >>> 1) & 1;
    const stays = sorted[skip === 1 ? 0 : size - 1]!;
    this.receive(level + 1, sorted, first + skip, 2, half, half);
    items[0] = stays;
    this.sizes[level] = 1;
  }

  /** The level's storage with room for `size` values. */
  private room(level: number, size: number): Float64Array {
    const items = this.levels[level]!;
    if (items.length >= size) return items;
    const grown = new Float64Array(Math.max(size, Math.min(items.length * 2, this.largest)));
    grown.set(items);
    this.levels[level] = grown;
    return grown;
  }

  private setTop(top: number): void {
    this.top = top;
    while (this.levels.length <= top) this.levels.push(new Float64Array(MIN_CAPACITY));
    for (let level = top; level >= 0; level--) {
      this.capacities[level] = Math.max(MIN_CAPACITY, this.largest >>> Math.ceil((top - level) / 2));
    }
  }
}
