import type { SeriesKind } from '../model/series.js';

/** A change below which nothing is said, however steady the series: relative to the expectation, and absolute. */
export interface MinimumEffect {
  readonly relative: number;
  readonly absolute: number;
}

/** How the judge of series is set. */
export interface JudgeSettings {
  /** Factor on the threshold: above 1 fewer and surer alarms, below 1 more. */
  readonly strictness: number;
  readonly minimumEffect: Readonly<Record<SeriesKind, MinimumEffect>>;
}

const COUNT: MinimumEffect = { relative: 0.1, absolute: 3 };
const RATE: MinimumEffect = { relative: 0, absolute: 0.004 };
const MEAN: MinimumEffect = { relative: 0.01, absolute: 0 };

export const DEFAULT_JUDGE_SETTINGS: JudgeSettings = {
  strictness: 1,
  minimumEffect: {
    row_count: COUNT,
    cumulative: COUNT,
    distinct: COUNT,
    rate: RATE,
    null_rate: RATE,
    mean: MEAN,
    stream: MEAN,
    freshness: { relative: 0.1, absolute: 0 },
  },
};
