import { type ByteReader, type ByteWriter, CorruptState } from '../sketches/bytes.js';

/** Words of one slot: count, shift, Σ (x − shift), Σ (x − shift)². */
const WORDS = 4;

/**
 * Count, mean and variance in each slot, of finite values, as sums shifted by the slot's first value (Chan, Golub & LeVeque
 * 1983): as the shift is one of the values, the variance of n of them loses at most a factor n of precision, also after a
 * merge, which moves sums by the difference of two values; a large common offset costs nothing.
 */
export class EventMoments {
  private words: Float64Array;

  constructor(capacity: number) {
    this.words = new Float64Array(WORDS * capacity);
  }

  /** How many slots there is room for. */
  get slots(): number {
    return this.words.length / WORDS;
  }

  /** Empties it, to be used for another column. */
  reset(capacity: number): void {
    if (this.words.length < WORDS * capacity) this.words = new Float64Array(WORDS * capacity);
    else this.words.fill(0);
  }

  grow(capacity: number): void {
    if (this.words.length >= WORDS * capacity) return;
    const grown = new Float64Array(WORDS * capacity);
    grown.set(this.words);
    this.words = grown;
  }

  /** Adds values `from` to `count`, each to its slot. Rows come in order of time: a run of one slot stays in registers. */
  addBatch(values: Float64Array, slots: Int16Array, from: number, count: number): void {
    const { words } = this;
    for (let i = from; i < count; ) {
      const slot = slots[i]!;
      const at = WORDS * slot;
      let n = words[at]!;
      let shift = words[at + 1]!;
      let sum = words[at + 2]!;
      let squares = words[at + 3]!;
      do {
        const value = values[i]!;
        if (value - value === 0) {
          if (n === 0) shift = value;
          const difference = value - shift;
          n++;
          sum += difference;
          squares += difference * difference;
        }
        i++;
      } while (i < count && slots[i] === slot);
      words[at] = n;
      words[at + 1] = shift;
      words[at + 2] = sum;
      words[at + 3] = squares;
    }
  }

  addWeighted(slot: number, value: number, weight: number): void {
    if (weight > 0 && Number.isFinite(value)) this.addSums(slot, weight, value, 0, 0);
  }

  /** Takes in one slot of another, which is unchanged. */
  mergeSlot(slot: number, other: EventMoments, otherSlot: number): void {
    const { words } = other;
    const at = WORDS * otherSlot;
    if (words[at]! > 0) this.addSums(slot, words[at]!, words[at + 1]!, words[at + 2]!, words[at + 3]!);
  }

  count(slot: number): number {
    return this.words[WORDS * slot]!;
  }

  mean(slot: number): number {
    const at = WORDS * slot;
    return this.words[at + 1]! + this.words[at + 2]! / this.words[at]!;
  }

  /** Sample variance; NaN below two values. */
  variance(slot: number): number {
    const n = this.count(slot);
    return n < 2 ? Number.NaN : this.deviations(slot) / (n - 1);
  }

  encode(w: ByteWriter, slots: number): void {
    for (let slot = 1; slot < slots; slot++) {
      w.varint(this.count(slot));
      if (this.count(slot) > 0) for (let word = 1; word < WORDS; word++) w.f64(this.words[WORDS * slot + word]!);
    }
  }

  /** With room for `capacity` slots; `most(slot)` is how many values a slot can have. Throws `CorruptState`. */
  static decode(r: ByteReader, slots: number, capacity: number, most: (slot: number) => number): EventMoments {
    const moments = new EventMoments(capacity);
    for (let slot = 1; slot < slots; slot++) {
      const n = r.varint();
      if (n > most(slot)) throw new CorruptState(`expected at most ${most(slot)} values, found ${n}`);
      if (n === 0) continue;
      moments.words.set([n, r.f64(), r.f64(), r.f64()], WORDS * slot);
    }
    return moments;
  }

  /** Sum of squared differences from the mean. */
  private deviations(slot: number): number {
    const at = WORDS * slot;
    const sum = this.words[at + 2]!;
    return Math.max(this.words[at + 3]! - (sum * sum) / this.words[at]!, 0);
  }

  private addSums(slot: number, n: number, shift: number, sum: number, squares: number): void {
    const at = WORDS * slot;
    const { words } = this;
    if (words[at] === 0) words[at + 1] = shift;
    const difference = shift - words[at + 1]!;
    words[at]! += n;
    words[at + 2]! += sum + n * difference;
    words[at + 3]! += squares + difference * (2 * sum + n * difference);
  }
}
