/** The demo's time stands still: the same days, whenever it is shown. */
export const DAYS = 120;
/** Index of the day whose load is judged. */
export const LAST_DAY = DAYS - 1;
const DAY_MS = 86_400_000;
/** Day 0. The last day is Tuesday, 2026-06-30. */
const FIRST = Date.UTC(2026, 2, 3);
/** Every night's load is there by this hour (UTC) of the next morning; then a run looks. */
const MORNING_HOUR = 6;

/** Labour Day and Ascension Day: shops are closed. */
const HOLIDAYS: ReadonlySet<string> = new Set(['2026-05-01', '2026-05-14']);
/** First and last days of sales. */
const SALES: readonly (readonly [string, string])[] = [
  ['2026-04-10', '2026-04-12'],
  ['2026-06-12', '2026-06-14'],
];

/** How a table's rows spread over the days. */
export type Rhythm =
  /** Customers: weekends, growth, sales, holidays. */
  | 'retail'
  /** Offices: hardly anything at weekends and on holidays. */
  | 'office'
  /** Machines: every day the same, give or take. */
  | 'steady'
  /** Exactly so many rows every day. */
  | 'exact'
  /** Loaded on Mondays. */
  | 'mondays'
  /** Loaded on the first of a month. */
  | 'months';

/** From Sunday on. */
const RETAIL_WEEK = [0.8, 0.95, 0.9, 0.95, 1.05, 1.25, 1.1] as const;
const DAILY_GROWTH = 1.0015;
const SALE_FACTOR = 1.6;
const HOLIDAY_FACTOR = 0.45;
const OFFICE_REST = 0.12;

/** `2026-06-30` of a day's index. */
export function dateOf(day: number): string {
  return new Date(FIRST + day * DAY_MS).toISOString().slice(0, 10);
}

/** The clock of the run that looks at a day's load: the next morning. */
export function morningAfter(day: number): Date {
  return new Date(FIRST + (day + 1) * DAY_MS + MORNING_HOUR * 3_600_000);
}

/** What a day is to a rhythm, where an ordinary day is about 1. */
export function factorOf(rhythm: Rhythm, day: number): number {
  const date = dateOf(day);
  const weekday = new Date(FIRST + day * DAY_MS).getUTCDay();
  const holiday = HOLIDAYS.has(date);
  switch (rhythm) {
    case 'retail': {
      const sale = SALES.some(([from, to]) => date >= from && date <= to) ? SALE_FACTOR : 1;
      return RETAIL_WEEK[weekday]! * DAILY_GROWTH ** day * sale * (holiday ? HOLIDAY_FACTOR : 1);
    }
    case 'office':
      return weekday === 0 || weekday === 6 || holiday ? OFFICE_REST : 1;
    case 'mondays':
      return weekday === 1 ? 1 : 0;
    case 'months':
      return date.endsWith('-01') ? 1 : 0;
    case 'steady':
    case 'exact':
      return 1;
  }
}
