import { list, tableName } from '../checks/sentence.js';
import { groupBy } from '../group-by.js';
import type { Dependency, RelationName } from '../model/dependency.js';
import type { Finding } from '../model/finding.js';
import { byWeight, type FindingGroup, isIncident } from './group.js';
import { loadDirection, type TableName } from './load.js';
import { type Dependent, fingerprintOf, type IncidentSubject, tableKey } from './subject.js';
import { worstFirst } from './worst-first.js';

/** Tables that a sentence names. */
const NAMED = 3;

export interface DependentsOptions {
  /** By source. */
  readonly dependencies: ReadonlyMap<string, readonly Dependency[]>;
  /** Tables that were judged: what is not, passes on what befalls the tables that it is a view of. */
  readonly judged: readonly TableName[];
  /** Subjects of the incidents that are not resolved. */
  readonly ongoing: readonly IncidentSubject[];
}

/**
 * The groups of a run, in which a table that another explains is part of that one's group: it depends on one that is off, and is
 * off in the same way. A view shows what its tables do (rows, and columns of the same name); a foreign key only passes on how
 * many rows come. What is wrong with a table in any other way stays by itself, and so does what has an incident of its own
 * already. An incident that goes on keeps its dependents until they are as usual, too. Worst group first.
 */
export function joinDependents(groups: readonly FindingGroup[], options: DependentsOptions): FindingGroup[] {
  const subjects = new Map(options.ongoing.map((subject) => [fingerprintOf(subject), subject]));
  const rootOf = followed(explanations(groups, subjects, options));
  const dependents = groupBy(
    groups.filter((group): group is TableGroup => rootOf.has(group.fingerprint)),
    ({ fingerprint }) => rootOf.get(fingerprint)!,
  );
  const roots = new Map(groups.map((group) => [group.fingerprint, group]));
  const whole = [...dependents].map(([fingerprint, joined]) => {
    const root = roots.get(fingerprint);
    if (root && isIncident(root)) return withDependents(root, joined);
    return dependentsAlone(subjects.get(fingerprint)!, joined, root?.findings ?? []);
  });
  const alone = groups.filter(({ fingerprint }) => !rootOf.has(fingerprint) && !dependents.has(fingerprint));
  return [...alone, ...whole].sort(byWeight);
}

type TableSubject = Extract<IncidentSubject, { kind: 'table' }>;

interface TableGroup extends FindingGroup {
  readonly subject: TableSubject;
}

/** By its fingerprint, which other group or ongoing incident explains a table's group. */
function explanations(
  groups: readonly FindingGroup[],
  subjects: ReadonlyMap<string, IncidentSubject>,
  { dependencies, judged }: DependentsOptions,
): Map<string, string> {
  const groupOf = groupsByTable(groups);
  const isJudged = new Set(judged.map((table) => tableKey(table.source, table)));
  const upstream = new Map(
    [...dependencies].map(([source, all]) => [source, groupBy(all, ({ dependent }) => tableKey(source, dependent))]),
  );
  const explained = new Map<string, string>();
  for (const group of groups) {
    if (group.subject.kind !== 'table' || !isIncident(group) || subjects.has(group.fingerprint)) continue;
    const { source } = group.subject;
    const above = (name: RelationName) => upstream.get(source)?.get(tableKey(source, name)) ?? [];
    const causes: string[] = [];
    const seen = new Set<Dependency>(above(group.subject));
    for (const { on, by } of seen) {
      const key = tableKey(source, on);
      for (const cause of groupOf.get(key) ?? [])
        if (cause !== group && isExplained(group, cause, by)) causes.push(cause.fingerprint);
      if (by === 'view' && !isJudged.has(key)) for (const next of above(on)) if (next.by === 'view') seen.add(next);
    }
    const cause = keptBy(group.subject, waysOf(group), subjects) ?? causes.sort()[0];
    if (cause !== undefined) explained.set(group.fingerprint, cause);
  }
  return explained;
}

/** Incidents to be, by each table that they are about: its own, or a load's. */
function groupsByTable(groups: readonly FindingGroup[]): Map<string, FindingGroup[]> {
  const tables = groups.filter(isIncident).flatMap((group) => {
    const { subject } = group;
    if (subject.kind === 'source') return [];
    const names = subject.kind === 'table' ? [subject] : subject.tables;
    return names.map((name) => ({ key: tableKey(subject.source, name), group }));
  });
  return new Map([...groupBy(tables, ({ key }) => key)].map(([key, found]) => [key, found.map(({ group }) => group)]));
}

/** Follow each explanation to its end; where they go round in a circle, the first by name is the cause of the others. */
function followed(explained: ReadonlyMap<string, string>): Map<string, string> {
  const roots = new Map<string, string>();
  for (const start of explained.keys()) {
    const path = [start];
    for (let next = explained.get(start); next !== undefined; next = explained.get(next)) {
      const circle = path.indexOf(next);
      path.push(circle < 0 ? next : path.slice(circle).sort()[0]!);
      if (circle >= 0) break;
    }
    const root = path.at(-1)!;
    if (root !== start) roots.set(start, root);
  }
  return roots;
}

/** The incident that has had this table as a dependent, off in these ways. */
function keptBy(
  table: TableSubject,
  ways: readonly string[],
  subjects: ReadonlyMap<string, IncidentSubject>,
): string | undefined {
  for (const [fingerprint, subject] of subjects) {
    if (subject.kind === 'source' || subject.source !== table.source) continue;
    const known = subject.dependents?.find((each) => each.schema === table.schema && each.table === table.table);
    if (known && ways.every((way) => known.ways.includes(way))) return fingerprint;
  }
  return undefined;
}

function isExplained(group: FindingGroup, cause: FindingGroup, by: Dependency['by']): boolean {
  const passedOn = waysOf(cause).filter((way) => by === 'view' || way === 'fewer' || way === 'more');
  return waysOf(group).every((way) => passedOn.includes(way));
}

/** In what ways tables are off: rows by their direction, all else by check and column. */
function waysOf({ findings }: FindingGroup): string[] {
  return [...new Set(findings.filter(isIncident).map(wayOf))].sort();
}

function wayOf(finding: Finding): string {
  return loadDirection(finding) ?? JSON.stringify([finding.check, finding.metric, finding.column ?? null]);
}

function withDependents(root: FindingGroup, joined: readonly TableGroup[]): FindingGroup {
  const names = list(
    joined.map(({ subject }) => tableName(subject)),
    NAMED,
  );
  const words = `${names} ${joined.length === 1 ? 'depends' : 'depend'} on it, and changed with it.`;
  return {
    ...joinedGroup([root, ...joined]),
    subject: { ...root.subject, dependents: joined.map(dependentOf) } as IncidentSubject,
    cause: root.cause === null ? words : `${root.cause} ${words}`,
  };
}

/** What the tables depend on is as usual again, or only mentioned (`mentioned`). */
function dependentsAlone(
  subject: IncidentSubject,
  joined: readonly TableGroup[],
  mentioned: readonly Finding[],
): FindingGroup {
  const before = subject.kind === 'table' ? `${tableName(subject)}, which was` : 'tables that were';
  const group = joinedGroup([...joined].sort((a, b) => worstFirst(a.findings[0]!, b.findings[0]!)));
  return {
    ...group,
    findings: [...group.findings, ...mentioned],
    fingerprint: fingerprintOf(subject),
    subject: { ...subject, dependents: joined.map(dependentOf) } as IncidentSubject,
    cause: `It depends on ${before} off before and ${subject.kind === 'table' ? 'is' : 'are'} as usual again.`,
  };
}

/** All findings under the words of the first group. */
function joinedGroup(groups: readonly FindingGroup[]): FindingGroup {
  const [first, ...others] = groups as [FindingGroup, ...FindingGroup[]];
  const findings = [...first.findings, ...others.flatMap((group) => group.findings).sort(worstFirst)];
  const { severity, score } = [...findings].sort(worstFirst)[0]!;
  return { ...first, severity, score, findings };
}

function dependentOf(group: TableGroup): Dependent {
  const { schema, table } = group.subject;
  return { schema, table, ways: waysOf(group) };
}
