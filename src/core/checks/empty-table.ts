import type { Point } from '../model/history.js';
import type { TableCheck } from './check.js';
import { makeFinding } from './finding.js';
import { isNewNormal, measuredFromRows, splitTrailing, tablePoints } from './past.js';
import { counted, tableName, time } from './sentence.js';

/** Emptied and refilled this often, a table is a queue or a staging area and being empty is its nature. */
const HABITUAL_EMPTYINGS = 2;

/** A table that had rows and has none now, until that has become its normal state. */
export const emptyTable: TableCheck = {
  name: 'empty_table',
  judge(history) {
    if (measuredFromRows(history)?.rowCount !== 0) return [];
    const { before, trailing } = splitTrailing(tablePoints(history, 'row_count'), isEmpty);
    const lastFilled = before.at(-1);
    if (lastFilled === undefined || isNewNormal(trailing) || emptyings(before) >= HABITUAL_EMPTYINGS) return [];
    const since = time(lastFilled.time);
    return [
      makeFinding(history, {
        check: this.name,
        metric: 'row_count',
        severity: 'critical',
        value: 0,
        expected: { lower: 1 },
        message: `${tableName(history)} is empty; it had ${counted(lastFilled.value, 'row')} at ${since}.`,
      }),
    ];
  },
};

function isEmpty(rows: number): boolean {
  return rows === 0;
}

/** How often the table went from rows to none and came back. */
function emptyings(points: readonly Point[]): number {
  let count = 0;
  for (let i = 1; i < points.length; i++) if (points[i]!.value === 0 && points[i - 1]!.value > 0) count++;
  return count;
}
