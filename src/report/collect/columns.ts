import type { EventColumn, EventHistory } from '#src/core/model/event-history.js';
import type { Point, TableHistory } from '#src/core/model/history.js';
import type { ColumnProfile, JsonValue } from '#src/core/model/profile.js';
import { maskColumn } from '#src/core/privacy/mask.js';
import type { ReportColumn, Trend } from '../report-data.js';
import { rounded } from './rounding.js';
import { shapeOf } from './shape.js';
import { encodeTrend } from './trend.js';

const TOP_VALUES = 5;
const MAX_TEXT = 60;
/** Points of a small picture. */
const TREND_POINTS = 90;
const MIN_TREND_POINTS = 5;

/** Every column of the table's profile, as the page shows it; `unmask` shows values that look personal, too. */
export function reportColumns(history: Omit<TableHistory, 'insertTime'>, unmask: boolean): ReportColumn[] {
  const { profile, events } = history;
  if (profile?.status !== 'ok') return [];
  const rows = profile.rowCount ?? 0;
  return profile.columns.map((column) =>
    reportColumn(column, rows, events, history.columnSeries[column.name] ?? {}, unmask),
  );
}

function reportColumn(
  column: ColumnProfile,
  rows: number,
  events: EventHistory | undefined,
  series: Readonly<Record<string, readonly Point[]>>,
  unmask: boolean,
): ReportColumn {
  const { name, type, failure, nullCount, distinct } = column;
  if (failure) return { name, type, failure: failure.message };
  const byDay = events?.days.columns[name];
  const nullTrend = byDay ? trend(dailyNulls(events, byDay)) : trend(valuesOf(series.null_rate));
  const shape = shapeOf(column);
  const shown = unmask ? column : maskColumn(column);
  return {
    name,
    type,
    ...(nullCount !== undefined && { nullRate: rows === 0 ? 0 : rounded(nullCount / rows) }),
    ...(nullTrend && { nullTrend }),
    ...(distinct && { distinct: distinct.value, ...(!distinct.exact && { estimated: true as const }) }),
    ...(shape && { shape: shape.density }),
    ...(shown.masked !== undefined
      ? { ...(shape && { median: { at: shape.median } }), masked: shown.masked }
      : values(shown, rows, shape?.median, byDay ? trend(daily(events, byDay.mean)) : trend(valuesOf(series.mean)))),
  };
}

/** What shows values of the column. */
function values(column: ColumnProfile, rows: number, median: number | undefined, meanTrend: Trend | undefined) {
  const { min, max, mean, quantiles, topValues = [], type } = column;
  const top = topValues.filter(({ count }) => count > 1 || topValues.length === 1).slice(0, TOP_VALUES);
  return {
    ...(min !== undefined && { min: textOf(min, type) }),
    ...(max !== undefined && { max: textOf(max, type) }),
    ...(mean !== undefined && { mean: rounded(mean), ...(meanTrend && { meanTrend }) }),
    ...(quantiles &&
      median !== undefined && {
        ends: [textOf(quantiles.p01, type), textOf(quantiles.p99, type)] as const,
        median: { at: median, value: textOf(quantiles.p50, type) },
      }),
    top: top.map(({ value, count }) => [textOf(value, type), rounded(count / rows)] as const),
  };
}

/** A value as people read it: times to the minute, long texts cut. */
function textOf(value: JsonValue, type: string): string {
  const text = typeof value === 'number' ? String(Number(value.toPrecision(12))) : String(value);
  if (/^timestamp/.test(type)) return text.replace(/^(\d{4,6}-\d\d-\d\d)[T ](\d\d:\d\d).*$/, '$1 $2');
  const characters = [...text];
  return characters.length > MAX_TEXT ? `${characters.slice(0, MAX_TEXT).join('')}…` : text;
}

function valuesOf(points: readonly Point[] | undefined): readonly number[] {
  return (points ?? []).map(({ value }) => value);
}

function dailyNulls({ days }: EventHistory, { nonNull }: EventColumn): (number | null)[] {
  return days.rows.slice(days.complete).map((rows, i) => (rows > 0 ? 1 - nonNull[days.complete + i]! / rows : null));
}

function daily({ days }: EventHistory, figures: readonly (number | null)[] | undefined): readonly (number | null)[] {
  return (figures ?? []).slice(days.complete);
}

/** Undefined where there are too few points, or where nothing moves. */
function trend(figures: readonly (number | null)[]): Trend | undefined {
  const known = figures.filter((value) => value !== null);
  if (known.length < MIN_TREND_POINTS || known.every((value) => value === known[0])) return undefined;
  return encodeTrend(figures.slice(-TREND_POINTS));
}
