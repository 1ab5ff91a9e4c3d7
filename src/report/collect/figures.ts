import { name, quotedValue } from '#src/core/checks/sentence.js';
import { seriesKind } from '#src/core/metrics/index.js';
import type { JsonValue } from '#src/core/model/profile.js';
import type { FigureUnit } from '../report-data.js';

const TABLE_LABELS: Readonly<Record<string, string>> = {
  rows_per_day: 'rows per day',
  rows_per_hour: 'rows per hour',
  row_count: 'rows in the table',
  freshness_seconds: 'age of the newest row',
};

const UNITS: Readonly<Record<string, FigureUnit>> = {
  rows_per_day: 'count',
  rows_per_hour: 'count',
  category: 'share',
  share: 'share',
  uniqueness: 'share',
};

/** A series in words: `rows per day`, `null rate of email`, `share of 'SEK' in currency`. */
export function labelOf(metric: string, column: string | undefined, value?: JsonValue): string {
  if (column === undefined) return TABLE_LABELS[metric] ?? words(metric);
  return value === undefined
    ? `${words(metric)} of ${name(column)}`
    : `share of ${quotedValue(column, value)} in ${name(column)}`;
}

export function unitOf(metric: string): FigureUnit {
  const unit = UNITS[metric];
  if (unit) return unit;
  if (metric.endsWith('_seconds')) return 'seconds';
  if (metric.endsWith('_bytes')) return 'bytes';
  const kind = seriesKind(metric);
  if (kind === 'rate' || kind === 'null_rate') return 'share';
  return kind === 'row_count' || kind === 'distinct' || kind === 'cumulative' ? 'count' : 'number';
}

function words(metric: string): string {
  return metric.replaceAll('_', ' ');
}
