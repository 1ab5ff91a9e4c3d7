import { severityOf } from '#src/core/checks/newest-verdict.js';
import type { Severity } from '#src/core/model/finding.js';
import type { SeriesPoint, SeriesSpec, Verdict } from '#src/core/model/series.js';
import type { FigureUnit, ReportSeries } from '../report-data.js';
import type { Axes } from './axes.js';
import { rounded, roundedOrNull } from './rounding.js';

/** Points a picture holds at most, the newest. */
const MAX_POINTS = { D: 120, H: 336, runs: 120 } as const;

/** What the report shows of a verdict. */
export interface Said extends Pick<Verdict, 'q' | 'anomaly'> {
  readonly expected: { readonly lower: number; readonly upper: number } | null;
}

/** Says of each point of a series what the judge does, who knows those before it alone. */
export type Judge = (spec: SeriesSpec, points: readonly SeriesPoint[]) => readonly Said[];

/** A series with the verdict on each of its points. */
export interface JudgedSeries {
  readonly spec: SeriesSpec;
  readonly points: readonly SeriesPoint[];
  readonly verdicts: readonly Said[];
}

/** A series that is only shown: its expectation is not that of the judge. */
export function unjudged(points: readonly SeriesPoint[]): JudgedSeries {
  return { spec: { kind: 'stream' }, points, verdicts: [] };
}

/** The newest points as the page draws them. */
export function reportSeries(
  { spec, points, verdicts }: JudgedSeries,
  label: string,
  unit: FigureUnit,
  axes: Axes,
): ReportSeries {
  const from = Math.max(0, points.length - MAX_POINTS[spec.interval ?? 'runs']);
  const shown = points.slice(from);
  const expected = shown.map((_, i) => verdicts[from + i]?.expected ?? null);
  const least = unit === 'number' ? Number.NEGATIVE_INFINITY : 0;
  const most = unit === 'share' ? 1 : Number.POSITIVE_INFINITY;
  const bound = (value: number | undefined) =>
    value === undefined ? null : roundedOrNull(Math.min(most, Math.max(least, value)));
  const marks = shown.flatMap((_, i): [number, Severity][] => {
    const verdict = verdicts[from + i];
    return verdict?.anomaly ? [[i, severityOf(verdict.q)]] : [];
  });
  return {
    label,
    unit,
    axis: axes.indexOf(shown.map(({ time }) => time)),
    values: shown.map(({ value }) => (value === null ? null : rounded(value))),
    ...(expected.some((each) => each !== null) && {
      band: {
        lower: expected.map((each) => bound(each?.lower)),
        upper: expected.map((each) => bound(each?.upper)),
      },
    }),
    marks,
  };
}
