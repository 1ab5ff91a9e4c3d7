import type { TableHistory } from '../model/history.js';
import type { TableCheck } from './check.js';
import { type ColumnVerdict, judgeColumns } from './column-verdicts.js';
import { makeFinding } from './finding.js';
import { columnPoints, measuredFromRows } from './past.js';
import { columnName, percent, time } from './sentence.js';
import type { CheckSettings } from './settings.js';

/** Two samples of one rate differ by more standard deviations than this only where the rate has changed. */
const CHANCE_DEVIATIONS = 5;

/** A larger share of nulls than the column's past leads to expect; columns without any null before are `first_null`'s. */
export const nullRate: TableCheck = {
  name: 'null_rate',
  judge(history, settings) {
    const judged = judgeColumns(history, 'null_rate', settings);
    const said = new Set(judged.map(({ column }) => column));
    const findings = judged.map((each) => {
      const { value, verdict, severity, column } = each;
      return makeFinding(history, {
        check: this.name,
        metric: 'null_rate',
        column,
        severity,
        value,
        expected: { upper: verdict.expected.upper },
        distance: verdict.q,
        message:
          `${columnName(history, column)} is null in ${percent(value)} of the rows${on(each)}, ` +
          `usually in ${percent(verdict.expected.value)}; expected at most ${percent(verdict.expected.upper)}.`,
      });
    });
    return [...findings, ...jumps(history, settings).filter(({ column }) => !said.has(column!))];

    function on({ when }: ColumnVerdict): string {
      return when === '' ? '' : ` inserted ${when}`;
    }
  },
};

/** The rule for a short past: a rise so large since the last run that no past is needed to call it one. */
function jumps(history: TableHistory, { nulls: limits }: CheckSettings) {
  const profile = measuredFromRows(history);
  const rows = profile?.rowCount;
  if (!profile || rows === undefined || rows < limits.minJumpRows) return [];
  return profile.columns.flatMap((column) => {
    const points = columnPoints(history, column.name, 'null_rate');
    const last = points.at(-1);
    if (last === undefined || last.value === 0 || column.nullCount === undefined) return [];
    const share = column.nullCount / rows;
    const highest = points.reduce((rate, point) => Math.max(rate, point.value), 0);
    const chance = Math.sqrt((highest * (1 - highest)) / rows);
    const limit = Math.max(highest + limits.jumpShare, highest + CHANCE_DEVIATIONS * chance);
    if (share <= limit) return [];
    return makeFinding(history, {
      check: 'null_rate',
      metric: 'null_rate',
      column: column.name,
      severity: 'warn',
      value: share,
      expected: { upper: limit },
      distance: 1.5 + (share - limit),
      message:
        `${columnName(history, column.name)} is null in ${percent(share)} of the rows, ` +
        `after ${percent(last.value)} at ${time(last.time)}; expected at most ${percent(limit)}.`,
    });
  });
}
