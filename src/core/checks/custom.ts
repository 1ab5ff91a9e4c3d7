import { customMetric } from '../metrics/index.js';
import type { TableCheck } from './check.js';
import { customFigures } from './custom-figures.js';
import { expectedSince } from './expected.js';
import { makeFinding } from './finding.js';
import { judgeNewest } from './newest-verdict.js';
import { tablePoints } from './past.js';
import { changed, figure, tableName } from './sentence.js';

/** A metric of sentinel.yaml without limits that is not where its past leads to expect it. */
export const custom: TableCheck = {
  name: 'custom',
  judge(history, settings) {
    return customFigures(history).flatMap(({ rule: { name, kind, lower, upper }, value }) => {
      if (lower !== undefined || upper !== undefined) return [];
      const metric = customMetric(name);
      const points = [...tablePoints(history, metric), { time: history.now, value }];
      const judged = judgeNewest({ kind }, points, points.length - 1, settings.judge, expectedSince(history, metric));
      if (judged === null) return [];
      const { expected, q } = judged.verdict;
      return makeFinding(history, {
        check: this.name,
        metric,
        severity: judged.severity,
        value,
        expected: { lower: expected.lower, upper: expected.upper },
        distance: q,
        message:
          `The metric ${name} of ${tableName(history)} is ${figure(value)}, ${changed(value, expected.value, figure)}; ` +
          `expected ${figure(expected.lower)} to ${figure(expected.upper)}.`,
      });
    });
  },
};
