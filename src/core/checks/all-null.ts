import type { TableCheck } from './check.js';
import { makeFinding } from './finding.js';
import { columnPoints, isNewNormal, measuredFromRows, splitTrailing } from './past.js';
import { columnName, counted, percent, time } from './sentence.js';

/** A column that had values and has none now: only where enough values were to be expected and it never was so before. */
export const allNull: TableCheck = {
  name: 'all_null',
  judge(history, settings) {
    const profile = measuredFromRows(history);
    const rows = profile?.rowCount;
    if (!profile || rows === undefined || rows <= 0) return [];
    return profile.columns.flatMap((column) => {
      if (column.nullCount !== rows) return [];
      const { before, trailing } = splitTrailing(columnPoints(history, column.name, 'null_rate'), (rate) => rate >= 1);
      const last = before.at(-1);
      if (last === undefined || isNewNormal(trailing)) return [];
      // A sparse column of a small table is all null now and then by chance.
      const highest = before.reduce((rate, point) => Math.max(rate, point.value), 0);
      if ((1 - highest) * rows < settings.nulls.minExpectedValues) return [];
      const then = last.value === 0 ? 'it had no null' : `${percent(last.value)} of them were null`;
      return makeFinding(history, {
        check: this.name,
        metric: 'null_rate',
        column: column.name,
        severity: 'critical',
        value: 1,
        expected: { upper: highest },
        message: `${columnName(history, column.name)} is null in ${all(rows)}; ${then} at ${time(last.time)}.`,
      });
    });
  },
};

function all(rows: number): string {
  return rows === 1 ? 'its only row' : `all of ${counted(rows, 'row')}`;
}
