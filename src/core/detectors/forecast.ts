import type { SeriesKind } from '../model/series.js';
import { Expert, type ExpertOptions, type Observed, trendOf } from './expert.js';
import { seasons } from './season.js';
import { type Transform, transformFor } from './transform.js';

/** Smoothing rates of the experts: one that remembers weeks, one that follows in days. */
const RATES = [0.05, 0.2] as const;
/** Experts whose recent error is within this factor of the best one's have a say. */
const AGREEMENT = 1.5;
/** Threshold, in scales, for a long history; hours are many and theirs is wider. */
const THRESHOLD = { D: 4, H: 4.8, none: 4.5 } as const;
/** The threshold with n points is 1 + COLD / n times that. */
const COLD = 6;
/** A phase seen less often than this is uncertain. */
const KNOWN_PHASE = 3;

export type Interval = keyof typeof seasons;

const OPTIONS: Readonly<Record<Interval, ExpertOptions>> = {
  D: { window: 90, refresh: 2, errorRate: 0.05 },
  H: { window: 504, refresh: 12, errorRate: 0.01 },
  none: { window: 60, refresh: 2, errorRate: 0.05 },
};

/** A value with the standard error of its measurement, 0 where that is not known. */
export interface Measured {
  readonly time: number;
  readonly value: number;
  readonly stdError: number;
}

/** What the experts together expect next. */
export interface Expectation {
  /** In the unit of the values. */
  readonly value: number;
  readonly lower: number;
  readonly upper: number;
  /** Distance of the point from the nearest expert that has a say, in thresholds; 0 where they disagree about its side. */
  readonly distance: number;
}

/**
 * A small set of experts, each with a season and a rate. A point is only as far off as the nearest credible expert says; the
 * band reaches from the lowest to the highest of them.
 */
export class Forecast {
  private readonly transform: Transform;
  private readonly experts: readonly Expert[];

  /** Fitted to `history` (not empty), oldest first. */
  constructor(
    kind: SeriesKind,
    private readonly interval: Interval,
    private readonly strictness: number,
    history: readonly Measured[],
  ) {
    const transform = transformFor(
      kind,
      history.map(({ value }) => value),
    );
    this.transform = transform;
    const observed = history.map((point) => this.observed(point));
    this.experts = seasons[interval].flatMap((season) => {
      const trend = trendOf(observed, season.cycle);
      return RATES.map((rate) => new Expert(season, rate, OPTIONS[interval], observed, trend));
    });
  }

  /** Judges a value, by `points` points before it. */
  expect({ time, value, stdError }: Measured, points: number): Expectation {
    const x = this.transform.to(value);
    const noise = this.noiseOf(value, stdError);
    let best = Number.POSITIVE_INFINITY;
    for (const expert of this.experts) best = Math.min(best, expert.penalisedError());
    let [distance, side, centre, low, high] = [Number.POSITIVE_INFINITY, 0, Number.NaN, 0, 0];
    for (const expert of this.experts) {
      const error = expert.penalisedError();
      if (error > best * AGREEMENT + Number.EPSILON) continue;
      const expected = expert.forecast(time);
      const limit = this.limitOf(expert, expected, time, noise, points);
      const residual = x - expected;
      if (side !== 0 && Math.sign(residual) !== side) distance = 0;
      side = Math.sign(residual);
      distance = residual === 0 ? 0 : Math.min(distance, Math.abs(residual) / limit);
      if (Number.isNaN(centre)) [low, high] = [expected - limit, expected + limit];
      if (Number.isNaN(centre) || error === best) centre = expected;
      low = Math.min(low, expected - limit);
      high = Math.max(high, expected + limit);
    }
    const { from } = this.transform;
    return { value: from(centre), lower: from(low), upper: from(high), distance };
  }

  learn(point: Measured): void {
    const observed = this.observed(point);
    for (const expert of this.experts) expert.learn(observed);
  }

  /** Takes these points for the new level. */
  moveTo(points: readonly Measured[]): void {
    const observed = points.map((point) => this.observed(point));
    for (const expert of this.experts) expert.moveTo(observed);
  }

  private observed({ time, value, stdError }: Measured): Observed {
    const x = this.transform.to(value);
    return { time, x, noise: Math.hypot(this.transform.floor(x), this.noiseOf(value, stdError)) };
  }

  /** How far off a value may be, on the transformed scale. */
  private limitOf(expert: Expert, expected: number, time: number, noise: number, points: number): number {
    const least = Math.hypot(this.transform.floor(expected), noise);
    const scale = Math.max(expert.scale(least), least);
    const seen = expert.season.phases > 1 ? expert.seenPhase(time) : KNOWN_PHASE;
    const phase = seen < KNOWN_PHASE ? 1 + 0.5 * (KNOWN_PHASE - seen) : 1;
    return this.strictness * THRESHOLD[this.interval] * (1 + COLD / points) * phase * scale;
  }

  /** A measurement's standard error on the transformed scale. */
  private noiseOf(value: number, stdError: number): number {
    if (!(stdError > 0)) return 0;
    const { to } = this.transform;
    return Math.abs(to(value + stdError) - to(value - stdError)) / 2;
  }
}
