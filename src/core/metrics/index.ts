import type { TableProfile } from '../model/profile.js';
import { distinct } from './distinct.js';
import { emptyRate } from './empty-rate.js';
import { FRESHNESS_METRIC } from './freshness-seconds.js';
import { lengthMean } from './length-mean.js';
import { mean } from './mean.js';
import type { ColumnMetric, SeriesKind, TableMetric } from './metric.js';
import { nanRate } from './nan-rate.js';
import { negativeRate } from './negative-rate.js';
import { nullRate } from './null-rate.js';
import { p05 } from './p05.js';
import { p50 } from './p50.js';
import { p95 } from './p95.js';
import { rowCount } from './row-count.js';
import { stddev } from './stddev.js';
import { uniqueness } from './uniqueness.js';
import { zeroRate } from './zero-rate.js';

export { FRESHNESS_METRIC, freshnessSeconds } from './freshness-seconds.js';
export type { ColumnMetric, SeriesKind, TableMetric } from './metric.js';

/** Every metric of a table. A new one is one file and one line here. */
export const tableMetrics: readonly TableMetric[] = [rowCount];

/** Every metric of a column. A new one is one file and one line here. */
export const columnMetrics: readonly ColumnMetric[] = [
  nullRate,
  distinct,
  uniqueness,
  mean,
  stddev,
  p05,
  p50,
  p95,
  zeroRate,
  negativeRate,
  emptyRate,
  nanRate,
  lengthMean,
];

/** One figure to be stored: of the table itself where `column` is null. */
export interface MetricPoint {
  readonly column: string | null;
  readonly metric: string;
  readonly value: number;
  /** Standard error of `value`, where the profile was sampled. */
  readonly stdError?: number;
}

/** All figures of one profile, table first, columns in their order; none where the table was not measured. */
export function metricPoints(profile: TableProfile): MetricPoint[] {
  if (profile.status !== 'ok') return [];
  const points: MetricPoint[] = [];
  for (const metric of tableMetrics) addPoint(points, null, metric.name, metric.measure(profile));
  if (profile.rowCount === undefined) return points;
  for (const column of profile.columns) {
    for (const metric of columnMetrics) {
      // The profile carries one standard error, that of the mean.
      const stdError = metric === mean ? column.stdError : undefined;
      addPoint(points, column.name, metric.name, metric.measure(column, profile.rowCount), stdError);
    }
  }
  for (const figure of profile.metrics ?? [])
    if ('value' in figure) addPoint(points, null, customMetric(figure.name), figure.value ?? undefined);
  return points;
}

/** The series of a metric that sentinel.yaml defines; no metric of the registry has such a name. */
export function customMetric(name: string): string {
  return `custom.${name}`;
}

const kinds: ReadonlyMap<string, SeriesKind> = new Map<string, SeriesKind>([
  ...tableMetrics.map((metric) => [metric.name, metric.kind] as const),
  ...columnMetrics.map((metric) => [metric.name, metric.kind] as const),
  [FRESHNESS_METRIC, 'freshness'],
]);

/** Kind of a stored series by its metric's name; undefined for a name that is not in the registry. */
export function seriesKind(metric: string): SeriesKind | undefined {
  return kinds.get(metric);
}

function addPoint(
  points: MetricPoint[],
  column: string | null,
  metric: string,
  value: number | undefined,
  stdError?: number,
): void {
  if (value === undefined || !Number.isFinite(value)) return;
  const known = stdError !== undefined && Number.isFinite(stdError);
  points.push(known ? { column, metric, value, stdError } : { column, metric, value });
}
