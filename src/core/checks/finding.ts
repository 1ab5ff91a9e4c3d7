import type { Expected, Finding, Severity } from '../model/finding.js';

/** What a finding is about: a `TableHistory` or `SourceHistory` is one; without `schema` and `table` it is the source. */
export interface Subject {
  readonly source: string;
  /** Clock of the run, epoch milliseconds. */
  readonly now: number;
  readonly schema?: string;
  readonly table?: string;
}

export interface Observation {
  readonly check: string;
  readonly metric: string;
  readonly severity: Severity;
  readonly value: number | string | null;
  readonly message: string;
  readonly column?: string;
  readonly object?: string;
  readonly expected?: Expected;
  /** Distance from the expectation in limits: 1 is the limit itself. Absent for rules that know no distance. */
  readonly distance?: number;
  /** What explains it, in one sentence. */
  readonly cause?: string;
}

/** Fixed scores of rules without a distance. */
const RULE_SCORE: Readonly<Record<Severity, number>> = { info: 0.6, warn: 0.75, critical: 0.9 };

/** The distance from which a severity is reached by itself; a rule that raises the severity raises the score with it. */
const SEVERITY_DISTANCE: Readonly<Record<Severity, number>> = { info: 1, warn: 1.5, critical: 3 };

/** The one place where a check's finding is made: adds the subject, the time, and the score q / (1 + q). */
export function makeFinding(subject: Subject, seen: Observation): Finding {
  return {
    source: subject.source,
    schema: subject.schema ?? null,
    table: subject.table ?? null,
    ...(seen.column === undefined ? {} : { column: seen.column }),
    ...(seen.object === undefined ? {} : { object: seen.object }),
    metric: seen.metric,
    check: seen.check,
    severity: seen.severity,
    value: seen.value,
    expected: seen.expected ?? {},
    score: seen.distance === undefined ? RULE_SCORE[seen.severity] : score(seen.distance, seen.severity),
    at: new Date(subject.now).toISOString(),
    message: seen.message,
    ...(seen.cause === undefined ? {} : { cause: seen.cause }),
  };
}

function score(distance: number, severity: Severity): number {
  const q = Math.max(distance, SEVERITY_DISTANCE[severity]);
  return q === Number.POSITIVE_INFINITY ? 1 : q / (1 + q);
}
