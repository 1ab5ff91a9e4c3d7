import { quotedValue } from '#src/core/checks/sentence.js';
import { type JudgeSettings, judgeSeries } from '#src/core/detectors/index.js';
import { type EventSeries, eventSeries } from '#src/core/events/series.js';
import { FRESHNESS_METRIC, seriesKind } from '#src/core/metrics/index.js';
import type { Finding } from '#src/core/model/finding.js';
import type { Point, TableHistory } from '#src/core/model/history.js';
import type { SeriesPoint, SeriesSpec } from '#src/core/model/series.js';
import { isPersonal } from '#src/core/privacy/mask.js';
import type { ReportSeries } from '../report-data.js';
import type { Axes } from './axes.js';
import { labelOf, unitOf } from './figures.js';
import type { KeptJudges } from './kept-judges.js';
import { lastMonths } from './last-months.js';
import { type Judge, type JudgedSeries, reportSeries, type Said, unjudged } from './series.js';
import { tableKey } from './table-key.js';

/** Days without rows beyond which a table is loaded now and then; its loads are judged, not its days. */
const MOST_EMPTY_SHARE = 0.3;
/** A finding about a bucket is about one of the newest. */
const NEWEST = { D: 7, H: 72 } as const;
/** Findings about these are seen in the rows per day, too. */
const ROW_METRICS: ReadonlySet<string> = new Set(['row_count', FRESHNESS_METRIC]);
/** A run's own figures make a picture from so many points on. */
const MIN_RUN_POINTS = 3;

/** A series as it is drawn, and as it was judged. */
export interface Picture {
  readonly series: ReportSeries;
  readonly judged: JudgedSeries;
  /** Where it says by itself when it was that the finding is about: those days, epoch milliseconds. */
  readonly days: readonly number[];
}

/** How the series of tables are judged. */
export interface HowJudged {
  readonly settings: JudgeSettings;
  /** What was judged for the report before; absent where there is none. */
  readonly kept?: KeptJudges;
}

/** The series of one table that the report draws, each judged at most once. */
export class TableSeries {
  readonly #history: TableHistory;
  readonly #axes: Axes;
  readonly #events: readonly EventSeries[];
  readonly #judged = new Map<EventSeries, JudgedSeries>();
  readonly #judge: Judge;
  readonly #isQuiet: boolean;

  /**
   * Where something was found of the table, its series are judged whole, as the run did that found it: the picture must say the same.
   * A quiet table's rows per day are judged in the last months alone, and as far as they were not before.
   */
  constructor(history: TableHistory, axes: Axes, { settings, kept }: HowJudged, isQuiet: boolean) {
    this.#history = history;
    this.#axes = axes;
    this.#isQuiet = isQuiet;
    this.#judge =
      isQuiet && kept
        ? (spec, points) => kept.judge(tableKey(history), spec, points)
        : (spec, points) => judgeSeries(spec, points, settings);
    this.#events = history.events ? eventSeries(history.events) : [];
  }

  /** Rows per day, with the days that findings are about in their severity; null where the table has no insert-time column. */
  volume(findings: readonly Finding[]): Picture | null {
    const series = this.#rowsPerDay();
    if (!series) return null;
    const about = findings.find(({ metric }) => metric === series.metric);
    return this.#draw(series, about, about && pointsSaying(this.#judgedOf(series), about));
  }

  /** Rows of the whole table in each judged run, and in this one. */
  rowCount(): ReportSeries | null {
    return this.#runSeries('row_count', undefined, this.#history.profile?.rowCount);
  }

  freshness(): ReportSeries | null {
    const { insertTime, now } = this.#history;
    const newest = insertTime?.newest;
    return this.#runSeries(
      FRESHNESS_METRIC,
      undefined,
      newest == null ? undefined : Math.max(0, (now - newest) / 1000),
    );
  }

  /**
   * What a finding is about, drawn: by event time where it is from there, else run by run, else what comes nearest; null
   * where it is about no figure.
   */
  of(finding: Finding): Picture | null {
    const alike = this.#events.filter((series) => isAbout(series, finding));
    for (const series of alike) {
      const judged = this.#judgedOf(series);
      const points = pointsSaying(judged, finding);
      if (points.length === 0) continue;
      const days = series.interval === 'D' ? points.map((index) => judged.points[index]!.time) : [];
      return { ...this.#draw(series, finding, points), days };
    }
    const value = typeof finding.value === 'number' ? finding.value : undefined;
    const byRun = value === undefined ? null : this.#runSeries(finding.metric, finding.column, value, finding);
    if (byRun) return { series: byRun, judged: unjudged([]), days: [] };
    const nearest = alike[0] ?? (ROW_METRICS.has(finding.metric) ? this.#rowsPerDay() : undefined);
    return nearest
      ? this.#draw(nearest, finding, [nearest.points.findLastIndex((point) => point.value !== null)])
      : null;
  }

  #rowsPerDay(): EventSeries | undefined {
    return this.#events.find(({ metric }) => metric === 'rows_per_day');
  }

  #judgedOf(series: EventSeries): JudgedSeries {
    let judged = this.#judged.get(series);
    if (!judged) {
      const points = this.#isQuiet ? lastMonths(series.points, tableKey(this.#history)) : series.points;
      judged = judgedSeries({ ...series, points }, this.#judge);
      this.#judged.set(series, judged);
    }
    return judged;
  }

  /** With the points (by index) that a finding is about in its severity. */
  #draw(series: EventSeries, about?: Finding, points: readonly number[] = []): Picture {
    const { metric, column, value } = series;
    const judged = this.#judgedOf(series);
    const drawn = reportSeries(judged, labelOf(metric, column ?? undefined, value), unitOf(metric), this.#axes);
    const shift = judged.points.length - drawn.values.length;
    const of = new Set(points.map((index) => index - shift));
    if (about && of.size > 0) {
      const others = drawn.marks.filter(([index]) => !of.has(index));
      const marks = [...others, ...[...of].map((index) => [index, about.severity] as const)];
      return { series: { ...drawn, marks }, judged, days: [] };
    }
    return { series: drawn, judged, days: [] };
  }

  #runSeries(
    metric: string,
    column: string | undefined,
    now: number | undefined,
    about?: Finding,
  ): ReportSeries | null {
    const { tableSeries, columnSeries } = this.#history;
    const stored = (column === undefined ? tableSeries[metric] : columnSeries[column]?.[metric]) ?? [];
    const points: SeriesPoint[] = stored.map(({ time, value }: Point) => ({ time, value }));
    if (now !== undefined) points.push({ time: this.#history.now, value: now });
    if (points.length < MIN_RUN_POINTS) return null;
    const kind = seriesKind(metric);
    const judgedPoints =
      kind && metric !== 'row_count' && about ? judged({ kind }, points, this.#judge) : unjudged(points);
    const series = reportSeries(judgedPoints, labelOf(metric, column), unitOf(metric), this.#axes);
    return about ? withExpectation(series, about) : series;
  }
}

function isAbout({ metric, column, value }: EventSeries, finding: Finding): boolean {
  if (column !== (finding.column ?? null)) return false;
  if (value === undefined) return metric === finding.metric;
  return finding.metric === 'category'
    ? (isPersonal(column ?? '', value) ? null : String(value)) === finding.value
    : metric === finding.metric && finding.message.includes(quotedValue(column ?? '', value));
}

/** Indices of the newest points that are off and have the finding's value. */
function pointsSaying({ points, verdicts, spec }: JudgedSeries, { value }: Finding): number[] {
  const from = Math.max(0, points.length - NEWEST[spec.interval ?? 'D']);
  return points.flatMap((point, i) => (i >= from && verdicts[i]?.anomaly && point.value === value ? [i] : []));
}

function judged(spec: SeriesSpec, points: readonly SeriesPoint[], judge: Judge): JudgedSeries {
  return { spec, points, verdicts: judge(spec, points) };
}

/** Days without rows are points of a table that is loaded daily; of one that is loaded now and then, only loads are. */
function judgedSeries({ kind, interval, points, metric }: EventSeries, judge: Judge): JudgedSeries {
  const known = points.filter(({ value }) => value !== null);
  const empty = known.filter(({ value }) => value === 0).length;
  if (metric !== 'rows_per_day' || empty <= MOST_EMPTY_SHARE * known.length)
    return judged({ kind, interval }, points, judge);
  const loads = points.filter(({ value }) => value !== 0);
  const ofLoads = judge({ kind }, loads);
  const verdicts = new Map(loads.map((point, i) => [point, ofLoads[i]!]));
  const none: Said = { q: 0, anomaly: false, expected: null };
  return { spec: { kind, interval }, points, verdicts: points.map((point) => verdicts.get(point) ?? none) };
}

/** The finding's own limits and severity on the last point, where no band of the judge is there. */
function withExpectation(series: ReportSeries, { expected, severity }: Finding): ReportSeries {
  const last = series.values.length - 1;
  const { lower, upper } = expected;
  const only = (value: number | undefined) =>
    series.values.map((_, i) => (i >= last - 1 && value !== undefined ? value : null));
  const known = lower !== undefined && upper !== undefined && series.band === undefined;
  return {
    ...series,
    ...(known && { band: { lower: only(lower), upper: only(upper) } }),
    marks: [...series.marks.filter(([index]) => index !== last), [last, severity]],
  };
}
