const MOST_ROWS = 1024;
/** Cells (rows × fields) of a batch, one for each 4 bytes of it: a field takes no less. */
const MOST_CELLS = 64 * 1024;

/** Where the fields of the gathered rows are, laid out as `FieldBatch` says. */
export class RowIndex {
  offsets = new Int32Array(0);
  lengths = new Int32Array(0);
  fields = 0;
  stride = 0;
  /** Rows a batch may hold: fewer where rows are wide. */
  capacity = 0;
  rows = 0;
  /** Bytes of the gathered rows. */
  bytes = 0;

  /** For rows of so many fields from now on. */
  begin(fields: number): void {
    this.fields = fields;
    this.capacity = Math.max(1, Math.min(MOST_ROWS, Math.floor(MOST_CELLS / Math.max(1, fields))));
    // Not a multiple of 4 KiB apart: the cells of one row would share one set of the level-1 cache.
    this.stride = this.capacity + 16;
    this.clear();
    if (this.offsets.length >= fields * this.stride) return;
    this.offsets = new Int32Array(fields * this.stride);
    this.lengths = new Int32Array(fields * this.stride);
  }

  clear(): void {
    this.rows = 0;
    this.bytes = 0;
  }

  /** The rows now lie `distance` bytes further to the front. */
  moved(distance: number): void {
    for (let field = 0; field < this.fields; field++) {
      const first = field * this.stride;
      for (let cell = first; cell < first + this.rows; cell++) this.offsets[cell]! -= distance;
    }
  }
}
