import { type EventSeries, eventSeries } from '../events/series.js';
import { type Unsettled, unsettledDays } from '../events/settled.js';
import type { EventBuckets, EventHistory } from '../model/event-history.js';
import type { Severity } from '../model/finding.js';
import type { TableHistory } from '../model/history.js';
import { awaitedBuckets, knowsHours, withSlack } from './arrival.js';
import { lastSeen, measuredFromRows } from './past.js';

/** At most so many closed buckets are judged at once: what was missed longer ago is history. */
const MOST_NEW = 7;

/** A series by event time, with where its new points begin. Its last point is new in any case. */
export interface NewEventSeries extends EventSeries {
  readonly firstNew: number;
}

/** Where a column's days can be judged: none from `end` on, and none before `first` again. */
export interface NewDays {
  readonly first: number;
  readonly end: number;
}

const known = new WeakMap<EventHistory, readonly EventSeries[]>();

/**
 * The table's series of one metric by event time that have a closed bucket to judge; none where there is no history. What
 * may still change is left out: buckets whose rows may come yet, days that are known to settle later, and hours where runs
 * are too rare to know.
 */
export function newEventSeries(history: TableHistory, metric: string): NewEventSeries[] {
  const { events } = history;
  if (events === undefined || measuredFromRows(history) === null) return [];
  let all = known.get(events);
  if (all === undefined) known.set(events, (all = eventSeries(events))); // every check asks for some of them
  const found = all.filter((series) => series.metric === metric);
  const hourly = found[0]?.interval === 'H'; // a metric has one interval
  const buckets = hourly ? events.hours : events.days;
  const since = found.length === 0 || buckets === undefined ? undefined : newSince(history, buckets);
  if (since === undefined || (hourly && !knowsHours(history))) return [];
  const awaited = awaitedBuckets(history, buckets!);
  return found.flatMap((series) => {
    const open = hourly ? awaited : Math.max(awaited, unsettled(history, series.column));
    const points = series.points.slice(0, Math.max(0, series.points.length - open));
    const firstNew = points.findIndex((point) => point.time >= since);
    return points.length === 0 ? [] : [{ ...series, points, firstNew: firstNew < 0 ? points.length - 1 : firstNew }];
  });
}

/**
 * The severity of what is seen in days: whether they have settled is known once a run has seen them change or stay, so until
 * then it is only shown. A run that came later after a closing than this one knows nothing of what is so new.
 */
export function severityOfDays({ events, eventsBefore, now }: TableHistory, severity: Severity): Severity {
  if (events === undefined || eventsBefore === undefined) return 'info';
  return eventsBefore.seenAt - eventsBefore.days.end <= withSlack(now - events.days.end) ? severity : 'info';
}

/** A column's closed days that no judged run saw closed, or else the last that has settled; undefined where there is none. */
export function newDays(history: TableHistory, column: string): NewDays | undefined {
  const days = measuredFromRows(history) && history.events?.days;
  const since = days && newSince(history, days);
  if (since === undefined || since === null) return undefined;
  const end = days!.starts.length - unsettled(history, column);
  return end > days!.complete ? { first: Math.min(days!.starts.indexOf(since), end - 1), end } : undefined;
}

const settled = new WeakMap<EventHistory, Unsettled>();

/** Days at the end that still change, of a column or (null) of the rows. */
function unsettled({ events, eventsBefore }: TableHistory, column: string | null): number {
  if (events === undefined || eventsBefore === undefined) return 0;
  let found = settled.get(events);
  if (found === undefined) settled.set(events, (found = unsettledDays(events.days, eventsBefore.days)));
  return column === null ? found.rows : (found.columns[column] ?? 0);
}

/**
 * Start of the first bucket that no judged run saw closed, epoch ms; the last bucket is always new, so that a run made again
 * says the same. Undefined where no bucket is complete.
 */
function newSince(history: TableHistory, { starts, end, complete }: EventBuckets): number | undefined {
  if (complete >= starts.length) return undefined;
  const judgedAt = lastSeen(history);
  const last = starts.length - 1;
  if (judgedAt === undefined) return starts[last];
  const earliest = Math.max(complete, starts.length - MOST_NEW);
  let first = last;
  while (first > earliest && closedAt(first - 1) > judgedAt) first--;
  return starts[first];

  function closedAt(bucket: number): number {
    return starts[bucket + 1] ?? end;
  }
}
