import type { TableCheck } from './check.js';
import { judgeColumns } from './column-verdicts.js';
import { makeFinding } from './finding.js';
import { isCounter, isIdentifier } from './identifier.js';
import { isMaterial } from './material.js';
import { changed, columnName, figure } from './sentence.js';

/** A change that is worth a word, in standard deviations of the column. */
const MIN_PART = 0.02;

/** A numeric column whose mean is not where its past leads to expect it: another unit, another sign, other rows. */
export const mean: TableCheck = {
  name: 'mean',
  judge(history, settings) {
    const skip: Parameters<typeof judgeColumns>[3] = (column, points) =>
      isIdentifier(history, column) || isCounter(points);
    return judgeColumns(history, 'mean', settings, skip).flatMap(({ column, value, verdict, severity, when }) => {
      const { value: usual, lower, upper } = verdict.expected;
      if (!isMaterial(history, column, value - usual, MIN_PART)) return [];
      return makeFinding(history, {
        check: this.name,
        metric: 'mean',
        column,
        severity,
        value,
        expected: { lower, upper },
        distance: verdict.q,
        message:
          `The mean of ${columnName(history, column)}${when && ` ${when}`} is ${figure(value)}, ` +
          `${changed(value, usual, figure)}; expected ${figure(lower)} to ${figure(upper)}.`,
      });
    });
  },
};
