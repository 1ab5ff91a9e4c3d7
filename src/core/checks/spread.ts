import type { TableCheck } from './check.js';
import { judgeColumns } from './column-verdicts.js';
import { makeFinding } from './finding.js';
import { isCounter, isIdentifier } from './identifier.js';
import { isMaterial } from './material.js';
import { changed, columnName, figure } from './sentence.js';

/** A change that is worth a word, in standard deviations of the column. */
const MIN_PART = 0.05;

/** Figures of how a column's numbers are spread, with the words for each. */
const FIGURES = [
  ['p50', 'median'],
  ['p05', '5 % quantile'],
  ['p95', '95 % quantile'],
  ['stddev', 'standard deviation'],
] as const;

/** A numeric column whose middle, ends or width are not where its past leads to expect them; one finding a column, the worst. */
export const spread: TableCheck = {
  name: 'spread',
  judge(history, settings) {
    const skip: Parameters<typeof judgeColumns>[3] = (column, points) =>
      isIdentifier(history, column) || isCounter(points);
    const worst = new Map<string, { readonly q: number; readonly finding: ReturnType<typeof makeFinding> }>();
    for (const [metric, word] of FIGURES) {
      for (const { column, value, verdict, severity, when } of judgeColumns(history, metric, settings, skip)) {
        const { value: usual, lower, upper } = verdict.expected;
        if (verdict.q <= (worst.get(column)?.q ?? 0)) continue;
        if (!isMaterial(history, column, value - usual, MIN_PART)) continue;
        const finding = makeFinding(history, {
          check: this.name,
          metric,
          column,
          severity,
          value,
          expected: { lower, upper },
          distance: verdict.q,
          message:
            `The ${word} of ${columnName(history, column)}${when && ` ${when}`} is ${figure(value)}, ` +
            `${changed(value, usual, figure)}; expected ${figure(lower)} to ${figure(upper)}.`,
        });
        worst.set(column, { q: verdict.q, finding });
      }
    }
    return [...worst.values()].map(({ finding }) => finding);
  },
};
