import { expect, test } from 'vitest';
import type { PastFinding } from '#src/adapters/store/read-past.js';
import type { Verdict } from '#src/core/model/series.js';
import { HEAT_DAYS, type HeatInput, heatDays, heatRow } from '#src/report/collect/heat.js';
import { DAY, NOW } from '../../support/table-history.js';

const heat = heatDays(NOW);
const TABLE = { source: 'batch', schema: 'sales', table: 'orders' };
const NOTHING: HeatInput = { measured: [], findings: [], volume: null, others: [], dated: [] };
/** The last days of the row. */
const end = (input: Partial<HeatInput>, days = 6) => heatRow({ ...NOTHING, ...input }, heat.start).slice(-days);
const dayBefore = (n: number) => new Date(NOW - n * DAY).toISOString().slice(0, 10);
const measured = (...daysBefore: number[]) => daysBefore.map((n) => ({ ...TABLE, day: dayBefore(n), judged: true }));
const finding = (daysBefore: number, check: string, severity: PastFinding['severity']): PastFinding => ({
  ...TABLE,
  check,
  severity,
  message: '',
  time: NOW - daysBefore * DAY,
});

function verdict(q: number, known = true): Verdict {
  return {
    q,
    score: q / (1 + q),
    anomaly: q > 1,
    direction: null,
    expected: known ? { value: 1, lower: 0, upper: 2 } : null,
    detector: null,
  };
}

/** A day's rows, the last yesterday. */
function volume(values: (number | null)[], verdicts: Verdict[], shiftMs = 0): HeatInput['volume'] {
  const today = Math.floor(NOW / DAY) * DAY;
  const points = values.map((value, i) => ({ time: today - (values.length - i) * DAY + shiftMs, value }));
  return { spec: { kind: 'row_count', interval: 'D' }, points, verdicts };
}

test('the days end with the run’s own and are 120', () => {
  expect(heat).toMatchObject({ first: dayBefore(119), count: 120 });
  expect(heatRow(NOTHING, heat.start)).toBe('-'.repeat(HEAT_DAYS));
});

test('a table judged run by run is as expected from its fourth day on; before, its history is too short', () => {
  expect(end({ measured: measured(4, 3, 2, 1, 0) })).toBe('-~~~00');
  expect(end({ measured: measured(4, 3, 2, 1, 0).map((day) => ({ ...day, judged: false })) })).toBe('-~~~~~');
});

test('a day by insert time is as its verdict says; an unknown one is nothing', () => {
  const judged = volume(
    [5, 5, null, 5, 5, 5],
    [verdict(0, false), verdict(0), verdict(0), verdict(1.2), verdict(1.6), verdict(3)],
  );
  expect(end({ volume: judged }, 7)).toBe('~0-123-');
  expect(end({ volume: judged, measured: measured(0) }, 7)).toBe('~0-1230');
});

test('a day of another time zone is that day', () => {
  expect(end({ volume: volume([5], [verdict(2)], 11 * 3_600_000) }, 3)).toBe('-2-');
  expect(end({ volume: volume([5], [verdict(2)], -11 * 3_600_000) }, 3)).toBe('-2-');
});

test('a finding colours the day of its run, and the worst one stays', () => {
  const findings = [finding(1, 'schema', 'critical'), finding(1, 'freshness', 'warn'), finding(0, 'freshness', 'warn')];
  expect(end({ measured: measured(5, 4, 3, 2, 1, 0), findings })).toBe('~~~032');
});

test('a finding about a closed day colours that day, and one about volume the day that is off', () => {
  const quiet = volume([5, 5, 5], [verdict(0), verdict(0), verdict(0)]);
  expect(end({ volume: quiet, findings: [finding(0, 'null_rate', 'warn')] }, 4)).toBe('002-');
  expect(end({ volume: quiet, findings: [finding(0, 'volume', 'critical')] }, 4)).toBe('000-');
  expect(end({ findings: [finding(0, 'null_rate', 'warn')] }, 4)).toBe('---2');
  const half = volume([5, 2, 5], [verdict(0), verdict(1.6), verdict(0)]);
  expect(end({ volume: half, findings: [finding(0, 'volume', 'critical')] }, 4)).toBe('030-');
  expect(end({ volume: half, findings: [finding(2, 'volume', 'critical')] }, 4)).toBe('020-');
});

test('a day that an open finding is about is as grave as that', () => {
  const dated = [{ time: Math.floor(NOW / DAY) * DAY - DAY + 11 * 3_600_000, severity: 'critical' as const }];
  expect(end({ volume: volume([5, 2], [verdict(0), verdict(1.6)]), dated }, 3)).toBe('03-');
});

test('what is older than the map is not on it', () => {
  expect(heatRow({ ...NOTHING, findings: [finding(300, 'schema', 'critical')] }, heat.start)).toBe(
    '-'.repeat(HEAT_DAYS),
  );
});
