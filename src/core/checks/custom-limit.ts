import { customMetric } from '../metrics/index.js';
import type { TableCheck } from './check.js';
import { customFigures } from './custom-figures.js';
import { makeFinding } from './finding.js';
import { figure, tableName } from './sentence.js';

/** A metric of sentinel.yaml beyond the limits that are set for it there. */
export const customLimit: TableCheck = {
  name: 'custom_limit',
  judge(history) {
    return customFigures(history).flatMap(({ rule, value }) => {
      const { name, severity, lower, upper } = rule;
      const isLow = lower !== undefined && value < lower;
      if (!isLow && !(upper !== undefined && value > upper)) return [];
      const limit = isLow ? `at least ${figure(lower)}` : `at most ${figure(upper!)}`;
      return makeFinding(history, {
        check: this.name,
        metric: customMetric(name),
        severity,
        value,
        expected: { ...(lower !== undefined && { lower }), ...(upper !== undefined && { upper }) },
        message: `The metric ${name} of ${tableName(history)} is ${figure(value)}; sentinel.yaml allows ${limit}.`,
      });
    });
  },
};
