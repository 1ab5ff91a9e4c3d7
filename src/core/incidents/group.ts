import type { Finding, Severity } from '../model/finding.js';
import { findLoads, type Load, loadDirection, type TableName } from './load.js';
import { compareSeverity } from './severity.js';
import { fingerprintOf, type IncidentSubject, subjectOf } from './subject.js';
import { causeOf, loadCause, loadTitle, titleOf } from './title.js';
import { worstFirst } from './worst-first.js';

/** Findings of one run that have one cause. */
export interface FindingGroup {
  /** The same in every run that sees this subject. */
  readonly fingerprint: string;
  readonly subject: IncidentSubject;
  /** That of its worst finding. */
  readonly severity: Severity;
  readonly score: number;
  readonly title: string;
  readonly cause: string | null;
  /** Which check on what says the worst of it: where this changes, something else is wrong than before. */
  readonly about: string;
  /** Worst first, those of dependents after those of what they depend on. */
  readonly findings: readonly Finding[];
}

/**
 * Every finding of a run in exactly one group, worst group first: those of one table, of one thing of a source, or of the
 * tables that one load explains. `ongoing` are the subjects of incidents that are not resolved.
 */
export function groupFindings(
  findings: readonly Finding[],
  judged: readonly TableName[],
  ongoing: readonly IncidentSubject[] = [],
): FindingGroup[] {
  const loads = findLoads(findings, judged, ongoing);
  const loadOf = loadsByTable(loads);
  const ofLoad = new Map<Load, Finding[]>(loads.map((load) => [load, []]));
  const others = new Map<string, Finding[]>();
  for (const finding of findings) {
    const direction = loadDirection(finding);
    const load = direction === null ? undefined : loadOf.get(tableKey(finding, direction));
    if (load && isIncident(finding)) ofLoad.get(load)!.push(finding);
    else push(others, fingerprintOf(subjectOf(finding)), finding);
  }
  const groups: FindingGroup[] = [];
  for (const [fingerprint, found] of others) {
    const load = found.some(isIncident) ? undefined : anyLoad(found[0]!, loadOf);
    // What is only mentioned of a table belongs to what is wrong with it.
    if (load) ofLoad.get(load)!.push(...found);
    else groups.push(groupOf(fingerprint, subjectOf(found[0]!), found));
  }
  for (const [load, found] of ofLoad) groups.push(groupOfLoad(load, found));
  return groups.sort(byWeight);
}

/** True where a finding is reason enough for an incident; others are only mentioned. */
export function isIncident({ severity }: Pick<Finding, 'severity'>): boolean {
  return compareSeverity(severity, 'warn') >= 0;
}

function groupOf(fingerprint: string, subject: IncidentSubject, found: readonly Finding[]): FindingGroup {
  const findings = [...found].sort(worstFirst);
  const { severity, score, check, metric, column, object } = findings[0]!;
  return {
    fingerprint,
    subject,
    severity,
    score,
    title: titleOf(findings),
    cause: causeOf(findings),
    about: JSON.stringify([check, metric, column ?? object ?? null]),
    findings,
  };
}

function groupOfLoad({ ofTables, ...subject }: Load, found: readonly Finding[]): FindingGroup {
  const load = { ofTables, ...subject };
  const counted = found.filter(isIncident);
  return {
    ...groupOf(fingerprintOf(subject), subject, found),
    title: loadTitle(load, counted),
    cause: loadCause(load),
    about: 'load',
  };
}

function loadsByTable(loads: readonly Load[]): Map<string, Load> {
  return new Map(
    loads.flatMap((load) =>
      load.tables.map((table) => [tableKey({ source: load.source, ...table }, load.direction), load] as const),
    ),
  );
}

function anyLoad(finding: Finding, loadOf: ReadonlyMap<string, Load>): Load | undefined {
  if (finding.table === null) return undefined;
  return loadOf.get(tableKey(finding, 'fewer')) ?? loadOf.get(tableKey(finding, 'more'));
}

function tableKey({ source, schema, table }: Pick<Finding, 'source' | 'schema' | 'table'>, direction: string): string {
  return JSON.stringify([source, schema, table, direction]);
}

function push(groups: Map<string, Finding[]>, key: string, finding: Finding): void {
  const group = groups.get(key);
  if (group) group.push(finding);
  else groups.set(key, [finding]);
}

/** Orders groups worst first. */
export function byWeight(a: FindingGroup, b: FindingGroup): number {
  const order = compareSeverity(b.severity, a.severity) || b.score - a.score;
  if (order !== 0) return order;
  return a.fingerprint < b.fingerprint ? -1 : 1;
}
