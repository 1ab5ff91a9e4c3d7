import { type EventSeries, eventSeries } from '../events/series.js';
import type { EventBuckets, EventHistory } from '../model/event-history.js';
import type { TableHistory } from '../model/history.js';
import { awaitedBuckets, knowsHours } from './arrival.js';
import { lastSeen, measuredFromRows } from './past.js';

/** At most so many closed buckets are judged at once: what was missed longer ago is history. */
const MOST_NEW = 7;

/** A series by event time, with where its new points begin. */
export interface NewEventSeries extends EventSeries {
  readonly firstNew: number;
}

const known = new WeakMap<EventHistory, readonly EventSeries[]>();

/**
 * The table's series of one metric by event time that have a closed bucket to judge; none where there is no history. Buckets
 * whose rows may still come are left out, and hours where runs are too rare to know that.
 */
export function newEventSeries(history: TableHistory, metric: string): NewEventSeries[] {
  const { events } = history;
  if (events === undefined || measuredFromRows(history) === null) return [];
  let all = known.get(events);
  if (all === undefined) known.set(events, (all = eventSeries(events))); // every check asks for some of them
  return all.flatMap((series) => {
    if (series.metric !== metric) return [];
    const buckets = series.interval === 'H' ? events.hours : events.days;
    const since = buckets && newSince(history, buckets);
    if (since === undefined || (series.interval === 'H' && !knowsHours(history))) return [];
    const points = series.points.slice(0, series.points.length - awaitedBuckets(history, buckets!));
    const firstNew = points.findIndex((point) => point.time >= since);
    return firstNew < 0 ? [] : [{ ...series, points, firstNew }];
  });
}

/** Index of the first closed day that no judged run saw closed; undefined where the table has no history or no complete day. */
export function firstNewDay(history: TableHistory): number | undefined {
  const days = measuredFromRows(history) && history.events?.days;
  const since = days && newSince(history, days);
  return since === undefined || since === null ? undefined : days!.starts.indexOf(since);
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
