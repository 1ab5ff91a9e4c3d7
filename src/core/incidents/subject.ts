import { groupBy } from '../group-by.js';
import type { RelationName } from '../model/dependency.js';
import type { Finding } from '../model/finding.js';

/** Whether tables got fewer rows than usual (or none, or none in time), or more. */
export type LoadDirection = 'fewer' | 'more';

/** A table that depends on what an incident is about, and in what ways it was off with it. */
export interface Dependent extends RelationName {
  readonly ways: readonly string[];
}

/** What an incident is about. */
export type IncidentSubject =
  | {
      readonly kind: 'table';
      readonly source: string;
      readonly schema: string;
      readonly table: string;
      readonly dependents?: readonly Dependent[];
    }
  /** The source itself: one of its schemas, databases or replication slots. */
  | {
      readonly kind: 'source';
      readonly source: string;
      readonly schema: string | null;
      readonly object: string | null;
      readonly metric: string;
      readonly check: string;
    }
  /** Many tables of a source, or of one schema of it, that went the same way in one run. */
  | {
      readonly kind: 'load';
      readonly source: string;
      readonly schema: string | null;
      readonly direction: LoadDirection;
      readonly tables: readonly RelationName[];
      readonly dependents?: readonly Dependent[];
    };

/** What a finding is about, taken by itself. */
export function subjectOf({ source, schema, table, object, metric, check }: Finding): IncidentSubject {
  if (schema !== null && table !== null) return { kind: 'table', source, schema, table };
  return { kind: 'source', source, schema, object: object ?? null, metric, check };
}

/** The same for the same subject in every run. The tables of a load come and go: they are no part of it. */
export function fingerprintOf(subject: IncidentSubject): string {
  const { kind, source, schema } = subject;
  switch (kind) {
    case 'table':
      return JSON.stringify([kind, source, schema, subject.table]);
    case 'source':
      return JSON.stringify([kind, source, schema, subject.object, subject.metric, subject.check]);
    case 'load':
      return JSON.stringify([kind, source, schema, subject.direction]);
  }
}

/** The subject of an incident after another run saw it: it keeps the tables and dependents that it once had. */
export function widened(before: IncidentSubject, now: IncidentSubject): IncidentSubject {
  if (before.kind === 'source' || now.kind === 'source') return now;
  const all = [...(before.dependents ?? []), ...(now.dependents ?? [])];
  const dependents = [...groupBy(all, relationKey).values()].map((same) => ({
    ...same[0]!,
    ways: [...new Set(same.flatMap(({ ways }) => ways))],
  }));
  const kept = { ...now, ...(dependents.length > 0 && { dependents }) };
  if (before.kind !== 'load' || kept.kind !== 'load') return kept;
  return {
    ...kept,
    tables: [...groupBy([...before.tables, ...kept.tables], relationKey).values()].map(([first]) => first!),
  };
}

function relationKey({ schema, table }: RelationName): string {
  return JSON.stringify([schema, table]);
}

/** A table of a source, as a key of maps. */
export function tableKey(source: string, { schema, table }: RelationName): string {
  return JSON.stringify([source, schema, table]);
}
