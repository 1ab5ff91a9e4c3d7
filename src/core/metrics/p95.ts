import type { ColumnMetric } from './metric.js';
import { numericQuantile } from './share.js';

/** 95 % quantile of a numeric column. */
export const p95: ColumnMetric = {
  name: 'p95',
  kind: 'mean',
  measure: (column) => numericQuantile(column, column.quantiles?.p95),
};
