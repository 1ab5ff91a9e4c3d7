import type { TableResult } from '#src/contract/messages.js';
import { findInsertTime, isInsertTime } from '#src/core/checks/index.js';
import { FRESHNESS_METRIC, freshnessSeconds, metricPoints } from '#src/core/metrics/index.js';
import type { NewPoint, TableRecord } from './ports.js';

/** What one run stores of one table: its profile, its state, and the points of its series. */
export function tableRecord(result: TableResult, options: { nowMs: number; insertTime?: string }): TableRecord {
  const { spec, profile, state, attempts, cost } = result;
  const { nowMs } = options;
  const isSound = (column: string) => options.insertTime === column || isInsertTime(profile, column, nowMs);
  const events = result.events && isSound(result.events.column) ? result.events : undefined;
  const points: NewPoint[] = metricPoints(profile);
  const insertTime = findInsertTime(profile, nowMs, options.insertTime ?? events?.column);
  const freshness = freshnessSeconds(insertTime?.newest ?? null, nowMs);
  if (freshness !== undefined) points.push({ column: null, metric: FRESHNESS_METRIC, value: freshness });
  return { spec, profile, ...(state && { state }), ...(events && { events }), points, attempts, cost };
}
