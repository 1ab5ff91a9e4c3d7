import { bucketName } from './bucket-name.js';
import type { TableCheck } from './check.js';
import { type NewEventSeries, newEventSeries, severityOfDays } from './event-past.js';
import { expectedSince } from './expected.js';
import { makeFinding } from './finding.js';
import { judgeNewest, type NewestVerdict } from './newest-verdict.js';
import { dayCause } from './row-cause.js';
import { changed, counted, grouped, tableName } from './sentence.js';
import type { CheckSettings } from './settings.js';

/** A table with more empty days than this is loaded now and then; `freshness` says where a load is missing. */
const MOST_EMPTY_SHARE = 0.3;
const EMPTY_SHARE_POINTS = 56;
/** Hours are many: only what no day would show in time is said of them. */
const HOURLY_MIN_Q = 1.5;

/** More or fewer rows of one closed day or hour than its past leads to expect, by when they were inserted. */
export const volume: TableCheck = {
  name: 'volume',
  judge(history, settings) {
    const series = [...newEventSeries(history, 'rows_per_day'), ...newEventSeries(history, 'rows_per_hour')];
    return series.flatMap((each) => {
      const judged = judgeVolume(each, settings, expectedSince(history, each.metric));
      if (judged === null || (each.interval === 'H' && judged.verdict.q < HOURLY_MIN_Q)) return [];
      const { value, index, verdict, severity } = judged;
      const { lower, upper } = verdict.expected;
      const bounds = { lower: Math.max(0, Math.ceil(lower)), upper: Math.floor(upper) };
      return makeFinding(history, {
        check: this.name,
        metric: each.metric,
        severity: each.interval === 'D' ? severityOfDays(history, severity) : severity,
        value,
        expected: bounds,
        distance: verdict.q,
        message:
          `${tableName(history)} got ${counted(value, 'row')} ${bucketName(each, index, history.events!.timeZone)}, ` +
          `${changed(value, verdict.expected.value, grouped)}; expected ${grouped(bounds.lower)} to ${grouped(bounds.upper)}.`,
        ...(each.interval === 'D' && dayCause(history, index, verdict.expected.value)),
      });
    });
  },
};

/** Days without rows are points of a table that is loaded daily; of one that is loaded now and then, only loads are. */
function judgeVolume(
  series: NewEventSeries,
  settings: CheckSettings,
  expected: readonly number[],
): (NewestVerdict & { index: number }) | null {
  const { points, firstNew, kind, interval } = series;
  const recent = points.slice(Math.max(0, firstNew - EMPTY_SHARE_POINTS), firstNew);
  const empty = recent.filter(({ value }) => value === 0).length;
  if (empty <= MOST_EMPTY_SHARE * recent.length)
    return judgeNewest({ kind, interval }, points, firstNew, settings.judge, expected);
  if (interval === 'H') return null;
  const loads = points.flatMap((point, index) => (point.value === 0 ? [] : [{ point, index }]));
  const firstLoad = loads.findIndex(({ index }) => index >= firstNew);
  if (firstLoad < 0) return null;
  const judged = judgeNewest(
    { kind },
    loads.map(({ point }) => point),
    firstLoad,
    settings.judge,
    expected,
  );
  return judged && { ...judged, index: loads[judged.index]!.index };
}
