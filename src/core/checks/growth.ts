import type { TableCheck } from './check.js';
import { expectedSince } from './expected.js';
import { makeFinding } from './finding.js';
import { judgeNewest } from './newest-verdict.js';
import { measured, tablePoints } from './past.js';
import { differences } from './row-trend.js';
import { changed, counted, grouped, tableName, time } from './sentence.js';

/** Fewer moves do not show how a table grows. */
const MIN_MOVES = 5;

/**
 * Rows that a growing table gained since the run before, where its past runs lead to expect more or fewer. Only for tables
 * without event-time history: that says it by day, whenever the runs are.
 */
export const growth: TableCheck = {
  name: 'growth',
  judge(history, settings) {
    const rows = measured(history)?.rowCount;
    const past = tablePoints(history, 'row_count');
    const moves = differences(past.map(({ value }) => value)).filter((step) => step !== 0);
    if (rows === undefined || history.events || moves.length < MIN_MOVES || moves.some((step) => step < 0)) return [];
    const last = past.at(-1)!;
    if (rows < last.value) return []; // `row_count` judges falls
    const points = [...past, { time: history.now, value: rows }];
    const expected = expectedSince(history, 'row_count');
    const judged = judgeNewest({ kind: 'cumulative' }, points, points.length - 1, settings.judge, expected);
    if (judged === null) return [];
    const gained = rows - last.value;
    const { value, lower, upper } = judged.verdict.expected;
    const since = (total: number) => Math.max(0, total - last.value);
    return [
      makeFinding(history, {
        check: this.name,
        metric: 'row_count',
        severity: judged.severity,
        value: rows,
        expected: { lower: Math.ceil(lower), upper: Math.floor(upper) },
        distance: judged.verdict.q,
        message:
          `${tableName(history)} gained ${counted(gained, 'row')} since ${time(last.time)}, ` +
          `${changed(gained, since(value), grouped)}; expected ${grouped(since(lower))} to ${grouped(since(upper))}.`,
      }),
    ];
  },
};
