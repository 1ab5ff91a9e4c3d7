import type { StoredEvents } from '#src/adapters/store/events.js';
import { name } from '#src/core/checks/sentence.js';
import { type EventSeries, eventSeries } from '#src/core/events/series.js';
import { TimeZone } from '#src/core/events/time-zone.js';
import { personalName, personalValue } from '#src/core/privacy/personal.js';
import { formatNumber } from '../render/format.js';
import { renderTable } from '../render/table.js';

/** Figures by day that one table's rows give, by when they were inserted. */
export interface EventDays {
  readonly of: StoredEvents;
  /** Of the same days: `rows_per_day`, or a column's `null_rate` and `mean`. */
  readonly series: readonly EventSeries[];
}

/** What the history by insert time has of a table or a column; without `metric` every figure, and nothing of an unknown one. */
export function eventDays(
  stored: readonly StoredEvents[],
  column: string | null,
  metric: string | undefined,
  limit: number,
): EventDays[] {
  return stored.flatMap((of) => {
    const series = eventSeries(of.events)
      .filter((one) => one.interval === 'D' && one.metric !== 'share' && one.column === column)
      .filter((one) => metric === undefined || one.metric === metric)
      .filter((one) => one.metric !== 'mean' || !mayShowPersons(one))
      .map((one) => ({ ...one, points: one.points.slice(-limit) }))
      .filter(({ points }) => points.length > 0);
    return series.length === 0 ? [] : [{ of, series }];
  });
}

/** Where all rows have one value, or a day has one row, a mean is a value. */
function mayShowPersons({ column, points }: EventSeries): boolean {
  if (personalName(column ?? '') !== null) return true;
  return points.some(({ value }) => value !== null && personalValue(value) !== null);
}

/** One object a figure; `at` is the start of the day, `value` null where the day has no rows. */
export function eventRecords({ of, series }: EventDays) {
  const { source, schema, table, events } = of;
  return series.flatMap(({ column, metric, points }) =>
    points.map(({ time, ...rest }) => ({
      type: 'event_point',
      source,
      schema,
      table,
      ...(column !== null && { column }),
      metric,
      insertTime: events.column,
      at: new Date(time).toISOString(),
      ...rest,
    })),
  );
}

/** The days as a table under a heading that says what they are. */
export function describeEvents({ of, series }: EventDays): string {
  const { source, schema, table, events } = of;
  const column = series[0]!.column;
  const title = [source, schema, table].map(name).join('.') + (column === null ? '' : `, column ${name(column)}`);
  const zone = new TimeZone(events.timeZone);
  const rows = series[0]!.points.map(({ time }, day) => [
    new Date(time + zone.offset(time)).toISOString().slice(0, 10),
    ...series.map(({ points }) => {
      const { value } = points[day]!;
      return value === null ? '' : formatNumber(value);
    }),
  ]);
  const columns = [{ title: 'day' }, ...series.map(({ metric }) => ({ title: metric, align: 'right' as const }))];
  return `${title}, by ${name(events.column)} (${events.timeZone})\n${renderTable(columns, rows)}\n`;
}
