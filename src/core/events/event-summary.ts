import { render } from '../decode/render.js';
import type {
  EventBuckets,
  EventColumn as EventColumnFigures,
  EventHistory,
  EventValue,
} from '../model/event-history.js';
import type { EventColumn } from './event-column.js';
import type { EventMoments } from './event-moments.js';
import { giveMoments, takeMoments } from './event-pool.js';
import type { EventState } from './event-state.js';

/** Which bucket each slot belongs to, and the buckets from the first that has rows. */
interface Buckets {
  /** −1 for none. */
  readonly of: Int16Array;
  readonly count: number;
  readonly starts: readonly number[];
  readonly end: number;
  readonly rows: readonly number[];
  /** Index of the first bucket with rows among all. */
  readonly first: number;
}

/** The history that a state holds; the state is unchanged. It begins with the first bucket that has rows. */
export function summariseEvents(state: EventState, declared: boolean): EventHistory {
  const { clock, column } = state.time;
  const spec = state.specs[column]!;
  const days = bucketsOf(state, state.cells.day, clock.days);
  const hours = spec.kind === 'date' ? null : bucketsOf(state, state.cells.hour, clock.hours);
  const complete = completeDay(state, days);
  // Names are other people's: on an ordinary object, `__proto__` would not become a property.
  const byDay: Record<string, EventColumnFigures> = Object.create(null);
  const byHour: Record<string, EventColumnFigures> = Object.create(null);
  for (const [i, each] of state.columns.entries()) {
    const { name } = state.specs[i]!;
    const order = valueOrder(each, state.slotCount);
    const moments = each.momentsBySlot();
    byDay[name] = figuresOf(each, days, order, moments);
    if (hours !== null) byHour[name] = figuresOf(each, hours, order, moments);
    if (moments !== null && moments !== each.moments) giveMoments(moments);
  }
  const history = {
    column: spec.name,
    declared,
    timeZone: clock.timeZone,
    days: eventBuckets(days, complete, byDay),
  };
  if (hours === null) return history;
  return { ...history, hours: eventBuckets(hours, completeHour(state, days, complete, hours), byHour) };
}

function eventBuckets(
  { starts, end, rows, count }: Buckets,
  complete: number,
  columns: EventBuckets['columns'],
): EventBuckets {
  return { starts, end, complete: Math.min(complete, count), rows, columns };
}

function bucketsOf(state: EventState, bucketOfCell: Int16Array, edges: readonly number[]): Buckets {
  const of = new Int16Array(state.slotCount).fill(-1);
  let first = edges.length - 1;
  for (let slot = 1; slot < state.slotCount; slot++) {
    const bucket = bucketOfCell[state.cellOf[slot]!]!;
    of[slot] = bucket;
    if (bucket >= 0 && bucket < first) first = bucket;
  }
  const starts = edges.slice(first, -1);
  const rows = new Array<number>(starts.length).fill(0);
  for (let slot = 1; slot < state.slotCount; slot++) {
    if (of[slot]! < 0) continue;
    of[slot]! -= first;
    rows[of[slot]!]! += state.rows[slot]!;
  }
  return { of, count: starts.length, starts, end: edges.at(-1)!, rows, first };
}

/** The first day with rows may be what a retention cut left of it, unless the rows before it are there, too. */
function completeDay(state: EventState, days: Buckets): number {
  return state.older > 0 && days.first === 0 ? 0 : 1;
}

/** Hours are complete from where days are, or else from the second that has rows; none before a wall clock that repeats. */
function completeHour(state: EventState, days: Buckets, completeDays: number, hours: Buckets): number {
  const since = days.starts[completeDays] ?? Number.POSITIVE_INFINITY;
  const known = (hours.starts[0] ?? 0) >= since ? 0 : 1;
  return Math.max(known, state.cells.soundHour - hours.first);
}

function figuresOf(
  column: EventColumn,
  buckets: Buckets,
  order: readonly number[] | null,
  moments: EventMoments | null,
): EventColumnFigures {
  return {
    nonNull: nonNullOf(column, buckets),
    ...(moments && momentsOf(moments, buckets)),
    ...(order && { values: order.map((value) => valueIn(column, value, buckets)) }),
  };
}

function nonNullOf(column: EventColumn, { of, rows }: Buckets): number[] {
  const nonNull = rows.slice();
  for (let slot = 1; slot < of.length; slot++) if (of[slot]! >= 0) nonNull[of[slot]!]! -= column.nullsOf(slot);
  return nonNull;
}

function momentsOf(bySlot: EventMoments, { of, count }: Buckets): Pick<EventColumnFigures, 'mean' | 'variance'> {
  const merged = takeMoments(count);
  for (let slot = 1; slot < of.length; slot++) if (of[slot]! >= 0) merged.mergeSlot(of[slot]!, bySlot, slot);
  const mean = new Array<number | null>(count);
  const variance = new Array<number | null>(count);
  for (let bucket = 0; bucket < count; bucket++) {
    mean[bucket] = finiteOrNull(merged.mean(bucket));
    variance[bucket] = finiteOrNull(merged.variance(bucket));
  }
  giveMoments(merged);
  return { mean, variance };
}

/** The values of a column, most frequent first; null where they are not counted. */
function valueOrder({ values }: EventColumn, slots: number): readonly number[] | null {
  if (values === null) return null;
  const totals = Array.from({ length: values.count }, (_, value) => {
    let total = 0;
    for (let slot = 1; slot < slots; slot++) total += values.at(value, slot);
    return total;
  });
  return [...totals.keys()].sort((a, b) => totals[b]! - totals[a]! || values.compare(a, b));
}

function valueIn({ kind, values }: EventColumn, value: number, { of, count }: Buckets): EventValue {
  const { bytes, view, offsets, lengths } = values!;
  const counts = new Array<number>(count).fill(0);
  for (let slot = 1; slot < of.length; slot++) if (of[slot]! >= 0) counts[of[slot]!]! += values!.at(value, slot);
  return { value: render(kind, bytes, view, offsets[value]!, lengths[value]!), counts };
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
