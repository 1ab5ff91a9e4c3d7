import type { EventBuckets, EventColumn, EventHistory } from '../model/event-history.js';
import type { JsonValue } from '../model/profile.js';
import type { SeriesKind, SeriesPoint } from '../model/series.js';

/** One figure by insert time, ready to be judged. */
export interface EventSeries {
  /** Null for rows. */
  readonly column: string | null;
  readonly metric: 'rows_per_day' | 'rows_per_hour' | 'null_rate' | 'mean' | 'share';
  readonly kind: SeriesKind;
  readonly interval: 'D' | 'H';
  /** Of a share, the value. */
  readonly value?: JsonValue;
  /** Oldest first; `time` is the start of the bucket. */
  readonly points: readonly SeriesPoint[];
}

/**
 * The series of a history, of complete buckets alone: rows by day and by hour, and for each column but the insert time its
 * null rate, mean and shares of values by day. Where a bucket has no rows (no values), rates and means are unknown.
 */
export function eventSeries(events: EventHistory): EventSeries[] {
  const series = [rowSeries(events.days, 'D')];
  if (events.hours) series.push(rowSeries(events.hours, 'H'));
  for (const [name, column] of Object.entries(events.days.columns))
    if (name !== events.column) series.push(...columnSeries(events.days, name, column));
  return series;
}

function rowSeries(buckets: EventBuckets, interval: 'D' | 'H'): EventSeries {
  return {
    column: null,
    metric: interval === 'D' ? 'rows_per_day' : 'rows_per_hour',
    kind: 'row_count',
    interval,
    points: pointsOf(buckets, (i) => ({ value: buckets.rows[i]! })),
  };
}

function columnSeries(days: EventBuckets, column: string, figures: EventColumn): EventSeries[] {
  const { nonNull, mean, variance, values } = figures;
  const series: EventSeries[] = [
    {
      column,
      metric: 'null_rate',
      kind: 'null_rate',
      interval: 'D',
      points: pointsOf(days, (i) => rateOf(days.rows[i]! - nonNull[i]!, days.rows[i]!)),
    },
  ];
  if (mean)
    series.push({
      column,
      metric: 'mean',
      kind: 'mean',
      interval: 'D',
      points: pointsOf(days, (i) => meanOf(mean[i]!, variance?.[i] ?? null, nonNull[i]!)),
    });
  for (const { value, counts } of values ?? [])
    series.push({
      column,
      metric: 'share',
      kind: 'rate',
      interval: 'D',
      value,
      points: pointsOf(days, (i) => rateOf(counts[i]!, nonNull[i]!)),
    });
  return series;
}

function pointsOf(buckets: EventBuckets, figure: (bucket: number) => Omit<SeriesPoint, 'time'>): SeriesPoint[] {
  return buckets.starts.slice(buckets.complete).map((time, i) => ({ time, ...figure(buckets.complete + i) }));
}

/** A share with its binomial standard error, that of half a case more of each kind: none of ten rows is no proof of none. */
function rateOf(part: number, whole: number): Omit<SeriesPoint, 'time'> {
  if (whole === 0) return { value: null };
  const likely = (part + 0.5) / (whole + 1);
  return { value: part / whole, stdError: Math.sqrt((likely * (1 - likely)) / whole) };
}

function meanOf(mean: number | null, variance: number | null, count: number): Omit<SeriesPoint, 'time'> {
  return variance === null ? { value: mean } : { value: mean, stdError: Math.sqrt(variance / count) };
}
