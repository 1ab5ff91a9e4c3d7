import type { ColumnMetric } from './metric.js';
import { numericQuantile } from './share.js';

/** 5 % quantile of a numeric column. */
export const p05: ColumnMetric = {
  name: 'p05',
  kind: 'mean',
  measure: (column) => numericQuantile(column, column.quantiles?.p05),
};
