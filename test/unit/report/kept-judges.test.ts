import { describe, expect, test } from 'vitest';
import { DEFAULT_JUDGE_SETTINGS, type JudgeSettings, judgeSeries } from '#src/core/detectors/index.js';
import type { SeriesPoint } from '#src/core/model/series.js';
import { KeptJudges } from '#src/report/collect/kept-judges.js';
import { lastMonths } from '#src/report/collect/last-months.js';
import { DAY, NOW } from '../../support/table-history.js';

const daily = { kind: 'row_count', interval: 'D' } as const;

/** Days up to now, quieter at weekends, with a bad day, an unknown one and a new level. */
function days(count: number): SeriesPoint[] {
  return Array.from({ length: count }, (_, i) => {
    const usual = (i > 70 ? 3000 : 1000) * (i % 7 > 4 ? 0.6 : 1) * (1 + 0.03 * Math.sin(i * i));
    return { time: NOW + i * DAY, value: i === 33 ? null : Math.round(i === 40 ? usual / 3 : usual) };
  });
}

/** Counts the points that are judged: each judge asks how large an effect must be to be worth saying. */
function counting(): { readonly settings: JudgeSettings; asked(): number } {
  let asked = 0;
  const settings = {
    ...DEFAULT_JUDGE_SETTINGS,
    get minimumEffect() {
      asked++;
      return DEFAULT_JUDGE_SETTINGS.minimumEffect;
    },
  };
  return {
    settings,
    asked: () => {
      const since = asked;
      asked = 0;
      return since;
    },
  };
}

describe('judges that are kept', () => {
  test('say of a growing series what judging all of it says', () => {
    const kept = new KeptJudges(DEFAULT_JUDGE_SETTINGS);
    for (const count of [20, 21, 41, 41, 60, 90]) {
      const said = kept.judge('orders', daily, days(count));
      kept.turn();
      const whole = judgeSeries(daily, days(count)).map(({ q, anomaly, expected }) => ({
        ...{ q, anomaly },
        expected: expected && { lower: expected.lower, upper: expected.upper },
      }));
      expect(said).toEqual(whole);
    }
    expect(kept.judge('orders', daily, days(90)).filter(({ anomaly }) => anomaly).length).toBeGreaterThan(1);
  });

  test('judge new points alone, all of them where an old one has changed or the series has moved on', () => {
    const { settings, asked } = counting();
    const kept = new KeptJudges(settings);
    const judge = (points: readonly SeriesPoint[], spec: Parameters<KeptJudges['judge']>[1] = daily) => {
      kept.judge('orders', spec, points);
      kept.turn();
      return asked();
    };
    const all = judge(days(60));
    expect(all).toBeGreaterThan(50);
    expect(judge(days(60))).toBe(0);
    expect(judge(days(61))).toBeLessThan(5);
    expect(judge(days(61).map((point, i) => (i === 50 ? { ...point, value: 1 } : point)))).toBeGreaterThan(50);
    expect(judge(days(61).slice(1))).toBeGreaterThan(50);
    expect(judge(days(61).slice(1), { kind: 'row_count' })).toBeGreaterThan(50);
  });

  test('go on from a report that came to no end', () => {
    const { settings, asked } = counting();
    const kept = new KeptJudges(settings);
    for (const count of [60, 61]) kept.judge('orders', daily, days(count));
    kept.turn();
    asked();
    kept.judge('orders', daily, days(61));
    expect(asked()).toBe(0);
    kept.judge('orders', daily, days(61));
    expect(asked()).toBe(0);
  });

  test('forget what was not asked for the last time', () => {
    const { settings, asked } = counting();
    const kept = new KeptJudges(settings);
    kept.judge('orders', daily, days(60));
    const all = asked();
    kept.turn();
    kept.turn();
    kept.judge('orders', daily, days(60));
    expect(asked()).toBe(all);
  });
});

describe('the last months of a daily series', () => {
  const first = (points: readonly SeriesPoint[]) => points[0]!.time;
  /** 400 days as each of the next 64 days sees them. */
  const seen = Array.from({ length: 64 }, (_, today) => days(464).slice(today, today + 400));

  test('begin on the same day for weeks, and have days enough to be taught by', () => {
    const begins = seen.map((points) => lastMonths(points, 'orders'));
    expect(new Set(begins.map(first)).size).toBeLessThanOrEqual(3);
    for (const [today, points] of begins.entries()) {
      expect(points.length).toBeGreaterThanOrEqual(240);
      expect(points.length).toBeLessThanOrEqual(272);
      expect(points.at(-1)).toEqual(seen[today]!.at(-1));
    }
  });

  test('move on another day for another table', () => {
    const moves = (name: string) =>
      seen.findIndex((points, i) => i > 0 && first(lastMonths(points, name)) !== first(lastMonths(seen[i - 1]!, name)));
    expect(new Set(['a', 'b', 'c', 'd'].map(moves)).size).toBe(4);
  });

  test('are all there is of a short one', () => {
    expect(lastMonths(days(272), 'orders')).toEqual(days(272));
  });
});
