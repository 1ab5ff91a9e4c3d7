import type { TableCheck } from './check.js';
import { judgeColumns } from './column-verdicts.js';
import { makeFinding } from './finding.js';
import { columnName, percent, quotedValue } from './sentence.js';
import { turnsOver } from './turnover.js';

/** A value of a low-cardinality column that became more or less frequent; one finding a column, its worst value. */
export const share: TableCheck = {
  name: 'share',
  judge(history, settings) {
    const days = history.events?.days;
    // Of numbers, the mean is told; where values come and go, so do their shares.
    const left = new Set(
      Object.entries(days?.columns ?? {}).flatMap(([name, column]) =>
        column.mean || turnsOver(days!, column, days!.starts.length - 1) ? [name] : [],
      ),
    );
    const verdicts = judgeColumns(history, 'share', settings, (column) => left.has(column));
    const worst = new Map<string, (typeof verdicts)[number]>();
    for (const each of verdicts) {
      if (each.verdict.q > (worst.get(each.column)?.verdict.q ?? 0)) worst.set(each.column, each);
    }
    return [...worst.values()].map(({ column, of, value, verdict, severity, when }) => {
      const { value: usual, lower, upper } = verdict.expected;
      return makeFinding(history, {
        check: this.name,
        metric: 'share',
        column,
        severity,
        value,
        expected: { lower, upper },
        distance: verdict.q,
        message:
          `${percent(value)} of ${columnName(history, column)} ${when} is ${quotedValue(column, of ?? '')}, usually ${percent(usual)}; ` +
          `expected ${percent(lower)} to ${percent(upper)}.`,
      });
    });
  },
};
