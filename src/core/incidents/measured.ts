import type { FindingGroup } from './group.js';
import { loadDirection, type TableName } from './load.js';
import { fingerprintOf, type IncidentSubject, subjectOf, tableKey } from './subject.js';

/** What one run found, and what it looked at. */
export interface Measured {
  /** All that it found. */
  readonly groups: readonly FindingGroup[];
  /** Tables that were read and judged, and sources that were reached: of all others nothing is known. */
  readonly tables: readonly TableName[];
  readonly sources: readonly string[];
}

/** Whether a run knows how an incident's subject is now, and whether it found anything there. */
export function measuredSubjects({ groups, tables, sources }: Measured) {
  const read = new Set(tables.map((each) => tableKey(each.source, each)));
  const findings = groups.flatMap((group) => group.findings);
  const troubled = new Set(findings.map((finding) => fingerprintOf(subjectOf(finding))));
  const moved = new Set(
    findings.flatMap((finding) => {
      const { source, schema, table } = finding;
      const direction = loadDirection(finding);
      return direction === null ? [] : [`${direction} ${tableKey(source, { schema: schema!, table: table! })}`];
    }),
  );
  return {
    /** A load is known where half of its tables are. */
    has(subject: IncidentSubject): boolean {
      if (subject.kind === 'source') return sources.includes(subject.source);
      if (subject.kind === 'table') return read.has(tableKey(subject.source, subject));
      const known = subject.tables.filter((table) => read.has(tableKey(subject.source, table))).length;
      return known > 0 && known >= subject.tables.length / 2;
    },
    /** True also where another incident has what was found: a table within a load is not as it should be. */
    isTroubled(subject: IncidentSubject): boolean {
      if (subject.kind !== 'load') return troubled.has(fingerprintOf(subject));
      return subject.tables.some((table) => moved.has(`${subject.direction} ${tableKey(subject.source, table)}`));
    },
  };
}
