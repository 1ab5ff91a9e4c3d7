import type { ColumnMetric } from './metric.js';

/** Sample standard deviation (n − 1) of the values. */
export const stddev: ColumnMetric = {
  name: 'stddev',
  kind: 'mean',
  measure: (column) => column.stddev,
};
