import type { ColumnMetric } from './metric.js';
import { nonNullCount, share } from './share.js';

/** Share of the values that are zero. */
export const zeroRate: ColumnMetric = {
  name: 'zero_rate',
  kind: 'rate',
  measure: (column, rowCount) => share(column.zeros, nonNullCount(column, rowCount)),
};
