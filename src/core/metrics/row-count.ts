import type { TableMetric } from './metric.js';

/** Rows of the table. */
export const rowCount: TableMetric = {
  name: 'row_count',
  kind: 'row_count',
  measure: (profile) => profile.rowCount,
};
