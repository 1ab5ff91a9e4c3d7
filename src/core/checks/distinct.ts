import type { TableCheck } from './check.js';
import { judgeColumns } from './column-verdicts.js';
import { makeFinding } from './finding.js';
import { changed, columnName, counted, grouped } from './sentence.js';

/** A column with more or fewer distinct values than its past leads to expect. */
export const distinct: TableCheck = {
  name: 'distinct',
  judge(history, settings) {
    return judgeColumns(history, 'distinct', settings).map(({ column, value, verdict, severity }) => {
      const { value: usual, lower, upper } = verdict.expected;
      return makeFinding(history, {
        check: this.name,
        metric: 'distinct',
        column,
        severity,
        value,
        expected: { lower, upper },
        distance: verdict.q,
        message:
          `${columnName(history, column)} has ${counted(value, 'distinct value')}, ${changed(value, usual, grouped)}; ` +
          `expected ${grouped(Math.max(0, Math.ceil(lower)))} to ${grouped(Math.floor(upper))}.`,
      });
    });
  },
};
