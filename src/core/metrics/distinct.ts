import type { ColumnMetric } from './metric.js';

/** Number of different values, nulls left out. */
export const distinct: ColumnMetric = {
  name: 'distinct',
  kind: 'distinct',
  measure: (column) => column.distinct?.value,
};
