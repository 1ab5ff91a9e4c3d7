import type { ColumnFields } from '../decode/column-fields.js';
import { DecodedColumn } from '../decode/decoded-column.js';
import type { Decoder } from '../decode/decoders/decoder.js';
import { decoderFor } from '../decode/decoders/index.js';
import type { FieldBatch } from '../decode/field-batch.js';
import { type KindTraits, traitsOf } from '../decode/kind-traits.js';
import { checkNumeric } from '../decode/numeric.js';
import type { EventColumn } from '../events/event-column.js';
import type { ValueKind } from '../model/relation.js';
import { type ByteReader, type ByteWriter, CorruptState } from './bytes.js';
import type { ColumnSketch } from './column-sketch.js';
import type { Dictionary, DictionaryLimits } from './dictionary.js';
import { giveDictionary, giveSketch, takeDictionary, takeSketch } from './state-pool.js';

/** One column of one batch at a time, for all columns of a thread. */
const decoded = new DecodedColumn();

/** Distinct values of a column that has left its dictionary. */
const MANY = Number.POSITIVE_INFINITY;

const VERSION = 1;

/**
 * Mergeable state of one column: an exact dictionary while the distinct values fit, sketches from then on. Split = whole
 * exactly while they fit, within the sketches' bounds after.
 */
export class ColumnState {
  readonly decoder: Decoder;
  readonly traits: KindTraits;
  nulls = 0;
  /** Non-null values. */
  values = 0;
  /** Values known by prefix and length only. */
  truncated = 0;
  /** Exactly one of the two is there. */
  dictionary: Dictionary | null;
  sketch: ColumnSketch | null = null;

  constructor(
    readonly kind: ValueKind,
    private readonly seed: number,
    limits: DictionaryLimits,
  ) {
    this.decoder = decoderFor(kind);
    this.traits = traitsOf(kind);
    this.dictionary = takeDictionary(limits);
  }

  /** `events` is told the same values, by the slot of each row. */
  addBatch(
    batch: FieldBatch,
    fields: ColumnFields,
    maxValueBytes: number,
    events: EventColumn | null,
    slots: Int16Array | null,
  ): void {
    const { bytes, view, rows } = batch;
    decoded.begin(rows);
    this.decoder.hash(batch, fields, maxValueBytes, decoded);
    this.nulls += decoded.nulls;
    this.values += decoded.count;
    this.truncated += decoded.truncated;
    if (this.sketch !== null) {
      this.sketch.addBatch(this.decoder, this.traits, bytes, view, decoded);
      events?.addBatch(batch, fields, decoded, slots!, MANY, true);
      return;
    }
    const { h1, h2, offsets, lengths, count } = decoded;
    const sizes = this.traits.length === null ? null : decoded.sizes;
    const added = this.dictionary!.addBatch(h1, h2, bytes, offsets, lengths, sizes, count);
    events?.addBatch(batch, fields, decoded, slots!, this.dictionary!.count, false);
    if (added === count) return;
    decoded.dropFirst(added);
    this.spilled().addBatch(this.decoder, this.traits, bytes, view, decoded);
  }

  /** Takes in everything `other` has seen; `other` is unchanged. */
  merge(other: ColumnState): void {
    this.nulls += other.nulls;
    this.values += other.values;
    this.truncated += other.truncated;
    if (other.sketch !== null) {
      this.spilled().merge(this.traits, other.sketch);
      return;
    }
    const entries = other.dictionary!;
    const added = this.dictionary === null ? 0 : this.dictionary.addEntries(entries);
    if (added < entries.count) this.spilled().addDictionary(this.decoder, this.traits, entries, added);
  }

  encode(w: ByteWriter): void {
    w.u8(VERSION);
    w.varint(this.nulls);
    w.varint(this.values);
    w.varint(this.truncated);
    w.u8(this.sketch === null ? 0 : 1);
    if (this.sketch !== null) this.sketch.encode(w, this.traits);
    else this.dictionary!.encode(w, this.traits.length !== null);
  }

  /** Reads into this empty state; throws `CorruptState`. */
  decode(r: ByteReader): void {
    r.version('column state', VERSION);
    this.nulls = r.varint();
    this.values = r.varint();
    this.truncated = r.varint();
    const check = (view: DataView, start: number, length: number): void => this.check(view, start, length);
    const form = r.u8();
    if (form > 1) throw new CorruptState(`expected a dictionary or sketches, found form ${form}`);
    if (form === 1) this.spilled().decode(r, this.traits, check);
    else this.dictionary!.decode(r, this.traits.length !== null, check);
  }

  /** Hands its parts back for other states; the state must not be used again. */
  release(): void {
    if (this.dictionary !== null) giveDictionary(this.dictionary);
    if (this.sketch !== null) giveSketch(this.sketch);
    this.dictionary = null;
    this.sketch = null;
  }

  /** The sketches, fed with the dictionary's entries at the first call. */
  private spilled(): ColumnSketch {
    if (this.sketch === null) this.sketch = takeSketch(this.seed);
    if (this.dictionary !== null) {
      this.sketch.addDictionary(this.decoder, this.traits, this.dictionary, 0);
      giveDictionary(this.dictionary);
      this.dictionary = null;
    }
    return this.sketch;
  }

  private check(view: DataView, start: number, length: number): void {
    const { width } = this.traits;
    if (width !== null && width !== length) throw new CorruptState(`expected ${this.kind} values of ${width} bytes`);
    if (this.kind !== 'numeric') return;
    try {
      checkNumeric(view, start, length);
    } catch (cause) {
      throw new CorruptState('expected numeric values with all their digits', { cause });
    }
  }
}
