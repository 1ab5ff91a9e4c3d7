import type { ColumnFields } from '../decode/column-fields.js';
import type { DecodedColumn } from '../decode/decoded-column.js';
import type { Decoder } from '../decode/decoders/decoder.js';
import { decoderFor } from '../decode/decoders/index.js';
import type { FieldBatch } from '../decode/field-batch.js';
import { type KindTraits, traitsOf } from '../decode/kind-traits.js';
import { checkNumeric } from '../decode/numeric.js';
import type { ValueKind } from '../model/relation.js';
import { type ByteReader, type ByteWriter, CorruptState } from '../sketches/bytes.js';
import { EventMoments } from './event-moments.js';
import { giveMoments, giveValues, takeMoments, takeValues } from './event-pool.js';
import { EventValues, MAX_EVENT_VALUES } from './event-values.js';

const NULLS = 1;
const VALUES = 2;

/** Slots of the non-null values of one column of one batch; of use only during a call. */
let packed = new Int16Array(1024);
/** The numbers of counted values. */
const numbers = new Float64Array(MAX_EVENT_VALUES);

/**
 * One column by slots: nulls, and either the count of each of its few values, or, where they are too many and are
 * numbers, moments. A column of many values that are no numbers and never null costs nothing.
 */
export class EventColumn {
  readonly traits: KindTraits;
  private readonly decoder: Decoder;
  /** Null while there are none. */
  private nulls: Float64Array | null = null;
  /** Null where there are too many. */
  values: EventValues | null;
  /** Made when numbers are too many to be counted one by one. */
  moments: EventMoments | null = null;

  /** `counted`: whether its values are counted while they are few. */
  constructor(
    readonly kind: ValueKind,
    counted: boolean,
    private capacity: number,
  ) {
    this.traits = traitsOf(kind);
    this.decoder = decoderFor(kind);
    this.values = counted ? takeValues(capacity) : null;
    if (!counted && this.traits.arithmetic) this.moments = takeMoments(capacity);
  }

  grow(capacity: number): void {
    this.capacity = capacity;
    this.values?.grow(capacity);
    this.moments?.grow(capacity);
    if (this.nulls !== null) this.nulls = widened(this.nulls, capacity);
  }

  /**
   * Takes in a decoded batch whose row `r` is of slot `slots[r]`; `distinct` is how many values the column has had so far,
   * and `numbered` whether `decoded.numbers` is there already.
   */
  addBatch(
    batch: FieldBatch,
    fields: ColumnFields,
    decoded: DecodedColumn,
    slots: Int16Array,
    distinct: number,
    numbered: boolean,
  ): void {
    if (distinct > MAX_EVENT_VALUES && this.values !== null) this.giveUpValues();
    if (decoded.nulls === 0 && this.values === null && this.moments === null) return;
    const slotOf = decoded.nulls === 0 ? slots : this.addNulls(batch, fields, slots);
    let from = 0;
    if (this.values !== null) {
      from = this.values.addBatch(decoded, this.traits.length !== null, batch.bytes, slotOf);
      if (from === decoded.count) return;
      this.giveUpValues();
    }
    if (this.moments === null) return;
    const { offsets, lengths, numbers, count } = decoded;
    if (!numbered) this.decoder.numbers!(batch.view, offsets, lengths, count, numbers);
    this.moments.addBatch(numbers, slotOf, from, count);
  }

  /** Takes in another one, unchanged, slot `i` of it as slot `map[i]`. */
  merge(other: EventColumn, map: Int16Array): void {
    for (let slot = 0; slot < map.length; slot++) this.addNull(map[slot]!, other.nullsOf(slot));
    if (this.values !== null) {
      if (other.values !== null && this.values.merge(other.values, map)) return;
      this.giveUpValues();
    }
    if (this.moments === null) return;
    if (other.values !== null) this.addValues(this.moments, other.values, map);
    else for (let slot = 0; slot < map.length; slot++) this.moments.mergeSlot(map[slot]!, other.moments!, slot);
  }

  nullsOf(slot: number): number {
    return this.nulls === null ? 0 : this.nulls[slot]!;
  }

  /** Moments of every slot, where values are counted made from them; null for what is no number. */
  momentsBySlot(): EventMoments | null {
    if (this.values === null || !this.traits.arithmetic) return this.moments;
    const moments = takeMoments(this.capacity);
    this.addValues(moments, this.values, null);
    return moments;
  }

  encode(w: ByteWriter, slots: number): void {
    const hasNulls = this.nulls?.subarray(1, slots).some((count) => count > 0) ?? false;
    w.u8((hasNulls ? NULLS : 0) | (this.values === null ? 0 : VALUES));
    if (hasNulls) for (let slot = 1; slot < slots; slot++) w.varint(this.nullsOf(slot));
    if (this.values !== null) this.values.encode(w, slots);
    else this.moments?.encode(w, slots);
  }

  /** Reads into this empty column of `slots` slots, each of so many `rows`; throws `CorruptState`. */
  decode(r: ByteReader, slots: number, rows: Float64Array): void {
    const form = r.u8();
    if (form > (NULLS | VALUES)) throw new CorruptState(`expected a form of an event column, found ${form}`);
    if ((form & NULLS) !== 0)
      for (let slot = 1; slot < slots; slot++) {
        const nulls = r.varint();
        if (nulls > rows[slot]!) throw new CorruptState(`expected at most ${rows[slot]} nulls, found ${nulls}`);
        this.addNull(slot, nulls);
      }
    if ((form & VALUES) !== 0) {
      if (this.values === null) throw new CorruptState('expected a column whose values are not counted');
      giveValues(this.values);
      this.values = EventValues.decode(r, slots, this.capacity, (view, start, length) =>
        this.check(view, start, length),
      );
      return;
    }
    this.giveUpValues();
    if (this.moments !== null)
      this.moments = EventMoments.decode(r, slots, this.capacity, (slot) => rows[slot]! - this.nullsOf(slot));
  }

  /** Hands its parts back for other columns; it must not be used again. */
  release(): void {
    if (this.values !== null) giveValues(this.values);
    if (this.moments !== null) giveMoments(this.moments);
    this.values = null;
    this.moments = null;
  }

  /** What was counted becomes moments. */
  private giveUpValues(): void {
    if (this.traits.arithmetic) this.moments ??= takeMoments(this.capacity);
    if (this.values === null) return;
    if (this.moments !== null) this.addValues(this.moments, this.values, null);
    giveValues(this.values);
    this.values = null;
  }

  private addValues(moments: EventMoments, values: EventValues, map: Int16Array | null): void {
    const { view, offsets, lengths, count } = values;
    this.decoder.numbers!(view, offsets, lengths, count, numbers);
    const slots = map === null ? values.slots : map.length;
    for (let value = 0; value < count; value++)
      for (let slot = 0; slot < slots; slot++)
        moments.addWeighted(map === null ? slot : map[slot]!, numbers[value]!, values.at(value, slot));
  }

  /** Counts the nulls of a batch; returns the slots of its other values. */
  private addNulls({ rows, lengths, stride }: FieldBatch, fields: ColumnFields, slots: Int16Array): Int16Array {
    if (packed.length < rows) packed = new Int16Array(rows);
    this.nulls ??= new Float64Array(this.capacity);
    const { nulls } = this;
    const base = fields.value * stride;
    let n = 0;
    for (let r = 0; r < rows; r++) {
      const slot = slots[r]!;
      if (lengths[base + r]! < 0) nulls[slot]!++;
      else packed[n++] = slot;
    }
    return packed;
  }

  private addNull(slot: number, count: number): void {
    if (count === 0) return;
    this.nulls ??= new Float64Array(this.capacity);
    this.nulls[slot]! += count;
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

function widened(values: Float64Array, capacity: number): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(capacity);
  grown.set(values);
  return grown;
}
