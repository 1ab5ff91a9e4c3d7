import type { Finding } from '../model/finding.js';

/** A table within its source. */
export interface LoadTable {
  readonly schema: string;
  readonly table: string;
}

/** Whether tables got fewer rows than usual (or none, or none in time), or more. */
export type LoadDirection = 'fewer' | 'more';

/** What an incident is about. */
export type IncidentSubject =
  | { readonly kind: 'table'; readonly source: string; readonly schema: string; readonly table: string }
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
      readonly tables: readonly LoadTable[];
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

/** The subject of an incident after another run saw it: a load keeps the tables that it once had. */
export function widened(before: IncidentSubject, now: IncidentSubject): IncidentSubject {
  if (before.kind !== 'load' || now.kind !== 'load') return now;
  const tables = new Map(
    [...before.tables, ...now.tables].map((each) => [JSON.stringify([each.schema, each.table]), each]),
  );
  return { ...now, tables: [...tables.values()] };
}
