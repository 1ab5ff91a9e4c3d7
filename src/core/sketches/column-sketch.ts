import type { DecodedColumn } from '../decode/decoded-column.js';
import type { Decoder } from '../decode/decoders/decoder.js';
import type { KindTraits } from '../decode/kind-traits.js';
import type { ByteReader, ByteWriter } from './bytes.js';
import { ColumnFigures, finite } from './column-figures.js';
import type { Dictionary } from './dictionary.js';
import { FrequentValues } from './frequent-values.js';
import { HyperLogLog } from './hyperloglog.js';
import { Moments } from './moments.js';
import { QuantileSketch } from './quantile-sketch.js';

/** Room for the numbers of a dictionary's entries; nothing in it outlives a call. */
let numberScratch = new Float64Array(0);

/** At least `count` doubles, shared by all columns of a thread. */
export function numbersFor(count: number): Float64Array {
  if (numberScratch.length < count) numberScratch = new Float64Array(Math.max(1024, 2 * count));
  return numberScratch;
}

/** A column with more distinct values than its dictionary holds: every figure as a sketch or a running total. */
export class ColumnSketch {
  readonly figures = new ColumnFigures();
  distinct = new HyperLogLog();
  frequent = new FrequentValues();
  /** Allocated on first use: most kinds need none. */
  private quantileSketch: QuantileSketch | null = null;
  private momentSums: Moments | null = null;

  constructor(readonly seed: number) {}

  get quantiles(): QuantileSketch {
    this.quantileSketch ??= new QuantileSketch(this.seed);
    return this.quantileSketch;
  }

  get moments(): Moments {
    this.momentSums ??= new Moments();
    return this.momentSums;
  }

  reset(): void {
    this.figures.reset();
    this.distinct.reset();
    this.frequent.reset();
    this.quantileSketch?.reset();
    this.momentSums?.reset();
  }

  /** Takes in a decoded batch. */
  addBatch(decoder: Decoder, traits: KindTraits, bytes: Uint8Array, view: DataView, column: DecodedColumn): void {
    const { h1, h2, offsets, lengths, count } = column;
    this.distinct.addBatch(h1, h2, count);
    this.frequent.addBatch(h1, h2, bytes, offsets, lengths, count);
    if (decoder.numbers === null) {
      this.figures.addTexts(traits, bytes, view, column, column.characters, null);
      return;
    }
    decoder.numbers(view, offsets, lengths, count, column.numbers);
    this.figures.addNumbers(traits, bytes, view, column, column.numbers, null);
    if (traits.quantiles) this.quantiles.addBatch(finite.values, finite.count);
    if (traits.arithmetic) this.moments.addBatch(finite.values, finite.count);
  }

  /** Takes in a dictionary's entries from index `from`, as often as each was counted; the dictionary is unchanged. */
  addDictionary(decoder: Decoder, traits: KindTraits, entries: Dictionary, from: number): void {
    const { hashes, bytes, view } = entries;
    const count = entries.count - from;
    const counts = entries.counts.subarray(from);
    const offsets = entries.offsets.subarray(from);
    const lengths = entries.lengths.subarray(from);
    for (let e = 0; e < count; e++) {
      const h1 = hashes[2 * (from + e)]!;
      const h2 = hashes[2 * (from + e) + 1]!;
      this.distinct.add(h1, h2);
      this.frequent.addWeighted(h1, h2, bytes, offsets[e]!, lengths[e]!, counts[e]!);
    }
    const values = { count, offsets, lengths, sizes: entries.sizes.subarray(from) };
    if (decoder.numbers === null) {
      this.figures.addTexts(traits, bytes, view, values, null, counts);
      return;
    }
    const numbers = numbersFor(count);
    decoder.numbers(view, offsets, lengths, count, numbers);
    this.figures.addNumbers(traits, bytes, view, values, numbers, counts);
    for (let i = 0; i < finite.count; i++) {
      if (traits.quantiles) this.quantiles.addWeighted(finite.values[i]!, finite.weights[i]!);
      if (traits.arithmetic) this.moments.addWeighted(finite.values[i]!, finite.weights[i]!);
    }
  }

  merge(traits: KindTraits, other: ColumnSketch): void {
    this.figures.merge(traits, other.figures);
    this.distinct.merge(other.distinct);
    this.frequent.merge(other.frequent);
    if (traits.quantiles) this.quantiles.merge(other.quantiles);
    if (traits.arithmetic) this.moments.merge(other.moments);
  }

  encode(w: ByteWriter, traits: KindTraits): void {
    this.figures.encode(w);
    this.distinct.encode(w);
    this.frequent.encode(w);
    if (traits.quantiles) this.quantiles.encode(w);
    if (traits.arithmetic) this.moments.encode(w);
  }

  decode(r: ByteReader, traits: KindTraits, check: (view: DataView, start: number, length: number) => void): void {
    this.figures.decode(r, check);
    this.distinct = HyperLogLog.decode(r);
    this.frequent = FrequentValues.decode(r);
    if (traits.quantiles) this.quantileSketch = QuantileSketch.decode(r);
    if (traits.arithmetic) this.momentSums = Moments.decode(r);
  }
}
