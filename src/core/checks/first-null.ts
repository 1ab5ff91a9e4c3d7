import type { Point } from '../model/history.js';
import type { TableCheck } from './check.js';
import { makeFinding } from './finding.js';
import { columnPoints, isNewNormal, measuredFromRows, splitTrailing, tablePoints } from './past.js';
import { columnName, counted, percent, time } from './sentence.js';

/** Nulls in a column that had none in any judged run, until that has become its normal state. */
export const firstNull: TableCheck = {
  name: 'first_null',
  judge(history, settings) {
    const profile = measuredFromRows(history);
    const rows = profile?.rowCount;
    if (!profile || rows === undefined || rows <= 0) return [];
    const rowsByRun = new Map(tablePoints(history, 'row_count').map((point) => [point.run, point.value]));
    return profile.columns.flatMap((column) => {
      const nulls = column.nullCount;
      if (nulls === undefined || nulls <= 0) return [];
      const { before, trailing } = splitTrailing(columnPoints(history, column.name, 'null_rate'), (rate) => rate > 0);
      const rowsBefore = before.reduce((sum, point) => sum + (rowsByRun.get(point.run) ?? 0), 0);
      if (before.length === 0 || before.some((point) => point.value !== 0)) return [];
      if (rowsBefore < settings.nulls.minPriorRows || isNewNormal(trailing)) return [];
      const share = nulls / rows;
      return makeFinding(history, {
        check: this.name,
        metric: 'null_rate',
        column: column.name,
        severity: share > settings.nulls.criticalShare ? 'critical' : 'warn',
        value: share,
        expected: { upper: 0 },
        message:
          `${columnName(history, column.name)} has ${counted(nulls, 'null')} ` +
          `(${percent(share)} of ${counted(rows, 'row')}); ${never(before)}.`,
      });
    });
  },
};

function never(before: readonly Point[]): string {
  const last = time(before.at(-1)!.time);
  return before.length === 1 ? `it had none at ${last}` : `it had none in ${before.length} runs up to ${last}`;
}
