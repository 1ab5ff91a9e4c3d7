import type { Point } from '../model/history.js';
import { isNewNormal } from './past.js';
import { expectRows, type RowDeviation, type RowExpectation, rowDeviation } from './row-expectation.js';
import { steadyTrend } from './row-trend.js';
import type { CheckSettings } from './settings.js';

type Limits = CheckSettings['rowCount'];

/** How many points are read to tell normal ones from those that were findings themselves. */
const REPLAYED_POINTS = 40;
/** What happened this often and passed again belongs to the table: weekends, month ends, staging areas. */
const HABITUAL_EPISODES = 2;
/** How much further than a habit a value may go. */
const HABIT_MARGIN = 1.25;

/** A stretch of runs in which the row count was off, and came back. */
interface Episode {
  readonly direction: RowDeviation['direction'];
  /** Its row count farthest from normal. */
  readonly extreme: number;
}

/** What a table's past says of its row count: what is normal, and what is not but keeps happening. */
export interface RowPast {
  /** Oldest first. */
  readonly normal: readonly Point[];
  /** The last runs where they were off. */
  readonly outside: readonly Point[];
  readonly episodes: readonly Episode[];
}

/**
 * Replays the judged points of a row count. A point outside what the normal ones before it led to expect does not
 * become normal itself, unless such points lasted long enough to be a new level, or turn out to be steady growth.
 */
export function readRowPast(points: readonly Point[], limits: Limits): RowPast {
  let normal: Point[] = [];
  let outside: Point[] = [];
  const episodes: Episode[] = [];
  for (const point of points.slice(-REPLAYED_POINTS)) {
    if (!(point.value > 0)) continue;
    const expected = expectRows(normal, point.time, limits);
    if (expected && expected.high < limits.minRows && point.value >= limits.minRows) {
      // What held a handful of rows was not yet in use.
      [normal, outside] = [[point], []];
    } else if (expected === null || rowDeviation(point.value, expected, limits) === null) {
      if (expected && outside.length > 0) episodes.push(episodeOf(outside, expected));
      normal.push(point);
      outside = [];
    } else {
      outside.push(point);
      if (isNewNormal(outside)) [normal, outside] = [outside, []];
      else if (growsSteadily(normal, outside, limits)) {
        [normal, outside] = [[...normal, ...outside], []];
      }
    }
  }
  return { normal: normal.slice(-limits.points), outside, episodes };
}

/** True where the past went at least as far the same way, more than once, and came back each time. */
export function isHabit(rows: number, direction: RowDeviation['direction'], past: RowPast): boolean {
  const alike = past.episodes.filter(
    (each) =>
      each.direction === direction &&
      (direction === 'fall' ? rows >= each.extreme / HABIT_MARGIN : rows <= each.extreme * HABIT_MARGIN),
  );
  return alike.length >= HABITUAL_EPISODES;
}

function episodeOf(outside: readonly Point[], expected: RowExpectation): Episode {
  const values = outside.map((point) => point.value);
  return values[0]! < expected.low
    ? { direction: 'fall', extreme: Math.min(...values) }
    : { direction: 'rise', extreme: Math.max(...values) };
}

/** True where the point under judgement turns what looked like a jump in the run before it into steady growth. */
export function continuesGrowth(point: Point, past: RowPast, limits: Limits): boolean {
  return growsSteadily(past.normal, [...past.outside, point], limits);
}

/** One jump is no growth: at least two of the points that looked off must fit the line. */
function growsSteadily(normal: readonly Point[], outside: readonly Point[], limits: Limits): boolean {
  const points = [...normal, ...outside].slice(-limits.points);
  const trend = outside.length < 2 ? null : steadyTrend(points, points.at(-1)!.time);
  return trend !== null && trend.step > 0;
}
