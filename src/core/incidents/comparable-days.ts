import type { EventBuckets } from '../model/event-history.js';
import { median } from '../statistics.js';

const WEEK = 7;
const RECENT_WEEKS = 8;
/** Fewer days with rows say nothing of what is usual. */
const MIN_DAYS = 7;
/** Weekdays differ, but so few of one say less than all of them. */
const MIN_SAME_WEEKDAY = 4;
const LAST_DAYS = 28;

/**
 * Indices of the complete days with rows that a day is measured against, oldest first: those of its weekday in the weeks
 * before, or the last ones where they are few. None where too few days are known.
 */
export function comparableDays({ rows, complete }: EventBuckets, index: number): readonly number[] {
  const recent: number[] = [];
  for (let day = Math.max(complete, index - RECENT_WEEKS * WEEK); day < index; day++)
    if (rows[day]! > 0) recent.push(day);
  if (recent.length < MIN_DAYS) return [];
  // There are no gaps between days.
  const sameWeekday = recent.filter((day) => (index - day) % WEEK === 0);
  return sameWeekday.length >= MIN_SAME_WEEKDAY ? sameWeekday : recent.slice(-LAST_DAYS);
}

/** Rows that such days usually have; null where too little is known. */
export function usualRows(days: EventBuckets, index: number): number | null {
  const comparable = comparableDays(days, index);
  return comparable.length === 0 ? null : median(comparable.map((day) => days.rows[day]!));
}
