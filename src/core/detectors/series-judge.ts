import type { SeriesPoint, Verdict } from '../model/series.js';

/** Judges one series, each point once and in order, by the points before it alone. */
export interface SeriesJudge {
  observe(point: SeriesPoint): Verdict;
  /** A person says that what it is now is as it should be: the points that are off become the level. */
  accept(): void;
}

/** What is said of a point that cannot be judged. */
export const UNKNOWN: Verdict = { q: 0, score: 0, anomaly: false, direction: null, expected: null, detector: null };

/** The most that is made of a distance. */
const MOST = 1_000;

/** A verdict from a distance in limits (at least 0, may be infinite) and what is said where that is an anomaly. */
export function verdictOf(distance: number, said: Pick<Verdict, 'direction' | 'expected' | 'detector'>): Verdict {
  const q = Math.min(MOST, distance);
  const anomaly = q > 1;
  return {
    q,
    score: q / (1 + q),
    anomaly,
    direction: anomaly ? said.direction : null,
    expected: said.expected,
    detector: said.detector,
  };
}
