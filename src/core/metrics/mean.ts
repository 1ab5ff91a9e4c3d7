import { isPersonalNumber } from '../privacy/mask.js';
import type { ColumnMetric } from './metric.js';

/** Arithmetic mean of the values. */
export const mean: ColumnMetric = {
  name: 'mean',
  kind: 'mean',
  measure: (column) => (column.mean === undefined || isPersonalNumber(column) ? undefined : column.mean),
};
