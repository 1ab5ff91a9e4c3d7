import type { Finding, Severity } from '#src/core/model/finding.js';

/** A stored finding, as `sql/finding.ts` selects it. */
export interface FindingRow {
  readonly source: string;
  readonly schema_name: string | null;
  readonly table_name: string | null;
  readonly column_name: string | null;
  readonly object: string | null;
  readonly metric: string;
  readonly check_name: string;
  readonly severity: Severity;
  readonly value_number: number | null;
  readonly value_text: string | null;
  readonly expected_lower: number | null;
  readonly expected_upper: number | null;
  readonly score: number;
  readonly at: Date;
  readonly message: string;
  readonly incident: string | null;
  readonly cause: string | null;
}

export function findingOf(row: FindingRow): Finding {
  return {
    source: row.source,
    schema: row.schema_name,
    table: row.table_name,
    ...(row.column_name !== null && { column: row.column_name }),
    ...(row.object !== null && { object: row.object }),
    metric: row.metric,
    check: row.check_name,
    severity: row.severity,
    value: row.value_number ?? row.value_text,
    expected: {
      ...(row.expected_lower !== null && { lower: row.expected_lower }),
      ...(row.expected_upper !== null && { upper: row.expected_upper }),
    },
    score: row.score,
    at: row.at.toISOString(),
    message: row.message,
    ...(row.cause !== null && { cause: row.cause }),
    ...(row.incident !== null && { incident: row.incident }),
  };
}
