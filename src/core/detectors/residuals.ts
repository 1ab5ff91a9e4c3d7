import { quantileOfSorted } from './numbers.js';

/** Standard normal quantiles of the absolute value: median, 90 %, 97 %. */
const AT_50 = 0.6745;
const AT_90 = 1.645;
const AT_97 = 2.17;
/** Share of the largest residual below which nothing is divided by. */
const LEAST_SHARE = 1e-9;

/**
 * The last residuals of an expert, and how wide they are. Each has a noise of its own, the standard deviation that its
 * measurement alone would give it: a share of few rows, or a small count, is noisier than one of many. What the series does
 * beside that is seen where the noise is small.
 */
export class Residuals {
  private readonly ring: Float64Array;
  private readonly noises: Float64Array;
  private readonly sorted: Float64Array;
  /** How many are kept. */
  count = 0;
  private next = 0;
  /** Standard deviation of what is not noise, the least that is reckoned with, and by how much residuals are wider than both. */
  private own = 0;
  private least = 0;
  private width = Number.NaN;
  private stale = 0;

  /** Keeps the last `window` residuals; the width is made anew after `refresh` of them. */
  constructor(
    window: number,
    private readonly refresh: number,
  ) {
    this.ring = new Float64Array(window);
    this.noises = new Float64Array(window);
    this.sorted = new Float64Array(window);
  }

  /** `noise` is at least 0. */
  add(residual: number, noise: number): void {
    this.ring[this.next] = residual;
    this.noises[this.next] = noise;
    this.next = (this.next + 1) % this.ring.length;
    if (this.count < this.ring.length) this.count++;
    this.stale++;
  }

  /**
   * Standard deviation of a residual of some noise, as the middle and both ends of the others see it, the largest: heavy
   * tails are no alarms. 0 where all are 0, NaN where there are none.
   */
  scale(noise: number): number {
    if (this.count === 0) return Number.NaN;
    if (this.stale >= this.refresh || Number.isNaN(this.width)) this.measure();
    return this.width * this.expected(noise);
  }

  private expected(noise: number): number {
    // Math.hypot is many times slower, and nothing here is large enough to overflow.
    return Math.max(this.least, Math.sqrt(this.own * this.own + noise * noise));
  }

  private measure(): void {
    const { ring, noises, count } = this;
    const sorted = this.sorted.subarray(0, count);
    sorted.set(noises.subarray(0, count));
    sorted.sort();
    const middle = quantileOfSorted(sorted, 0.5);
    let precise = 0;
    for (let i = 0; i < count; i++) if (noises[i]! <= middle) sorted[precise++] = Math.abs(ring[i]!);
    const seen = quantileOfSorted(sorted.subarray(0, precise).sort(), 0.5) / AT_50;
    this.own = Math.sqrt(Math.max(0, seen ** 2 - middle ** 2));
    this.least =
      ring.subarray(0, count).reduce((most, residual) => Math.max(most, Math.abs(residual)), 0) * LEAST_SHARE;
    for (let i = 0; i < count; i++) sorted[i] = ring[i] === 0 ? 0 : Math.abs(ring[i]!) / this.expected(noises[i]!);
    sorted.sort();
    this.width = Math.max(
      quantileOfSorted(sorted, 0.5) / AT_50,
      quantileOfSorted(sorted, 0.9) / AT_90,
      quantileOfSorted(sorted, 0.97) / AT_97,
    );
    this.stale = 0;
  }
}
