import { describe, expect, test } from 'vitest';
import { freshness } from '#src/core/checks/freshness.js';
import { DEFAULT_CHECK_SETTINGS as settings } from '#src/core/checks/settings.js';
import { DAY, freshnessHistory, HOUR, NOW } from '../../support/table-history.js';

const severities = (history: ReturnType<typeof freshnessHistory>) =>
  freshness.judge(history, settings).map((finding) => finding.severity);

/** Daily runs before `NOW`, each an hour after its load. */
const daily = (runs: number) =>
  Array.from({ length: runs }, (_, i) => ({ time: NOW - (runs - i) * DAY, newest: NOW - (runs - i) * DAY - HOUR }));

describe('a declared limit', () => {
  test.each([
    [3600, []],
    [3601, ['warn']],
    [7199, ['warn']],
    [7200, ['critical']],
  ])('of an hour, %d seconds old', (age, expected) => {
    expect(severities(freshnessHistory([], NOW - age * 1000, { freshnessLimitSeconds: 3600 }))).toEqual(expected);
  });

  test('is scored as its severity at least', () => {
    const history = freshnessHistory([], NOW - 3601 * 1000, { freshnessLimitSeconds: 3600 });
    expect(freshness.judge(history, settings)[0]?.score).toBe(0.6);
  });

  test('names the newest value and since when it has not moved', () => {
    const newest = NOW - 26 * HOUR;
    const past = [
      { time: NOW - 3 * DAY, newest: NOW - 3 * DAY - HOUR },
      { time: NOW - DAY, newest },
    ];
    expect(freshness.judge(freshnessHistory(past, newest, { freshnessLimitSeconds: 86_400 }), settings)).toMatchObject([
      {
        metric: 'freshness_seconds',
        value: 26 * 3600,
        expected: { upper: 86_400 },
        message:
          'The newest created_at of sales.orders is 2026-11-23 00:00 UTC, 26 h ago and has not moved since the run of ' +
          '2026-11-23 02:00 UTC; expected at most 24 h.',
      },
    ]);
  });
});

describe('a learned limit', () => {
  test('a missed daily load is found by the run that misses it', () => {
    const past = daily(3);
    expect(severities(freshnessHistory(past, past.at(-1)!.newest))).toEqual(['warn']);
  });

  test('and by the runs after that', () => {
    const past = daily(4);
    const stuck = { time: past[3]!.time, newest: past[2]!.newest };
    expect(severities(freshnessHistory([...past.slice(0, 3), stuck], stuck.newest))).toEqual(['warn']);
  });

  test('after a week, a second missed load is critical', () => {
    const missedTwice = (past: ReturnType<typeof daily>) => {
      const { newest } = past.at(-2)!;
      return freshnessHistory([...past.slice(0, -1), { time: past.at(-1)!.time, newest }], newest);
    };
    expect(severities(missedTwice(daily(9)))).toEqual(['critical']);
    expect(severities(missedTwice(daily(6)))).toEqual(['warn']);
  });

  test.each([
    ['loads as ever', daily(5), NOW - HOUR],
    ['too little past', daily(2), NOW - DAY - HOUR],
    ['a run in between, no load due yet', daily(5).map((run) => shifted(run, 10 * HOUR)), NOW - 15 * HOUR],
    ['a table that never moves', daily(9).map(({ time }) => ({ time, newest: NOW - 90 * DAY })), NOW - 90 * DAY],
    ['a later run than usual, loaded since', daily(5).map((run) => shifted(run, -12 * HOUR)), NOW - 13 * HOUR],
    ['hourly runs of a daily load', hourly(), NOW - 24 * HOUR],
    ['no newest value', daily(5), null],
    ['runs at changing distances from the loads', every(34, 29, 1, 3), newestLoad(NOW, 34, 1)],
    ['late data, a run before the load is due', late(5).map((run) => shifted(run, 3 * HOUR)), NOW - 25 * HOUR],
    [
      'late data, loaded since, after runs that did not happen',
      late(5).map((run) => shifted(run, -22 * HOUR)),
      NOW - 26 * HOUR,
    ],
    ['moved once, how often is unknown', movedOnce(), NOW - 121 * HOUR],
  ])('quiet: %s', (_, past, newest) => {
    expect(severities(freshnessHistory(past, newest))).toEqual([]);
  });

  test('a pipeline that moves, but falls behind', () => {
    expect(severities(freshnessHistory(daily(6), NOW - 30 * HOUR + 1))).toEqual(['warn']);
  });
});

describe('a newest value in the future', () => {
  test('by no more than a day is a time zone', () => {
    expect(severities(freshnessHistory(daily(5), NOW + DAY))).toEqual([]);
  });

  test('by more is worth a word and no sign of freshness', () => {
    const [finding] = freshness.judge(freshnessHistory(daily(5), NOW + 2 * DAY), settings);
    expect(finding).toMatchObject({ severity: 'info', column: 'created_at', value: '2026-11-26T02:00:00.000Z' });
    expect(finding?.message).toContain('is 2026-11-26 02:00 UTC, 2 days in the future');
  });
});

function shifted(run: { time: number; newest: number }, ms: number) {
  return { time: run.time + ms, newest: run.newest + ms };
}

/** Five days of hourly runs of a load that comes at 02:00 each day. */
function hourly() {
  return every(24, 1, 2, 120);
}

function every(loadHours: number, runHours: number, phaseHours: number, runs: number) {
  return Array.from({ length: runs }, (_, i) => {
    const time = NOW - (runs - i) * runHours * HOUR;
    return { time, newest: newestLoad(time, loadHours, phaseHours) };
  });
}

function newestLoad(time: number, loadHours: number, phaseHours: number): number {
  return Math.floor((time - phaseHours * HOUR) / (loadHours * HOUR)) * loadHours * HOUR + phaseHours * HOUR;
}

/** Daily runs that see data four hours old. */
function late(runs: number) {
  return daily(runs).map(({ time, newest }) => ({ time, newest: newest - 3 * HOUR }));
}

/** Three days without a move, then one, seen five days ago. */
function movedOnce() {
  const at = NOW - 120 * HOUR;
  const before = [3, 2, 1].map((days) => ({ time: at - days * DAY, newest: at - 3 * DAY - HOUR }));
  return [...before, { time: at, newest: at - HOUR }];
}
