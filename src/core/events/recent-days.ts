import type { EventBuckets, EventColumn, EventHistory } from '../model/event-history.js';

/** Days of which is remembered what they were at first. */
export const RECENT_DAYS = 8;

/** The last days of a history alone, as they are now: what they are later is compared with it. */
export function recentDays(history: EventHistory): EventHistory {
  const { column, declared, timeZone, days } = history;
  return { column, declared, timeZone, days: lastBuckets(days, RECENT_DAYS) };
}

function lastBuckets({ starts, end, complete, rows, columns }: EventBuckets, count: number): EventBuckets {
  const from = Math.max(0, starts.length - count);
  // Names are other people's: on an ordinary object, `__proto__` would not become a property.
  const kept: Record<string, EventColumn> = Object.create(null);
  for (const [name, { nonNull, mean, variance, values }] of Object.entries(columns))
    kept[name] = {
      nonNull: nonNull.slice(from),
      ...(mean && { mean: mean.slice(from) }),
      ...(variance && { variance: variance.slice(from) }),
      ...(values && { values: values.map(({ value, counts }) => ({ value, counts: counts.slice(from) })) }),
    };
  return {
    starts: starts.slice(from),
    end,
    complete: Math.max(0, complete - from),
    rows: rows.slice(from),
    columns: kept,
  };
}
