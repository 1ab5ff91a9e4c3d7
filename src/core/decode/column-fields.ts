/** Where one column's fields are in a row: indices into the row, −1 where there is no length field. */
export interface ColumnFields {
  readonly value: number;
  /**
   * An int4 beside the value: for arrays the element count; for text, bytea, json and `other` the length in bytes of a
   * value that the server cut, NULL where the value came whole.
   */
  readonly length: number;
}
