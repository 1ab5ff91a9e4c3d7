import type { Severity } from '../model/finding.js';
import type { Point } from '../model/history.js';
import type { TableCheck } from './check.js';
import { makeFinding } from './finding.js';
import { measured, tablePoints } from './past.js';
import { countCause } from './row-cause.js';
import { expectRows, type RowExpectation, rowDeviation, WARN_DISTANCE } from './row-expectation.js';
import { continuesGrowth, isHabit, readRowPast } from './row-past.js';
import { counted, grouped, percent, tableName, time } from './sentence.js';

/** A table that collapsed or multiplied against its last runs. A table without rows is `empty_table`'s. */
export const rowCount: TableCheck = {
  name: 'row_count',
  judge(history, settings) {
    const limits = settings.rowCount;
    const rows = measured(history)?.rowCount;
    if (rows === undefined || rows <= 0) return [];
    const past = readRowPast(tablePoints(history, 'row_count'), limits);
    const expected = expectRows(past.normal, history.now, limits);
    const deviation = expected && rowDeviation(rows, expected, limits);
    if (!expected || !deviation || isHabit(rows, deviation.direction, past)) return [];
    if (continuesGrowth({ run: history.run, time: history.now, value: rows }, past, limits)) return [];

    const fall = deviation.direction === 'fall';
    const reference = lastAsExpected(past.normal, expected);
    const before = reference?.value ?? (fall ? expected.low : expected.high);
    let severity: Severity = deviation.distance >= WARN_DISTANCE ? 'warn' : 'info';
    if (fall && 1 - rows / before > limits.criticalFallShare) severity = 'critical';
    const bounds = { lower: Math.ceil(expected.lower), upper: Math.floor(expected.upper) };
    const bound = fall ? `at least ${grouped(bounds.lower)}` : `at most ${grouped(bounds.upper)}`;
    const then = reference ? `the ${grouped(before)} of ${time(reference.time)}` : `the usual ${grouped(before)}`;
    return [
      makeFinding(history, {
        check: this.name,
        metric: 'row_count',
        severity,
        value: rows,
        expected: bounds,
        distance: deviation.distance,
        message: `${tableName(history)} has ${counted(rows, 'row')}, ${compared(rows / before)} ${then}; expected ${bound}.`,
        ...countCause(history, rows - (fall ? expected.low : expected.high)),
      }),
    ];
  },
};

/** The newest run that was as expected: a reader can look at it. */
function lastAsExpected(normal: readonly Point[], expected: RowExpectation): Point | undefined {
  return normal.findLast(({ value }) => value >= expected.lower && value <= expected.upper);
}

function compared(ratio: number): string {
  if (ratio < 1) return `${percent(1 - ratio)} fewer than`;
  return ratio >= 10 ? `${grouped(ratio)} times` : `${percent(ratio - 1)} more than`;
}
