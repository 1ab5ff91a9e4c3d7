import type { KindTraits } from '../decode/kind-traits.js';
import { countCharacters, withoutBlanks } from '../decode/utf8.js';
import type { ByteReader, ByteWriter } from './bytes.js';
import { Extremes } from './extremes.js';

/** Values of one column as the dictionary and a decoded batch both hold them. */
interface ColumnValues {
  readonly count: number;
  readonly offsets: Int32Array;
  readonly lengths: Int32Array;
  readonly sizes: Int32Array;
}

/** Smallest, total and largest of a length, over values. */
class LengthFigures {
  min = Number.POSITIVE_INFINITY;
  sum = 0;
  max = 0;

  reset(): void {
    this.min = Number.POSITIVE_INFINITY;
    this.sum = 0;
    this.max = 0;
  }

  merge(other: LengthFigures): void {
    if (other.min < this.min) this.min = other.min;
    if (other.max > this.max) this.max = other.max;
    this.sum += other.sum;
  }

  encode(w: ByteWriter): void {
    w.f64(this.min);
    w.f64(this.sum);
    w.f64(this.max);
  }

  decode(r: ByteReader): void {
    this.min = r.f64();
    this.sum = r.f64();
    this.max = r.f64();
  }
}

/** Finite numbers of the last `ColumnFigures.add`, and how often each came. */
export const finite = { count: 0, values: new Float64Array(1024), weights: new Float64Array(1024) };

/** The figures of a column that need no sketch: counts of special values, extremes, lengths. */
export class ColumnFigures {
  nan = 0;
  infinite = 0;
  zeros = 0;
  negatives = 0;
  empty = 0;
  readonly extremes = new Extremes();
  readonly characters = new LengthFigures();
  /** True lengths in bytes; for arrays, elements. */
  readonly sizes = new LengthFigures();

  reset(): void {
    this.nan = 0;
    this.infinite = 0;
    this.zeros = 0;
    this.negatives = 0;
    this.empty = 0;
    this.extremes.reset();
    this.characters.reset();
    this.sizes.reset();
  }

  /** Takes in values that have numbers; leaves the finite ones in `finite`. `weights` null counts each once. */
  addNumbers(
    traits: KindTraits,
    bytes: Uint8Array,
    view: DataView,
    values: ColumnValues,
    numbers: Float64Array,
    weights: Float64Array | null,
  ): void {
    const { count, offsets, lengths } = values;
    if (finite.values.length < count) {
      finite.values = new Float64Array(2 * count);
      finite.weights = new Float64Array(2 * count);
    }
    const kept = finite.values;
    const keptWeights = finite.weights;
    let n = 0;
    let low = -1;
    let high = -1;
    let least = Number.POSITIVE_INFINITY;
    let most = Number.NEGATIVE_INFINITY;
    let zeros = 0;
    let negatives = 0;
    for (let i = 0; i < count; i++) {
      const value = numbers[i]!;
      const weight = weights === null ? 1 : weights[i]!;
      if (value - value !== 0) {
        if (Number.isNaN(value)) this.nan += weight;
        else this.infinite += weight;
        continue;
      }
      kept[n] = value;
      keptWeights[n++] = weight;
      if (value < least) {
        least = value;
        low = i;
      }
      if (value > most) {
        most = value;
        high = i;
      }
      if (value <= 0) {
        if (value === 0) zeros += weight;
        else negatives += weight;
      }
    }
    finite.count = n;
    this.zeros += zeros;
    this.negatives += negatives;
    this.extremes.addNumbers(traits.order!, bytes, view, offsets, lengths, numbers, count, low, high);
  }

  /** Takes in values without numbers. `characters` null (or −1 for a value) has them counted here. */
  addTexts(
    traits: KindTraits,
    bytes: Uint8Array,
    view: DataView,
    values: ColumnValues,
    characters: Int32Array | null,
    weights: Float64Array | null,
  ): void {
    if (traits.order === 'bytes') this.extremes.addBytes(bytes, view, values.offsets, values.lengths, values.count);
    if (traits.length === null) return;
    const { offsets, lengths, sizes } = values;
    const counted = traits.length === 'characters';
    const { padded } = traits;
    let { min, max, sum } = this.sizes;
    let { min: charMin, max: charMax, sum: charSum } = this.characters;
    let empty = 0;
    for (let i = 0; i < values.count; i++) {
      const weight = weights === null ? 1 : weights[i]!;
      const size = sizes[i]! < 0 ? ~sizes[i]! : sizes[i]!;
      const content = padded ? withoutBlanks(bytes, offsets[i]!, lengths[i]!) : size;
      if (content === 0) empty += weight;
      if (size < min) min = size;
      if (size > max) max = size;
      sum += size * weight;
      if (!counted) continue;
      let length = characters === null ? -1 : characters[i]!;
      if (length < 0) length = countCharacters(view, offsets[i]!, padded ? content : lengths[i]!);
      if (length < charMin) charMin = length;
      if (length > charMax) charMax = length;
      charSum += length * weight;
    }
    this.sizes.min = min;
    this.sizes.max = max;
    this.sizes.sum = sum;
    this.characters.min = charMin;
    this.characters.max = charMax;
    this.characters.sum = charSum;
    this.empty += empty;
  }

  merge(traits: KindTraits, other: ColumnFigures): void {
    this.nan += other.nan;
    this.infinite += other.infinite;
    this.zeros += other.zeros;
    this.negatives += other.negatives;
    this.empty += other.empty;
    if (traits.order !== null) this.extremes.merge(traits.order, other.extremes);
    this.characters.merge(other.characters);
    this.sizes.merge(other.sizes);
  }

  encode(w: ByteWriter): void {
    for (const n of [this.nan, this.infinite, this.zeros, this.negatives, this.empty]) w.varint(n);
    this.extremes.encode(w);
    this.characters.encode(w);
    this.sizes.encode(w);
  }

  decode(r: ByteReader, check: (view: DataView, start: number, length: number) => void): void {
    this.nan = r.varint();
    this.infinite = r.varint();
    this.zeros = r.varint();
    this.negatives = r.varint();
    this.empty = r.varint();
    this.extremes.decode(r, check);
    this.characters.decode(r);
    this.sizes.decode(r);
  }
}
