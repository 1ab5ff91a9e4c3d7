import type { Finding } from '../model/finding.js';
import type { Expectation, SourceHistory, TableHistory } from '../model/history.js';

const DISTRIBUTION: readonly string[] = ['mean', 'p05', 'p50', 'p95', 'stddev', 'share', 'distinct'];
const SHARES: readonly string[] = ['share', 'distinct'];
const COLUMN: readonly string[] = [...DISTRIBUTION, 'category'];

/** Figures of the same column that move with one that is expected to move; they stayed unsaid where that one was said. */
const MOVE_WITH: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(DISTRIBUTION.map((metric) => [metric, DISTRIBUTION])),
  null_rate: COLUMN,
  schema: COLUMN,
  category: SHARES,
};
/** The same of all columns of a table. */
const MOVE_WITH_ROWS: Readonly<Record<string, readonly string[]>> = {
  row_count: DISTRIBUTION,
  rows_per_day: ['rows_per_hour', ...SHARES],
  rows_per_hour: SHARES,
};

/** Checks whose judge takes what is expected as the new level: beyond that, a change is news again. */
const LEARNING: readonly string[] = ['volume', 'growth', 'mean', 'spread', 'share', 'distinct', 'custom'];

/** When people said that a figure is as it should be, epoch milliseconds, oldest first. */
export function expectedSince(history: TableHistory, metric: string, column?: string): readonly number[] {
  const { expectations = [] } = history;
  if (expectations.length === 0) return [];
  return expectations
    .filter((each) => covers(each, metric, column))
    .map(({ declaredAt }) => declaredAt)
    .sort((a, b) => a - b);
}

/** The findings on a table, with no more than information of what people said is as it should be. */
export function asExpected({ expectations = [] }: TableHistory, findings: readonly Finding[]): Finding[] {
  if (expectations.length === 0) return [...findings];
  return findings.map((finding) => {
    const { check, metric, column } = finding;
    const isExpected = !LEARNING.includes(check) && expectations.some((each) => covers(each, metric, column));
    return isExpected ? { ...finding, severity: 'info' } : finding;
  });
}

/** The same on a source itself. */
export function sourceAsExpected({ expectations = [] }: SourceHistory, findings: readonly Finding[]): Finding[] {
  return findings.map((finding) =>
    expectations.some(
      ({ metric, schema, object }) =>
        metric === finding.metric && object === finding.object && (schema ?? null) === finding.schema,
    )
      ? { ...finding, severity: 'info' }
      : finding,
  );
}

function covers(expectation: Expectation, metric: string, column: string | undefined): boolean {
  if (expectation.column === undefined && MOVE_WITH_ROWS[expectation.metric]?.includes(metric)) return true;
  if (expectation.column !== column) return false;
  return expectation.metric === metric || MOVE_WITH[expectation.metric]?.includes(metric) === true;
}
