import type { SeriesKind, SeriesPoint, SeriesSpec, Verdict } from '../model/series.js';
import { FallingTotal } from './falling-total.js';
import { Forecast, type Interval, type Measured } from './forecast.js';
import { bounded, middle, usualStep } from './numbers.js';
import { type SeriesJudge, UNKNOWN, verdictOf } from './series-judge.js';
import type { JudgeSettings } from './settings.js';
import { Standstill } from './standstill.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Points that must be known before a forecast is one; before that there are only rules. Of hours, two nights. */
const COLD_POINTS = { D: 7, H: 48, none: 7 } as const;
/** The forecast is made anew when the history has grown by this factor and some points. */
const REFIT_GROWTH = 1.25;
const REFIT_POINTS = { D: 5, H: 24, none: 5 } as const;
/** Points kept for that. */
const KEPT = 1_200;
/** So many points in a row that are off the same way are the new level. */
const NEW_LEVEL = { D: 4, H: 10, none: 10 } as const;
/** Two cycles of the shortest season: before that, what seems a new level may be another hour of the day. */
const KNOWN_SEASON = { D: 14, H: 48, none: 14 } as const;
/** Points of runs at odd times must reach over days as well. */
const NEW_LEVEL_DAYS = 3;
/** What no value of a kind is below. */
const LOWEST: Partial<Record<SeriesKind, number>> = { row_count: 0, distinct: 0, rate: 0 };
/** Where an effect is too small to matter, or goes the harmless way, the distance ends below the limit. */
const HARMLESS = 0.95;

/** A point that was off, and which way: null where it stands still. */
interface Off extends Measured {
  readonly direction: 'rise' | 'fall' | null;
}

/** Judges a series by what is expected of it, with its kind's transform, direction, minimum effect and rules. */
export class ForecastJudge implements SeriesJudge {
  private readonly interval: Interval | undefined;
  private history: Measured[] = [];
  /** The last points, where they were off. */
  private off: Off[] = [];
  private forecast: Forecast | null = null;
  private fittedTo = 0;
  private lastTotal: { readonly time: number; readonly value: number } | null = null;
  private readonly standstill: Standstill;
  private readonly fallingTotal = new FallingTotal();

  constructor(
    private readonly spec: SeriesSpec,
    private readonly settings: JudgeSettings,
  ) {
    this.interval = spec.interval;
    this.standstill = new Standstill(spec.kind);
  }

  observe({ time, value, stdError: error = 0 }: SeriesPoint): Verdict {
    if (value === null || !Number.isFinite(value)) return UNKNOWN;
    const [measured, stdError] = [bounded(value), bounded(error)];
    const still = this.standstill.observe(measured);
    if (this.spec.kind !== 'cumulative') return this.judge({ time, value: measured, stdError }, 0, still, 0);
    const before = this.lastTotal;
    this.lastTotal = { time, value: measured };
    if (before === null) return UNKNOWN;
    const change = (measured - before.value) / this.stepsSince(before.time, time);
    const fall = this.fallingTotal.observe(change);
    return this.judge({ time, value: change, stdError }, before.value, still, fall);
  }

  accept(): void {
    if (this.off.length > 0) this.takeLevel();
  }

  private judge(point: Measured, base: number, still: number, fall: number): Verdict {
    const { value } = point;
    const interval = this.intervalNow();
    if (this.history.length < COLD_POINTS[interval]) {
      this.history.push(point);
      if (fall <= 1) return UNKNOWN;
      return verdictOf(fall, { direction: 'fall', expected: null, detector: this.fallingTotal.name });
    }
    if (this.forecast === null || this.history.length >= this.fittedTo * REFIT_GROWTH + REFIT_POINTS[interval]) {
      this.forecast = new Forecast(this.spec.kind, interval, this.settings.strictness, this.history);
      this.fittedTo = this.history.length;
    }
    const { distance, ...expected } = this.forecast.expect(point, this.history.length);
    const side = value > expected.value ? 'rise' : 'fall';
    const forecast = this.worthSaying(value, expected.value, side) ? distance : Math.min(distance, HARMLESS);
    const most = Math.max(forecast, still, fall);
    const detector = most === forecast ? 'forecast' : most === fall ? this.fallingTotal.name : this.standstill.name;
    const direction = detector === this.standstill.name ? null : side;
    if (most > 1) this.noteOff({ ...point, direction }, interval);
    else {
      this.off = [];
      this.forecast.learn(point);
      this.keep(point);
    }
    return verdictOf(most, { direction, expected: this.band(expected, base), detector });
  }

  /** Whether a difference is large enough, and goes a way that matters. */
  private worthSaying(value: number, expected: number, direction: 'rise' | 'fall'): boolean {
    const { kind } = this.spec;
    if ((kind === 'null_rate' || kind === 'freshness') && direction === 'fall') return false;
    const { relative, absolute } = this.settings.minimumEffect[kind];
    const size = Math.abs(value - expected);
    return size >= absolute && size >= relative * Math.abs(expected);
  }

  private band(expected: NonNullable<Verdict['expected']>, base: number): NonNullable<Verdict['expected']> {
    const { kind } = this.spec;
    const { relative, absolute } = this.settings.minimumEffect[kind];
    const least = Math.max(absolute, relative * Math.abs(expected.value));
    const open = kind === 'null_rate' || kind === 'freshness';
    const upper = bounded(base + Math.max(expected.upper, expected.value + least));
    return {
      value: bounded(base + expected.value),
      lower: open
        ? 0
        : Math.max(LOWEST[kind] ?? -Infinity, bounded(base + Math.min(expected.lower, expected.value - least))),
      upper: isShare(kind) ? Math.min(1, upper) : upper,
    };
  }

  private noteOff(point: Off, interval: Interval): void {
    if (this.off.length > 0 && this.off[0]!.direction !== point.direction) this.off = [];
    this.off.push(point);
    const days = (point.time - this.off[0]!.time) / DAY;
    const lasted = this.off.length >= NEW_LEVEL[interval];
    const overDays = this.off.length >= NEW_LEVEL.D && days >= NEW_LEVEL_DAYS * 0.95;
    if (lasted || (interval === 'none' && overDays)) this.takeLevel();
  }

  /** The points that were off are the level from now on; what was before is moved there, so that its known season still serves. */
  private takeLevel(): void {
    const points = this.off;
    this.off = [];
    this.standstill.accept();
    this.forecast?.moveTo(points);
    if (this.history.length >= KNOWN_SEASON[this.intervalNow()]) {
      const level = middle(points.map(({ value }) => value));
      const before = middle(this.history.slice(-30).map(({ value }) => value));
      const [ratio, shift] = before > 0 && level > 0 ? [level / before, 0] : [1, level - before];
      this.history = this.history.map((point) => ({ ...point, value: bounded(point.value * ratio + shift) }));
    }
    for (const { time, value, stdError } of points) this.keep({ time, value, stdError });
    this.fittedTo = this.history.length;
  }

  private keep(point: Measured): void {
    this.history.push(point);
    if (this.history.length <= KEPT) return;
    this.history.shift();
    this.fittedTo--;
  }

  private intervalNow(): Interval {
    if (this.interval !== undefined) return this.interval;
    if (this.history.length < COLD_POINTS.none) return 'none';
    const step = usualStep(this.history.slice(-30));
    if (step >= 0.8 * DAY && step <= 1.2 * DAY) return 'D';
    return step >= 0.8 * HOUR && step <= 1.2 * HOUR ? 'H' : 'none';
  }

  /** Points due between two times, at least 1: what a gap held back arrives at once. */
  private stepsSince(before: number, now: number): number {
    const { interval } = this.spec;
    if (interval === undefined) return 1;
    return Math.max(1, Math.round((now - before) / (interval === 'D' ? DAY : HOUR)));
  }
}

function isShare(kind: SeriesKind): boolean {
  return kind === 'rate' || kind === 'null_rate';
}
