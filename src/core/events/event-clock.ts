import type { ValueKind } from '../model/relation.js';
import { TimeZone } from './time-zone.js';

/** Kinds that an insert-time column may have. */
export type EventKind = Extract<ValueKind, 'date' | 'timestamp' | 'timestamptz'>;

export function isEventKind(kind: ValueKind): kind is EventKind {
  return kind === 'date' || kind === 'timestamp' || kind === 'timestamptz';
}

/** How far days, and hours, reach back. */
export const EVENT_DAYS = 400;
export const EVENT_HOURS = 14 * 24;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1);
/** Days whose hours are looked at: more than the hours wanted, whatever a change of the clock takes from a day. */
const HOURLY_DAYS = EVENT_HOURS / 24 + 2;

/**
 * What rows are counted in: hours where hours are wanted, days before that. A row is in one cell at most; a day is the sum
 * of its cells.
 */
export interface EventCells {
  /**
   * Start of each cell and the end of the last in the column's own unit (days or microseconds since 2000-01-01), never
   * falling: a value is in the last cell that starts at or before it.
   */
  readonly bounds: Float64Array;
  readonly count: number;
  /** Index of each cell's day, and of its hour; −1 where it has none. */
  readonly day: Int16Array;
  readonly hour: Int16Array;
  /** Index of the first hour after those that the column's wall clock cannot tell apart. */
  readonly soundHour: number;
}

/** The closed days and hours of one time zone, as one clock sees them. Epoch milliseconds; the last entry is the end. */
export interface EventClock {
  readonly timeZone: string;
  readonly asOfMs: number;
  readonly days: readonly number[];
  readonly hours: readonly number[];
  cells(kind: EventKind): EventCells;
}

const clocks = new Map<string, EventClock>();

/** Made once for a zone and a clock: finding the changes of a zone takes some milliseconds. */
export function eventClock(timeZone: string, asOfMs: number): EventClock {
  const key = `${timeZone} ${asOfMs}`;
  let clock = clocks.get(key);
  if (clock === undefined) {
    if (clocks.size >= 8) clocks.clear();
    clocks.set(key, (clock = createClock(timeZone, asOfMs)));
  }
  return clock;
}

/** Hours of a day are counted from its start, so that the last one of a day may be shorter. */
function createClock(timeZone: string, asOfMs: number): EventClock {
  const zone = new TimeZone(timeZone);
  const today = Math.floor((asOfMs + zone.offset(asOfMs)) / DAY_MS);
  const days = Array.from({ length: EVENT_DAYS + 1 }, (_, i) => zone.instantOf((today - EVENT_DAYS + i) * DAY_MS));
  const all: { start: number; day: number }[] = [];
  for (let day = EVENT_DAYS - HOURLY_DAYS; day < EVENT_DAYS; day++)
    for (let start = days[day]!; start < days[day + 1]!; start += HOUR_MS) all.push({ start, day });
  let open = days[EVENT_DAYS]!;
  for (; open + HOUR_MS <= asOfMs; open += HOUR_MS) all.push({ start: open, day: -1 });
  const first = all.length - EVENT_HOURS;
  const { day: firstDay } = all[first]!;
  const fine = all.slice(all.findIndex(({ day }) => day === firstDay));
  const starts = [...days.slice(0, firstDay), ...fine.map(({ start }) => start)];
  const timed = {
    count: starts.length,
    day: Int16Array.from(starts, (_, cell) => (cell < firstDay ? cell : fine[cell - firstDay]!.day)),
    hour: Int16Array.from(starts, (_, cell) => Math.max(cell - (starts.length - EVENT_HOURS), -1)),
  };
  const dated: EventCells = {
    bounds: Float64Array.from(days, (_, i) => today - EVENT_DAYS + i - POSTGRES_EPOCH_MS / DAY_MS),
    count: EVENT_DAYS,
    day: Int16Array.from({ length: EVENT_DAYS }, (_, i) => i),
    hour: new Int16Array(EVENT_DAYS).fill(-1),
    soundHour: 0,
  };
  const made = new Map<EventKind, EventCells>([['date', dated]]);
  return {
    timeZone,
    asOfMs,
    days,
    hours: [...starts.slice(-EVENT_HOURS), open],
    cells(kind) {
      let cells = made.get(kind);
      if (cells === undefined) {
        const at = (instant: number) => (kind === 'timestamp' ? zone.wallFrom(instant) : instant);
        const bounds = Float64Array.from([...starts, open], (start) => (at(start) - POSTGRES_EPOCH_MS) * 1000);
        made.set(kind, (cells = { ...timed, bounds, soundHour: soundHour(bounds) }));
      }
      return cells;
    },
  };
}

/** An hour of no width is the first of two that the clock shows alike: all its rows are in the second. */
function soundHour(bounds: Float64Array): number {
  const first = bounds.length - 1 - EVENT_HOURS;
  for (let hour = EVENT_HOURS - 1; hour >= 0; hour--)
    if (bounds[first + hour] === bounds[first + hour + 1]) return Math.min(hour + 2, EVENT_HOURS);
  return 0;
}
