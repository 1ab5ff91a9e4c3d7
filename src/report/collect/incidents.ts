import { compareSeverity } from '#src/core/incidents/severity.js';
import type { Finding } from '#src/core/model/finding.js';
import type { Incident } from '#src/core/model/incident.js';

/** Findings of one table, or of one source itself, as an incident each. */
export function incidentsOf(findings: readonly Finding[]): Incident[] {
  const groups = new Map<string, Finding[]>();
  for (const finding of findings) {
    const key = JSON.stringify([finding.source, finding.schema, finding.table]);
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return [...groups.values()].map((found, i) => {
    const sorted = [...found].sort((a, b) => compareSeverity(b.severity, a.severity) || b.score - a.score);
    const [worst] = sorted as [Finding, ...Finding[]];
    return {
      id: `F-${i + 1}`,
      state: 'open',
      severity: worst.severity,
      title: worst.message,
      cause: null,
      since: worst.at,
      findings: sorted,
    };
  });
}
