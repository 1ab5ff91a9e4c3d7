import type { MeasuredDay, PastFinding } from '#src/adapters/store/read-past.js';
import { severityOf } from '#src/core/checks/newest-verdict.js';
import type { Severity } from '#src/core/model/finding.js';
import type { HeatDays, HeatRow } from '../report-data.js';
import type { JudgedSeries } from './series.js';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
export const HEAT_DAYS = 120;
/** Judged days before "as expected" means anything for a table that is judged run by run alone. */
const MIN_JUDGED_DAYS = 3;

/** From the least to the most that is to be said of a day. */
const ORDER = '-~0123';
const STATE: Readonly<Record<Severity, string>> = { info: '1', warn: '2', critical: '3' };

/** Days between the start of a day and a run that finds something about it, at most: others came since. */
const LATEST_DAYS = 3;

/** These findings are about the last closed day where a table's past is known by event time; the others about now. */
const BY_DAY = new Set(['null_rate', 'mean', 'spread', 'share', 'categories', 'drift', 'distinct']);

export interface HeatInput {
  readonly measured: readonly MeasuredDay[];
  readonly findings: readonly PastFinding[];
  /** Rows per day, where known. */
  readonly volume: JudgedSeries | null;
  /** Daily series that open findings are about. */
  readonly others: readonly JudgedSeries[];
  /** Days that open findings are about, epoch milliseconds: they may be graver than the verdicts on them. */
  readonly dated: readonly { readonly time: number; readonly severity: Severity }[];
}

/** The last days up to that of `asOf`, epoch milliseconds. */
export function heatDays(asOf: number): HeatDays & { readonly start: number } {
  const start = Math.floor(asOf / DAY_MS) * DAY_MS - (HEAT_DAYS - 1) * DAY_MS;
  return { first: new Date(start).toISOString().slice(0, 10), count: HEAT_DAYS, start };
}

/** One table's days; `start` is the first, epoch milliseconds. */
export function heatRow({ measured, findings, volume, others, dated }: HeatInput, start: number): HeatRow {
  const row = new Array<string>(HEAT_DAYS).fill('-');
  const raise = (day: number, state: string) => {
    if (day >= 0 && day < HEAT_DAYS && ORDER.indexOf(state) > ORDER.indexOf(row[day]!)) row[day] = state;
  };
  // a day of another time zone starts some hours before or after
  const dayOf = (time: number) => Math.round((time - start) / DAY_MS);
  // what is known by insert time was judged against that from the first run on
  let judgedDays = volume?.verdicts.some(({ expected }) => expected !== null) ? MIN_JUDGED_DAYS : 0;
  for (const { day, judged } of measured) {
    if (judged) judgedDays++;
    raise(dayOf(Date.parse(day)), judged && judgedDays > MIN_JUDGED_DAYS ? '0' : '~');
  }
  for (const { points, verdicts } of [...(volume ? [volume] : []), ...others])
    for (const [i, { time, value }] of points.entries()) {
      const verdict = verdicts[i];
      if (value === null) continue;
      if (verdict?.anomaly) raise(dayOf(time), STATE[severityOf(verdict.q)]);
      else raise(dayOf(time), verdict?.expected ? '0' : '~');
    }
  for (const { time, severity } of dated) raise(dayOf(time), STATE[severity]);
  for (const { check, severity, time } of findings) {
    const day = Math.floor((time - start) / DAY_MS);
    if (check === 'volume' && volume) {
      const off = lastOff(volume, time);
      if (off !== null) raise(dayOf(off), STATE[severity]);
    } else raise(volume && BY_DAY.has(check) ? day - 1 : day, STATE[severity]);
  }
  return row.join('');
}

/** The day that a finding about volume is about, which may be graver than its verdict; none where it is about an hour. */
function lastOff({ points, verdicts }: JudgedSeries, foundAt: number): number | null {
  // where clocks change, a day has 23 hours
  const closed = foundAt - DAY_MS + HOUR_MS;
  const off = points.findLast(({ time }, i) => time <= closed && verdicts[i]?.anomaly === true)?.time;
  return off !== undefined && foundAt - off < LATEST_DAYS * DAY_MS ? off : null;
}
