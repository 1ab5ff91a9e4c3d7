import type { CopyConsumer } from '#src/core/decode/copy-stream-decoder.js';
import type { FieldBatch } from '#src/core/decode/field-batch.js';

/** Keeps the rows of each COPY as the bytes that came, null for NULL. */
export class RowCollector implements CopyConsumer {
  readonly copies: (Buffer | null)[][][] = [];
  /** Indexes of the COPYs that ended. */
  readonly ended: number[] = [];

  begin(copy: number): void {
    this.copies[copy] = [];
  }

  batch(copy: number, { bytes, rows, fields, stride, offsets, lengths }: FieldBatch): void {
    for (let row = 0; row < rows; row++) {
      const values = Array.from({ length: fields }, (_, field) => {
        const at = field * stride + row;
        const from = offsets[at]!;
        return lengths[at]! < 0 ? null : Buffer.from(bytes.subarray(from, from + lengths[at]!));
      });
      this.copies[copy]?.push(values);
    }
  }

  end(copy: number): void {
    this.ended.push(copy);
  }

  /** Rows of one COPY as texts. */
  texts(copy = 0): (string | null)[][] {
    return (this.copies[copy] ?? []).map((row) => row.map((value) => value?.toString() ?? null));
  }
}
