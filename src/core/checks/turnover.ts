import type { EventBuckets, EventColumn } from '../model/event-history.js';

/** Days with values before what is new is new: less is no history of what occurs. */
export const MIN_VALUE_DAYS = 14;
/** A column that got so many new values by itself gets more of them. */
const NOVEL_VALUES = 2;

/** Complete days before `end` on which a column had values, oldest first. */
export function daysWithValues({ complete }: EventBuckets, { nonNull }: EventColumn, end: number): number[] {
  const found: number[] = [];
  for (let day = complete; day < end; day++) if (nonNull[day]! > 0) found.push(day);
  return found;
}

/** True where values of a column come and go: campaigns, releases, batch names. */
export function turnsOver(days: EventBuckets, column: EventColumn, end: number): boolean {
  const before = daysWithValues(days, column, end);
  const isNovel = ({ counts }: { counts: readonly number[] }) =>
    before.findIndex((day) => counts[day]! > 0) >= MIN_VALUE_DAYS;
  return (column.values ?? []).filter(isNovel).length >= NOVEL_VALUES;
}
