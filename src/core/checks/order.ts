import { compareSeverity } from '../incidents/severity.js';
import type { Finding } from '../model/finding.js';

/** Findings by source, schema and table (the source's own first), worst first within a table; never by locale. */
export function inOrder(findings: readonly Finding[]): Finding[] {
  return findings.toSorted(
    (a, b) =>
      compare(a.source, b.source) ||
      compare(a.schema, b.schema) ||
      compare(a.table, b.table) ||
      compareSeverity(b.severity, a.severity) ||
      compare(a.check, b.check) ||
      compare(a.column ?? null, b.column ?? null) ||
      compare(a.message, b.message),
  );
}

function compare(a: string | null, b: string | null): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? -1 : 1;
  return a < b ? -1 : 1;
}
