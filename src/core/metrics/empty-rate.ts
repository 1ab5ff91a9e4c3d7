import type { ColumnMetric } from './metric.js';
import { nonNullCount, share } from './share.js';

/** Share of the values that are empty: empty strings, zero-length bytea, arrays without elements. */
export const emptyRate: ColumnMetric = {
  name: 'empty_rate',
  kind: 'rate',
  measure: (column, rowCount) => share(column.empty, nonNullCount(column, rowCount)),
};
