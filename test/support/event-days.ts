import { recentDays } from '#src/core/events/recent-days.js';
import type { EventColumn, EventHistory } from '#src/core/model/event-history.js';
import type { TableHistory } from '#src/core/model/history.js';
import { DAY, NOW, profileOf, tableHistory } from './table-history.js';

/** The open day of `NOW` (2026-11-24, 02:00 UTC) began here. */
const TODAY = NOW - 2 * 3_600_000;

/** Closed days up to yesterday, oldest first, of a table that is loaded every day. */
export function eventDays(
  rows: readonly number[],
  columns: Readonly<Record<string, EventColumn>> = {},
  different: Partial<EventHistory['days']> = {},
): EventHistory {
  const starts = rows.map((_, i) => TODAY - (rows.length - i) * DAY);
  return {
    column: 'created_at',
    declared: false,
    timeZone: 'UTC',
    days: { starts, end: TODAY, complete: 0, rows, columns, ...different },
  };
}

/** A table under judgement with these days, which have not changed since they closed; on first sight but for what `different` says. */
export function eventTable(events: EventHistory, different: Partial<TableHistory> = {}): TableHistory {
  const total = events.days.rows.reduce((sum, count) => sum + count, 0);
  return tableHistory({
    profile: profileOf(total),
    tableSeries: {},
    events,
    eventsBefore: { days: recentDays(events).days, seenAt: events.days.end },
    ...different,
  });
}

/** The same figure for each of `days`, but for the last ones. */
export function steady<T>(days: number, value: T, ...last: readonly T[]): T[] {
  return [...Array.from({ length: days - last.length }, () => value), ...last];
}

/** `base` with noise of relative size `noise`, the same every time: a fixed linear congruential generator (Knuth's MMIX). */
export function noisy(days: number, base: (day: number) => number, noise: number, seed = 1): number[] {
  let state = BigInt(seed);
  const uniform = () => {
    state = (state * 6364136223846793005n + 1442695040888963407n) % 2n ** 64n;
    return Number(state >> 11n) / 2 ** 53;
  };
  // The sum of twelve uniforms has variance 1.
  const normal = () => Array.from({ length: 12 }, uniform).reduce((sum, each) => sum + each, -6);
  return Array.from({ length: days }, (_, day) => base(day) * (1 + noise * normal()));
}
