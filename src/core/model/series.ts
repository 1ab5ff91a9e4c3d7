/** Fixes a series' transform, direction, minimum effect and rules. */
export type SeriesKind =
  | 'row_count'
  | 'cumulative'
  | 'distinct'
  | 'rate'
  | 'null_rate'
  | 'mean'
  | 'freshness'
  | 'stream';

/** What the judge must know of a series before its first point. */
export interface SeriesSpec {
  readonly kind: SeriesKind;
  /** `D` daily, `H` hourly; absent where points come as runs happen. */
  readonly interval?: 'D' | 'H';
}

/** One observation; `value` null is unknown (source down, not measured): never zero, never an anomaly, never filled in. */
export interface SeriesPoint {
  /** Epoch milliseconds. */
  readonly time: number;
  readonly value: number | null;
  /** Standard error of the measurement itself, in the value's unit. */
  readonly stdError?: number;
}

/** What the judge says of one point, knowing only the points before it. */
export interface Verdict {
  /** Distance from the expectation in thresholds: 1 is the limit. 0 where the point cannot be judged. */
  readonly q: number;
  /** q / (1 + q); above 0.5 is an anomaly. */
  readonly score: number;
  readonly anomaly: boolean;
  readonly direction: 'rise' | 'fall' | null;
  /** In the series' own unit; null while too little is known. */
  readonly expected: { readonly value: number; readonly lower: number; readonly upper: number } | null;
  /** The detector of the registry that decided; null where none could. */
  readonly detector: string | null;
}
