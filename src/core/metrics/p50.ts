import type { ColumnMetric } from './metric.js';
import { numericQuantile } from './share.js';

/** Median of a numeric column. */
export const p50: ColumnMetric = {
  name: 'p50',
  kind: 'mean',
  measure: (column) => numericQuantile(column, column.quantiles?.p50),
};
