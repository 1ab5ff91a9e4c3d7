import type { SeriesKind } from '../model/series.js';

/** What has not moved so often cannot stop. */
const MIN_MOVES = 7;
/** Surprise, in nats, from which a standstill is no chance: about 1 in 8,000. */
const LIMIT = 9;
/** Kinds whose values stand still by nature: no lag, no nulls, a full set of values, a feed at rest. */
const STILL_KINDS: ReadonlySet<SeriesKind> = new Set<SeriesKind>(['freshness', 'null_rate', 'distinct', 'stream']);

/** A value that stops moving: a feed that repeats itself is not news, however plausible its value. */
export class Standstill {
  readonly name = 'standstill';
  private last: number | null = null;
  private pairs = 0;
  private repeats = 0;
  private moves = 0;
  private streak = 0;
  private accepted = false;

  constructor(private readonly kind: SeriesKind) {}

  /** Distance in limits: how surprising so many repeats in a row are, from how often neighbours were equal before. */
  observe(value: number): number {
    const { last } = this;
    this.last = value;
    if (last === null || STILL_KINDS.has(this.kind)) return 0;
    if (value === last && value !== 0 && this.moves >= MIN_MOVES) {
      this.streak++;
      return this.accepted ? 0 : (-this.streak * Math.log((this.repeats + 0.5) / (this.pairs + 3))) / LIMIT;
    }
    // What ends is part of what is known; a long standstill counts for less than its length, or the next one would be usual.
    this.pairs += this.streak + 1;
    this.repeats += (value === last ? 1 : 0) + (this.streak < 3 ? this.streak : 0.3 * this.streak);
    if (value !== last) this.moves++;
    this.streak = 0;
    this.accepted = false;
    return 0;
  }

  /** That it stands is as it should be, until it moves again. */
  accept(): void {
    this.accepted = this.streak > 0;
  }
}
