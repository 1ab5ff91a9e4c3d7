import { quantileOfSorted } from './numbers.js';

/** Values a channel knows its middle and width from, and after how many they are made anew. */
const WINDOW = 2_000;
const REFRESH = 48;
const FIRST = 96;
/** Share of the whole range below which a width is not believed: a value may rest for days. */
const LEAST_RANGE = 0.05;
/** Widths between quartiles and between 5 % and 95 %, in standard deviations of a normal distribution. */
const QUARTILES_WIDTH = 1.349;
const TAILS_WIDTH = 3.29;
/** News goes this much further than the furthest. */
const FURTHER = 1.1;
/** Points after which half of a record is forgotten. */
const HALF_LIFE = 3_000;
const KEPT = 0.5 ** (REFRESH / HALF_LIFE);

/**
 * One figure of a stream, and how unusual it is: its distance from the middle of its own past, against the furthest it has
 * lately been from there. What it did once is no news the next time, until it is forgotten.
 */
export class Channel {
  private readonly ring = new Float64Array(WINDOW);
  private seen = 0;
  private width = Number.NaN;
  /** Furthest in deviations: before the last two parts of its past, and in each of them. */
  private record = 0;
  private lately = 0;
  private now = 0;
  /** The middle of its past; 0 before it has one. */
  centre = 0;

  /** Nothing nearer than `nearest` standard deviations is news. */
  constructor(private readonly nearest: number) {}

  /** Distance in limits, with the sign of its side; 0 before anything is known. `least` is the smallest standard deviation believed. */
  observe(figure: number, least: number): number {
    const away = figure - this.centre;
    const limit = this.limit(least);
    const distance = away === 0 || Number.isNaN(limit) ? 0 : away / limit;
    const deviations = Math.abs(away) / Math.max(this.width, least);
    if (distance !== 0) this.now = Math.max(this.now, Math.min(deviations, Number.MAX_VALUE));
    this.learn(figure);
    return distance;
  }

  /** How far from the centre the limit is; NaN before anything is known. */
  limit(least: number): number {
    return Math.max(FURTHER * this.record, this.nearest) * Math.max(this.width, least);
  }

  private learn(figure: number): void {
    this.ring[this.seen % WINDOW] = figure;
    this.seen++;
    if (this.seen < FIRST || this.seen % REFRESH !== 0) return;
    this.measure();
    // What has only begun is no past yet: a slow rise would follow itself unseen.
    this.record = Math.max(this.record * KEPT, this.lately);
    [this.lately, this.now] = [this.now, 0];
  }

  private measure(): void {
    const sorted = this.ring.slice(0, Math.min(this.seen, WINDOW)).sort();
    const between = (low: number, high: number) => quantileOfSorted(sorted, high) - quantileOfSorted(sorted, low);
    this.centre = quantileOfSorted(sorted, 0.5);
    this.width = Math.max(
      between(0.25, 0.75) / QUARTILES_WIDTH,
      between(0.05, 0.95) / TAILS_WIDTH,
      LEAST_RANGE * between(0.005, 0.995),
    );
  }
}
