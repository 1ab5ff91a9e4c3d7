import type { ColumnMetric } from './metric.js';
import { nonNullCount, share } from './share.js';

/** Share of the values that are NaN. */
export const nanRate: ColumnMetric = {
  name: 'nan_rate',
  kind: 'rate',
  measure: (column, rowCount) => share(column.nan, nonNullCount(column, rowCount)),
};
