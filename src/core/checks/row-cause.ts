import { usualRows } from '../incidents/comparable-days.js';
import { explainRows } from '../incidents/explain.js';
import type { TableHistory } from '../model/history.js';
import { awaitedBuckets } from './arrival.js';
import { measuredFromRows } from './past.js';

/** Part of a row count's deviation that the newest closed day must have by itself to explain it. */
const MIN_PART = 0.5;

/** What explains that the table got too few or too many rows on one of its complete days, counted from the first. */
export function dayCause({ events }: TableHistory, completeDay: number, expected: number): { readonly cause?: string } {
  return events ? asField(explainRows(events.days, events.days.complete + completeDay, expected)) : {};
}

/** What explains that the table has so many rows more (negative: fewer) than it should, where its newest day that is there does. */
export function countCause(history: TableHistory, deviation: number): { readonly cause?: string } {
  const days = measuredFromRows(history) && history.events?.days;
  if (!days) return {};
  const newest = days.starts.length - 1 - awaitedBuckets(history, days);
  const usual = usualRows(days, newest);
  if (usual === null || !((days.rows[newest]! - usual) / deviation >= MIN_PART)) return {};
  return asField(explainRows(days, newest, usual));
}

function asField(cause: string | null): { readonly cause?: string } {
  return cause === null ? {} : { cause };
}
