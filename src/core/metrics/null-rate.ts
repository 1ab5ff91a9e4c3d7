import type { ColumnMetric } from './metric.js';
import { share } from './share.js';

/** Share of rows that are null. */
export const nullRate: ColumnMetric = {
  name: 'null_rate',
  kind: 'null_rate',
  measure: (column, rowCount) => share(column.nullCount, rowCount),
};
