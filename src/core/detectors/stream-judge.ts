import type { SeriesPoint, Verdict } from '../model/series.js';
import { Channel } from './channel.js';
import { bounded } from './numbers.js';
import { type SeriesJudge, UNKNOWN, verdictOf } from './series-judge.js';
import type { JudgeSettings } from './settings.js';

/** Standard deviations below which nothing is news. */
const NEAREST = 4;
const DAY = 86_400_000;
/** Points before the first alarm, which waits for a whole day as well, and after one before the next. */
const QUIET_POINTS = 100;
/** Points of which nothing is said at all. */
const COLD_POINTS = 7;
/** Where an alarm is held back, the distance ends below the limit. */
const HELD_BACK = 0.9;
/** Rates of the smoothed level and of the smoothed size of changes. */
const LEVEL_RATE = 0.2;
const CHANGE_RATE = 0.05;
/** Smallest standard deviation of the logarithm of the size of changes. */
const LEAST_MOVEMENT = 0.1;
/** An hour of the day is known from about so many points. */
const HOUR_POINTS = 60;
/** Share of the largest change seen lately below which changes are alike, and how slowly that is forgotten. */
const ALIKE = 1e-3;
const LARGEST_KEPT = 0.999;

/**
 * Judges a stream, of which nothing is known but that much of it comes, such as readings every few minutes. Three figures are watched,
 * the smoothed level, the distance from what the hour of the day is like, and how much it moves; each alarms where it goes
 * further than it has lately been, so that it gets used to what a stream does.
 */
export class StreamJudge implements SeriesJudge {
  private readonly level: Channel;
  private readonly fromHour: Channel;
  private readonly movement: Channel;
  private readonly hours = Array.from({ length: 24 }, () => ({ mean: 0, points: 0 }));
  private smoothed = 0;
  private change = 0;
  private largestChange = 0;
  private last = 0;
  private points = 0;
  private quiet = QUIET_POINTS;
  private quietUntil = Number.NaN;

  constructor(private readonly settings: JudgeSettings) {
    const channel = () => new Channel(NEAREST * settings.strictness);
    [this.level, this.fromHour, this.movement] = [channel(), channel(), channel()];
  }

  observe({ time, value }: SeriesPoint): Verdict {
    if (value === null || !Number.isFinite(value)) return UNKNOWN;
    const x = bounded(value);
    if (this.points === 0) [this.smoothed, this.last, this.quietUntil] = [x, x, time + DAY];
    const least = this.leastDeviation();
    const expected = this.expectation(least);
    this.smoothed += LEVEL_RATE * (x - this.smoothed);
    const level = this.level.observe(this.smoothed, least);
    const fromHour = this.fromHour.observe(this.hourly(time, x), least);
    const movement = this.movement.observe(this.moves(x, least), LEAST_MOVEMENT);
    this.points++;
    const side = Math.abs(level) > Math.abs(fromHour) ? level : fromHour;
    const still = Math.abs(movement) > Math.abs(side);
    const distance = this.habituated(time, Math.abs(still ? movement : side));
    if (this.points <= COLD_POINTS) return UNKNOWN;
    const direction = still ? null : side > 0 ? 'rise' : 'fall';
    return verdictOf(distance, { direction, expected, detector: 'stream' });
  }

  /** What it has shown is no news any more, without a word. */
  accept(): void {}

  private habituated(time: number, distance: number): number {
    const held = this.quiet > 0 || time < this.quietUntil;
    if (this.quiet > 0) this.quiet--;
    if (held) return Math.min(distance, HELD_BACK);
    if (distance > 1) this.quiet = QUIET_POINTS;
    return distance;
  }

  /** The smallest standard deviation that is believed of a level: the least effect is no news. */
  private leastDeviation(): number {
    const { relative, absolute } = this.settings.minimumEffect.stream;
    return Math.max(absolute, relative * Math.abs(this.level.centre), Number.MIN_VALUE) / NEAREST;
  }

  /** The next value at which the smoothed level would be at its limits. */
  private expectation(least: number): Verdict['expected'] {
    const limit = this.level.limit(least);
    if (Number.isNaN(limit)) return null;
    const { smoothed } = this;
    const reach = (to: number) => bounded(smoothed + (to - smoothed) / LEVEL_RATE);
    return {
      value: smoothed,
      lower: Math.min(smoothed, reach(this.level.centre - limit)),
      upper: Math.max(smoothed, reach(this.level.centre + limit)),
    };
  }

  /** How far a value is from what its hour of the day was like. */
  private hourly(time: number, x: number): number {
    const hour = this.hours[new Date(time).getUTCHours()]!;
    if (hour.points === 0) hour.mean = x;
    const away = x - hour.mean;
    hour.points = Math.min(hour.points + 1, HOUR_POINTS);
    hour.mean += away / hour.points;
    return away;
  }

  /** Logarithm of how much it moves, smoothed: a stream that stops moving is as far off as one that starts to swing. */
  private moves(x: number, least: number): number {
    const size = Math.abs(x - this.last);
    this.last = x;
    this.change += CHANGE_RATE * (size - this.change);
    this.largestChange = Math.max(size, this.largestChange * LARGEST_KEPT);
    return Math.log(this.change + ALIKE * this.largestChange + NEAREST * LEAST_MOVEMENT * least);
  }
}
