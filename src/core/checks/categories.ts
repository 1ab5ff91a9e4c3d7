import type { EventBuckets, EventColumn } from '../model/event-history.js';
import { isPersonal } from '../privacy/mask.js';
import { median } from '../statistics.js';
import { bucketName } from './bucket-name.js';
import type { TableCheck } from './check.js';
import { type NewDays, newDays, severityOfDays } from './event-past.js';
import { makeFinding } from './finding.js';
import { columnName, counted, percent, quotedValue } from './sentence.js';
import { daysWithValues, MIN_VALUE_DAYS, turnsOver } from './turnover.js';

/** What occurred on all of so many days before is missed, where at least some of them had rows enough to tell. */
const STEADY_DAYS = 28;
const MIN_TELLING_DAYS = 14;
/** Rows of a value that must be missing, or there, before chance is out of the question. */
const MIN_EXPECTED_ROWS = 12;
const MIN_NEW_ROWS = 3;

/** A value that a low-cardinality column never had before, or one that it always had and has no more. */
export const categories: TableCheck = {
  name: 'categories',
  judge(history) {
    if (history.events === undefined) return [];
    const { days, timeZone } = history.events;
    const series = { points: days.starts.map((time) => ({ time, value: null })), interval: 'D' as const };
    const day = (index: number) => bucketName(series, index, timeZone);
    return Object.entries(days.columns).flatMap(([column, figures]) => {
      // Of numbers, new ones are to be expected.
      if (figures.values === undefined || figures.mean !== undefined) return [];
      const judged = newDays(history, column);
      if (judged === undefined) return [];
      return [...appeared(days, figures, judged), ...vanished(days, figures, judged)].map((change) =>
        makeFinding(history, {
          check: 'categories',
          metric: 'category',
          column,
          severity: severityOfDays(history, change.severity),
          value: isPersonal(column, change.value) ? null : String(change.value),
          message: `${columnName(history, column)}: ${sentence(change, column, day)}.`,
        }),
      );
    });
  },
};

interface Change {
  readonly kind: 'new' | 'vanished';
  readonly value: string | number | boolean;
  readonly severity: 'info' | 'warn';
  readonly day: number;
  /** Rows seen, or missed, that day. */
  readonly rows: number;
  readonly share: number;
  /** Days before that it was never, or always, there. */
  readonly daysBefore: number;
}

function sentence(change: Change, column: string, day: (index: number) => string): string {
  const { kind, value, rows, share, daysBefore } = change;
  return kind === 'new'
    ? `the value ${quotedValue(column, value)} is new, in ${counted(rows, 'row')} (${percent(share)}) inserted ${day(change.day)}; ` +
        `it was never seen in the ${daysBefore} days before`
    : `the value ${quotedValue(column, value)} is missing from the rows inserted ${day(change.day)}; it was in ${percent(share)} of them in ` +
        `the ${daysBefore} days before`;
}

function appeared(days: EventBuckets, column: EventColumn, { first, end }: NewDays): Change[] {
  const before = daysWithValues(days, column, first);
  if (before.length < MIN_VALUE_DAYS) return [];
  const severity = turnsOver(days, column, first) ? 'info' : 'warn';
  return column.values!.flatMap(({ value, counts }) => {
    if (before.some((each) => counts[each]! > 0)) return [];
    const day = lastDay(first, end, (each) => counts[each]! >= MIN_NEW_ROWS);
    if (day === undefined) return [];
    const [rows, share] = [counts[day]!, counts[day]! / column.nonNull[day]!];
    return { kind: 'new', value, severity, day, rows, share, daysBefore: before.length } as const;
  });
}

function vanished(days: EventBuckets, column: EventColumn, { first, end }: NewDays): Change[] {
  const before = daysWithValues(days, column, first).slice(-STEADY_DAYS);
  const day = end - 1;
  const present = column.nonNull[day] ?? 0;
  if (before.length < STEADY_DAYS || present === 0) return [];
  return column.values!.flatMap(({ value, counts }) => {
    if (counts[day] !== 0) return [];
    const share = median(before.map((each) => counts[each]! / column.nonNull[each]!));
    const rows = share * present;
    if (rows < MIN_EXPECTED_ROWS) return [];
    // On a day of few rows, none of this value is chance.
    const telling = before.filter((each) => share * column.nonNull[each]! >= MIN_EXPECTED_ROWS);
    if (telling.length < MIN_TELLING_DAYS || telling.some((each) => counts[each] === 0)) return [];
    return { kind: 'vanished', value, severity: 'warn', day, rows, share, daysBefore: before.length } as const;
  });
}

function lastDay(first: number, end: number, matches: (day: number) => boolean): number | undefined {
  for (let day = end - 1; day >= first; day--) if (matches(day)) return day;
  return undefined;
}
