/**
 * The non-null values of one column of one batch, packed from index 0. Reused from batch to batch; filled by the
 * decoders, read by the dictionary and the sketches.
 */
export class DecodedColumn {
  /** Non-null values: how much of each array below is in use. */
  count = 0;
  nulls = 0;
  /** Values longer than the cap, known by their prefix and length. */
  truncated = 0;
  h1 = new Int32Array(0);
  h2 = new Int32Array(0);
  /** Range of each value's kept bytes in the batch. */
  offsets = new Int32Array(0);
  lengths = new Int32Array(0);
  /** Text-like kinds only: true length in bytes, for arrays elements; `~size`, below zero, where the value was cut. */
  sizes = new Int32Array(0);
  /** Text only: characters where every byte is ASCII, else −1 and still to be counted. */
  characters = new Int32Array(0);
  /** Position on the number line (see `Decoder.numbers`), filled on demand. */
  numbers = new Float64Array(0);

  /** Empties the column and makes room for `rows` values. */
  begin(rows: number): void {
    this.count = 0;
    this.nulls = 0;
    this.truncated = 0;
    if (this.h1.length >= rows) return;
    this.h1 = new Int32Array(rows);
    this.h2 = new Int32Array(rows);
    this.offsets = new Int32Array(rows);
    this.lengths = new Int32Array(rows);
    this.sizes = new Int32Array(rows);
    this.characters = new Int32Array(rows);
    this.numbers = new Float64Array(rows);
  }

  /** Forgets the first `from` values. */
  dropFirst(from: number): void {
    if (from === 0) return;
    this.h1.copyWithin(0, from, this.count);
    this.h2.copyWithin(0, from, this.count);
    this.offsets.copyWithin(0, from, this.count);
    this.lengths.copyWithin(0, from, this.count);
    this.sizes.copyWithin(0, from, this.count);
    this.characters.copyWithin(0, from, this.count);
    this.count -= from;
  }
}
