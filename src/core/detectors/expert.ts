import { median } from '../statistics.js';
import { Residuals } from './residuals.js';
import type { Season } from './season.js';

/** A transformed observation. */
export interface Observed {
  readonly time: number;
  readonly x: number;
  /** Standard deviation that its measurement alone gives it, at least 0. */
  readonly noise: number;
}

/** Residuals beyond so many scales pull no harder than one there. */
const CLIP = 3;
/** Rate at which a phase of the season follows its own residuals. */
const SEASON_RATE = 0.15;
/** A phase that was seen k times is believed by k / (k + 0.5). */
const PHASE_PRIOR = 0.5;
const LEVEL_POINTS = 7;
const CLIP_FROM = 6;
/** Longest cycle whose trend is taken out over several cycles. */
const SHORT_CYCLE = 30;

/** How an expert is kept over a series of some interval. */
export interface ExpertOptions {
  /** Residuals kept, and after how many the scale is made anew. */
  readonly window: number;
  readonly refresh: number;
  /** Rate at which the recent error follows. */
  readonly errorRate: number;
}

/**
 * Robust exponential smoothing (Gelper, Fried & Croux 2010) of a level, with additive seasonal phases that start from batch
 * medians: one opinion of what comes next, and how wrong it has been lately.
 */
export class Expert {
  private level = 0;
  private readonly profile: Float64Array;
  private readonly seen: Uint32Array;
  private readonly residuals: Residuals;
  private error = Number.NaN;
  private points = 0;

  /** Fits the season to `history` (not empty) and then follows it from its first point on. */
  constructor(
    readonly season: Season,
    private readonly rate: number,
    private readonly options: ExpertOptions,
    history: readonly Observed[],
    trend: readonly number[],
  ) {
    this.profile = new Float64Array(season.phases);
    this.seen = new Uint32Array(season.phases);
    this.residuals = new Residuals(options.window, options.refresh);
    this.fitSeason(history, trend);
    this.level = median(history.slice(0, LEVEL_POINTS).map(({ time, x }) => x - this.profile[season.phase(time)]!));
    for (const each of history) this.follow(each, 0);
    this.points = history.length;
  }

  forecast(time: number): number {
    return this.level + this.profile[this.season.phase(time)]!;
  }

  /** Standard deviation of the residual of a point of some noise, at least 0. */
  scale(noise: number): number {
    return this.residuals.scale(noise);
  }

  /** How often the phase of `time` was seen; every phase is the same one where there is no season. */
  seenPhase(time: number): number {
    return this.seen[this.season.phase(time)]!;
  }

  /** Recent clipped error, larger where few cycles were seen; infinite where the season has not come twice. */
  penalisedError(): number {
    if (this.season.phases === 1) return this.error;
    const cycles = this.points / this.season.cycle;
    if (cycles < 2) return Number.POSITIVE_INFINITY;
    return this.error * (1 + (this.season.phases > 100 ? 1 : 0.6) / (cycles - 1));
  }

  /** Learns from a point that is as expected. */
  learn(point: Observed): void {
    this.seen[this.season.phase(point.time)]!++;
    this.points++;
    this.follow(point, SEASON_RATE);
  }

  /** Takes these points for the new level. */
  moveTo(points: readonly Observed[]): void {
    this.level = median(points.map(({ time, x }) => x - this.profile[this.season.phase(time)]!));
  }

  private follow({ time, x, noise }: Observed, seasonRate: number): void {
    const residual = x - this.forecast(time);
    this.residuals.add(residual, noise);
    // A handful of residuals says too little to clip by.
    const limit = this.residuals.count >= CLIP_FROM ? CLIP * this.residuals.scale(noise) : Number.POSITIVE_INFINITY;
    const clipped = Math.max(-limit, Math.min(limit, residual));
    this.level += this.rate * clipped;
    if (this.season.phases > 1) this.profile[this.season.phase(time)]! += seasonRate * (1 - this.rate) * clipped;
    const size = Math.abs(clipped);
    this.error = Number.isNaN(this.error) ? size : this.error + this.options.errorRate * (size - this.error);
  }

  private fitSeason(history: readonly Observed[], trend: readonly number[]): void {
    const { phases, phase } = this.season;
    const deviations: number[][] = Array.from({ length: phases }, () => []);
    history.forEach(({ time, x }, i) => {
      const at = phase(time);
      this.seen[at]!++;
      if (phases > 1) deviations[at]!.push(x - trend[i]!);
    });
    deviations.forEach((each, at) => {
      if (each.length > 0) this.profile[at] = (median(each) * each.length) / (each.length + PHASE_PRIOR);
    });
  }
}

/** The level around each point of a history without its season of so many points: a median over whole cycles. */
export function trendOf(history: readonly Observed[], cycle: number): number[] {
  if (cycle === 1) return [];
  const cycles = cycle < SHORT_CYCLE ? 3 : 1;
  const values = Float64Array.from(history, ({ x }) => x);
  const before = (cycle >> 1) + (cycles > 1 ? cycle : 0);
  // A long cycle's level moves little from point to point.
  const stride = cycle < SHORT_CYCLE ? 1 : 6;
  const trend = new Array<number>(values.length);
  for (let i = 0; i < values.length; i++) {
    if (i % stride !== 0) trend[i] = trend[i - 1]!;
    else {
      const start = Math.max(0, i - before);
      const around = values.slice(start, start + cycle * cycles).sort();
      const middle = around.length >> 1;
      trend[i] = around.length % 2 === 1 ? around[middle]! : (around[middle - 1]! + around[middle]!) / 2;
    }
  }
  return trend;
}
