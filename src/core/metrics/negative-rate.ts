import type { ColumnMetric } from './metric.js';
import { nonNullCount, share } from './share.js';

/** Share of the values that are below zero. */
export const negativeRate: ColumnMetric = {
  name: 'negative_rate',
  kind: 'rate',
  measure: (column, rowCount) => share(column.negatives, nonNullCount(column, rowCount)),
};
