/**
 * A batch of rows as columns of byte ranges: field `f` of row `r` starts at `offsets[f * stride + r]` in `bytes` and is
 * `lengths[f * stride + r]` bytes long; a length of −1 is SQL NULL. Valid only until the producer's next call.
 */
export interface FieldBatch {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly rows: number;
  readonly fields: number;
  readonly stride: number;
  readonly offsets: Int32Array;
  readonly lengths: Int32Array;
}
