import { columnMetrics } from '../metrics/index.js';
import type { TableHistory } from '../model/history.js';
import type { ColumnProfile, JsonValue } from '../model/profile.js';
import type { SeriesPoint, SeriesSpec } from '../model/series.js';
import { bucketName } from './bucket-name.js';
import { newEventSeries, severityOfDays } from './event-past.js';
import { expectedSince } from './expected.js';
import { judgeNewest, type NewestVerdict, withinRange } from './newest-verdict.js';
import { columnPoints, measured } from './past.js';
import type { CheckSettings } from './settings.js';

/** A figure of one column that is not as expected. */
export interface ColumnVerdict extends NewestVerdict {
  readonly column: string;
  readonly metric: string;
  /** The value that the figure is the share of. */
  readonly of?: JsonValue;
  /** `on 2026-06-29`; empty where it is of the whole table, now. */
  readonly when: string;
}

/** Which series are not judged, by column and points; none are left out where absent. */
export type Skip = (column: string, points: readonly SeriesPoint[]) => boolean;

/**
 * What the judge says of one metric of every column: of its last closed days where the table has event-time history, and of
 * the whole table against the runs before. At most one verdict a column (and value): the worst.
 */
export function judgeColumns(
  history: TableHistory,
  metric: string,
  settings: CheckSettings,
  skip: Skip = () => false,
): ColumnVerdict[] {
  const worst = new Map<string, ColumnVerdict>();
  for (const verdict of [...byEvent(history, metric, settings, skip), ...byRun(history, metric, settings, skip)]) {
    const key = JSON.stringify([verdict.column, verdict.of]);
    const known = worst.get(key);
    if (known === undefined || verdict.verdict.q > known.verdict.q) worst.set(key, verdict);
  }
  return [...worst.values()];
}

function byEvent(history: TableHistory, metric: string, settings: CheckSettings, skip: Skip): ColumnVerdict[] {
  return newEventSeries(history, metric).flatMap((series) => {
    const { column, points, firstNew, kind, interval, value: of } = series;
    if (column === null || skip(column, points)) return [];
    const expected = expectedSince(history, metric, column);
    const judged = judgeUnusual({ kind, interval }, points, firstNew, settings, expected);
    if (judged === null) return [];
    const when = bucketName(series, judged.index, history.events!.timeZone);
    const severity = severityOfDays(history, judged.severity);
    return { ...judged, severity, column, metric, when, ...(of !== undefined && { of }) };
  });
}

function byRun(history: TableHistory, metric: string, settings: CheckSettings, skip: Skip): ColumnVerdict[] {
  const profile = measured(history);
  const measure = columnMetrics.find(({ name }) => name === metric);
  if (profile?.rowCount === undefined || measure === undefined) return [];
  const rows = profile.rowCount;
  return profile.columns.flatMap((column: ColumnProfile) => {
    const value = measure.measure(column, rows);
    if (value === undefined || !Number.isFinite(value)) return [];
    const points = [...columnPoints(history, column.name, metric), { time: history.now, value }];
    if (skip(column.name, points)) return [];
    const expected = expectedSince(history, metric, column.name);
    const judged = judgeUnusual({ kind: measure.kind }, points, points.length - 1, settings, expected);
    return judged === null ? [] : { ...judged, column: column.name, metric, when: '' };
  });
}

/** Columns are many and nearly all are as they were, so the judge is asked only about what left its recent range. */
function judgeUnusual(
  spec: SeriesSpec,
  points: readonly SeriesPoint[],
  firstNew: number,
  settings: CheckSettings,
  expected: readonly number[],
): NewestVerdict | null {
  return withinRange(points, firstNew) ? null : judgeNewest(spec, points, firstNew, settings.judge, expected);
}
