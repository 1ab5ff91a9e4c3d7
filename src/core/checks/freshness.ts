import { FRESHNESS_METRIC, freshnessSeconds } from '../metrics/freshness-seconds.js';
import type { Finding } from '../model/finding.js';
import type { TableHistory } from '../model/history.js';
import { awaitedBuckets } from './arrival.js';
import type { TableCheck } from './check.js';
import { eventGap } from './event-gap.js';
import { makeFinding } from './finding.js';
import { learnedFreshnessLimit, unmovedSince } from './freshness-limit.js';
import { measured, tablePoints } from './past.js';
import { counted, duration, name, tableName, time } from './sentence.js';

/** A table whose newest insert time is older than its declared limit, or else than its own past allows. */
export const freshness: TableCheck = {
  name: 'freshness',
  judge(history, settings) {
    const { insertTime, now } = history;
    if (!measured(history) || insertTime === null || insertTime.newest === null) return [];
    const { column, newest } = insertTime;
    const lag = freshnessSeconds(newest, now);
    const newestIs = `newest ${name(column)} of ${tableName(history)} is ${time(newest)}`;
    if (lag === undefined) {
      return [
        makeFinding(history, {
          check: this.name,
          metric: FRESHNESS_METRIC,
          column,
          severity: 'info',
          value: new Date(newest).toISOString(),
          message: `The ${newestIs}, ${duration((newest - now) / 1000)} in the future, so its freshness is unknown.`,
        }),
      ];
    }

    const points = tablePoints(history, FRESHNESS_METRIC);
    const declared = history.freshnessLimitSeconds;
    // A limit that people set needs no past to be trusted.
    const limit =
      declared === undefined
        ? learnedFreshnessLimit(points, newest, now, settings.freshness)
        : { seconds: declared, seasoned: true };
    if (limit === null) return paused(history, lag, newestIs);
    if (lag <= limit.seconds) return [];
    const distance = lag / limit.seconds;
    const since = unmovedSince(points, newest);
    const unmoved = since === undefined ? '' : ` and has not moved since the run of ${time(since)}`;
    return [
      makeFinding(history, {
        check: this.name,
        metric: FRESHNESS_METRIC,
        severity: limit.seasoned && distance >= settings.freshness.criticalFactor ? 'critical' : 'warn',
        value: lag,
        expected: { upper: limit.seconds },
        distance,
        message: `The ${newestIs}, ${duration(lag)} ago${unmoved}; expected at most ${duration(limit.seconds)}.`,
      }),
    ];
  },
};

/** Where the runs were too few to learn a limit, the days of the table itself say how long it pauses. */
function paused(history: TableHistory, lag: number, newestIs: string): Finding[] {
  const gap = history.events && eventGap(history.events.days, awaitedBuckets(history, history.events.days));
  if (!gap) return [];
  const usual =
    gap.longest === 0
      ? `in the ${gap.known} days before, none was without rows`
      : `in the ${gap.known} days before, it never paused for more than ${counted(gap.longest, 'day')}`;
  return [
    makeFinding(history, {
      check: freshness.name,
      metric: FRESHNESS_METRIC,
      severity: gap.days >= 2 * (gap.longest + 1) ? 'critical' : 'warn',
      value: lag,
      expected: { upper: (gap.longest + 1) * 86_400 },
      distance: Math.max(1.5, gap.days / (gap.longest + 1)),
      message: `The ${newestIs}, ${duration(lag)} ago; ${usual}.`,
    }),
  ];
}
