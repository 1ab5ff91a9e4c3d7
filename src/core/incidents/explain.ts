import { name, percent, quotedValue } from '../checks/sentence.js';
import type { EventBuckets } from '../model/event-history.js';
import { median, quantile } from '../statistics.js';
import { cameTwice } from './came-twice.js';
import { comparableDays, usualRows } from './comparable-days.js';
import { type RowGroup, rowGroups, sharesOf } from './row-groups.js';

/** Where less than this is left, all values are missing alike. */
const MIN_LEFT_SHARE = 0.03;
/** A group explains from this share of the missing or extra rows on … */
const MIN_PART = 0.6;
/** … up to this one: beyond it, others moved the other way, and that is another story. */
const MAX_PART = 1.5;
/** The other rows' share of the difference is at most this part of their usual share: what befell all alike has no cause here. */
const MAX_OTHERS = 0.5;
/** Standard deviations that a group's share must have moved. */
const MIN_DEVIATIONS = 4;
/** MAD and 90 % quantile of the absolute residuals of a normal distribution, as standard deviations. */
const MAD_TO_SIGMA = 1.4826;
const Q90_TO_SIGMA = 1 / 1.645;
/** A group whose share was off by this part the day before, too … */
const SAME_SHIFT = 0.25;
/** … when the rows were off by less than this part, changes with the age of the rows (a status): it explains nothing. */
const SAME_CHANGE = 0.5;

/** One day that got too many or too few rows. */
interface Day {
  readonly days: EventBuckets;
  readonly index: number;
  readonly comparable: readonly number[];
  readonly rows: number;
  readonly expected: number;
}

/**
 * What explains that a day got fewer or more rows than expected, in one sentence: the rows without a column's value or with
 * one of its few values, or a load that came twice. Null where nothing does, or too little is known.
 */
export function explainRows(days: EventBuckets, index: number, expected: number): string | null {
  const rows = days.rows[index]!;
  const comparable = comparableDays(days, index);
  if (comparable.length === 0 || rows === expected || rows < MIN_LEFT_SHARE * expected) return null;
  const day: Day = { days, index, comparable, rows, expected };
  const columns = rowGroups(days, comparable);
  let best: { readonly group: RowGroup; readonly part: number; readonly gain: number } | null = null;
  for (const groups of columns) {
    const group = mostChanged(groups, day);
    const part = partOf(group, day);
    if (part === null) continue;
    const gain = part - group.usual;
    if (gain > (best?.gain ?? 0)) best = { group, part, gain };
  }
  if (best !== null) return sentence(best.group, best.part, rows < expected);
  return cameTwice(columns, index, rows, expected)
    ? 'Every value came about twice as often: the load may have run twice.'
    : null;
}

/** What moved less than another value of its column is not what happened. */
function mostChanged(groups: readonly RowGroup[], day: Day): RowGroup {
  const size = (group: RowGroup) => Math.abs(changeOf(group, day));
  return groups.reduce((most, group) => (size(group) > size(most) ? group : most));
}

/** Rows that a group has more than expected; negative where it has fewer. */
function changeOf({ counts, usual }: RowGroup, { index, expected }: Day): number {
  return counts[index]! - usual * expected;
}

/** The share of the missing or extra rows that a group explains, at most 1; null where it does not. */
function partOf(group: RowGroup, day: Day): number | null {
  const { rows, expected, index } = day;
  const part = changeOf(group, day) / (rows - expected);
  if (!(part >= MIN_PART && part <= MAX_PART) || 1 - part > MAX_OTHERS * (1 - group.usual)) return null;
  const shift = Math.abs(group.counts[index]! - group.usual * rows);
  if (shift < MIN_DEVIATIONS * deviation(group, day) || changesWithAge(group, day)) return null;
  return Math.min(1, part);
}

/** Standard deviation of a group's rows among so many: chance, now and in the past, and how its share moves by itself. */
function deviation({ counts, usual }: RowGroup, { days, comparable, rows }: Day): number {
  const known = comparable.reduce((sum, day) => sum + days.rows[day]!, 0);
  // The variance of a median is about 1.6 times that of a mean. What never occurred may occur once.
  const chance = rows * usual * (1 - usual) * (1 + (1.6 * rows) / known) + 1;
  const residuals = sharesOf(days, counts, comparable).map((share) => Math.abs(share - usual));
  const moves = Math.max(MAD_TO_SIGMA * median(residuals), Q90_TO_SIGMA * quantile(residuals, 0.9));
  return Math.sqrt(chance + (moves * rows) ** 2);
}

/** True where the last day before had much of the same shift though its rows were as usual: younger rows are like that. */
function changesWithAge({ counts, usual }: RowGroup, { days, index, rows, expected }: Day): boolean {
  let before = index - 1;
  while (before >= days.complete && days.rows[before] === 0) before--;
  const comparable = comparableDays(days, before);
  const usualThen = usualRows(days, before);
  if (usualThen === null) return false;
  const changeThen = Math.abs(days.rows[before]! / usualThen - 1);
  if (changeThen >= SAME_CHANGE * Math.abs(rows / expected - 1)) return false;
  const shiftThen = counts[before]! / days.rows[before]! - median(sharesOf(days, counts, comparable));
  return shiftThen / (counts[index]! / rows - usual) >= SAME_SHIFT;
}

function sentence({ column, value }: RowGroup, part: number, missing: boolean): string {
  // Both are estimates: what is left of a whole is none.
  const share = percent(Math.round(part * 100) / 100);
  const which = value === null ? `no ${name(column)}` : `${name(column)} = ${quotedValue(column, value)}`;
  return `${share} of the ${missing ? 'missing' : 'extra'} rows have ${which}.`;
}
