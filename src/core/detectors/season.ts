/** A way to divide time into phases that come again. */
export interface Season {
  readonly name: string;
  readonly phases: number;
  /** Points in one cycle of a series of this interval. */
  readonly cycle: number;
  /** Phase of a point; epoch milliseconds, UTC. */
  readonly phase: (time: number) => number;
}

/**
 * Days begin at midnight of the source's time zone, hours apart from that of UTC, and move with daylight saving time. So much
 * later it is the same date in UTC, wherever clocks are put forward.
 */
const SAME_DATE_MS = 13.9 * 3_600_000;

const none: Season = { name: 'no season', phases: 1, cycle: 1, phase: () => 0 };
const dayOfWeek: Season = { name: 'day of week', phases: 7, cycle: 7, phase: dayOfDate };
const weekend: Season = { name: 'weekend', phases: 2, cycle: 7, phase: (time) => (isWeekend(dayOfDate(time)) ? 1 : 0) };
const hourOfDay: Season = { name: 'hour of day', phases: 24, cycle: 24, phase: hour };
const hourOfDayAndWeekend: Season = {
  name: 'hour of day and weekend',
  phases: 48,
  cycle: 168,
  phase: (time) => hour(time) + (isWeekend(new Date(time).getUTCDay()) ? 24 : 0),
};
const hourOfWeek: Season = {
  name: 'hour of week',
  phases: 168,
  cycle: 168,
  phase: (time) => new Date(time).getUTCDay() * 24 + hour(time),
};

/** Seasons that a series may have, by its interval; which it has is found. A new one is one entry here. */
export const seasons: Readonly<Record<'D' | 'H' | 'none', readonly Season[]>> = {
  D: [none, dayOfWeek, weekend],
  H: [none, hourOfDay, hourOfDayAndWeekend, hourOfWeek],
  none: [none],
};

function hour(time: number): number {
  return new Date(time).getUTCHours();
}

/** Weekday of a day that begins at `time`; 0 is Sunday. */
function dayOfDate(time: number): number {
  return new Date(time + SAME_DATE_MS).getUTCDay();
}

function isWeekend(day: number): boolean {
  return day === 0 || day === 6;
}
