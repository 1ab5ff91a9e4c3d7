import type { ColumnMetric } from './metric.js';

/** Mean length of the values, in the unit that the profile names. */
export const lengthMean: ColumnMetric = {
  name: 'length_mean',
  kind: 'mean',
  measure: (column) => column.length?.mean,
};
