import type { ColumnMetric } from './metric.js';
import { nonNullCount, share } from './share.js';

/** Distinct values per value that is not null; 1 where no value repeats (an estimate may exceed it and is cut). */
export const uniqueness: ColumnMetric = {
  name: 'uniqueness',
  kind: 'rate',
  measure: (column, rowCount) => share(column.distinct?.value, nonNullCount(column, rowCount)),
};
