export type Severity = 'info' | 'warn' | 'critical';

/** Interval a value was expected in; an absent end is open. */
export interface Expected {
  readonly lower?: number;
  readonly upper?: number;
}

/** One thing that is not as it should be. `schema` and `table` are null where the finding is about the source itself. */
export interface Finding {
  readonly source: string;
  readonly schema: string | null;
  readonly table: string | null;
  readonly column?: string;
  /** What of the source it names where it is about no table or schema: a database, a replication slot. */
  readonly object?: string;
  /** The series it is about: `row_count`, `null_rate`, `freshness_seconds`, `schema`, `slot_retained_bytes` … */
  readonly metric: string;
  /** The rule or detector that says so: the `name` in its registry. */
  readonly check: string;
  readonly severity: Severity;
  /** What was seen; null where it is not a figure. */
  readonly value: number | string | null;
  readonly expected: Expected;
  /** q / (1 + q) of `detection.md`: 0.5 is the threshold; rules give a fixed score by severity. */
  readonly score: number;
  /** When it was seen, ISO 8601 UTC. */
  readonly at: string;
  /** One plain sentence: value, expectation, since when. */
  readonly message: string;
  /** One plain sentence: what explains it, where the data show it. */
  readonly cause?: string;
  readonly incident?: string;
}
