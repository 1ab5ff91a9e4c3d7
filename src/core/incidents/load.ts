import type { Finding } from '../model/finding.js';
import { compareSeverity } from './severity.js';
import type { IncidentSubject, LoadDirection } from './subject.js';

export interface TableName {
  readonly source: string;
  readonly schema: string;
  readonly table: string;
}

/** Tables that went the same way in one run, which one cause explains better than many. */
export interface Load extends Extract<IncidentSubject, { kind: 'load' }> {
  /** Judged tables of the source, or of the schema. */
  readonly ofTables: number;
}

/** Checks that compare how many rows came, or when, with what is usual. */
const COUNTING: readonly string[] = ['volume', 'growth', 'row_count'];
const ABSENCE: readonly string[] = ['empty_table', 'freshness'];

/** So many tables, and this share of the judged ones, are no coincidence. */
const OF_SOURCE = { tables: 5, share: 1 / 3 };
const OF_SCHEMA = { tables: 3, share: 1 / 2 };

/** Which way a table went by this finding; null where it says nothing of how many rows came. */
export function loadDirection({ check, value, expected, table }: Finding): LoadDirection | null {
  if (table === null) return null;
  if (ABSENCE.includes(check)) return 'fewer';
  if (!COUNTING.includes(check) || typeof value !== 'number') return null;
  if (expected.lower !== undefined && value < expected.lower) return 'fewer';
  return expected.upper !== undefined && value > expected.upper ? 'more' : null;
}

/**
 * The loads that the findings of a run (warn or worse) amount to. One that goes on (`ongoing`) keeps its tables until the
 * last of them is as usual, so that it does not fall apart while it ends.
 */
export function findLoads(
  findings: readonly Finding[],
  judged: readonly TableName[],
  ongoing: readonly IncidentSubject[],
): Load[] {
  const sizes = scopeSizes(judged);
  const loads: Load[] = [];
  for (const { source, direction, tables } of affected(findings)) {
    let left = tables;
    const take = (schema: string | null, taken: readonly TableName[]) => {
      if (taken.length === 0) return;
      const named = taken.map((each) => ({ schema: each.schema, table: each.table }));
      const ofTables = Math.max(taken.length, sizes.get(scopeKey(source, schema)) ?? 0);
      loads.push({ kind: 'load', source, schema, direction, tables: named, ofTables });
      left = left.filter((each) => !taken.includes(each));
    };
    const within = (schema: string | null) => left.filter((each) => schema === null || each.schema === schema);
    const isLoad = (schema: string | null) => {
      const { tables: least, share } = schema === null ? OF_SOURCE : OF_SCHEMA;
      const count = within(schema).length;
      return count >= least && count >= share * (sizes.get(scopeKey(source, schema)) ?? 0);
    };
    for (const known of ongoing) {
      if (known.kind !== 'load' || known.source !== source || known.direction !== direction) continue;
      const isKnown = (each: TableName) =>
        known.tables.some(({ schema, table }) => schema === each.schema && table === each.table);
      take(known.schema, within(known.schema).filter(isLoad(known.schema) ? () => true : isKnown));
    }
    // The narrowest name that fits: all in one schema are that schema's.
    const schemas = [...new Set(left.map(({ schema }) => schema))];
    if (schemas.length > 1 && isLoad(null)) take(null, within(null));
    for (const schema of schemas) if (isLoad(schema)) take(schema, within(schema));
    if (isLoad(null)) take(null, within(null));
  }
  return loads;
}

interface Affected {
  readonly source: string;
  readonly direction: LoadDirection;
  /** Each once, in an order that the findings' does not change. */
  readonly tables: readonly TableName[];
}

function affected(findings: readonly Finding[]): Affected[] {
  const groups = new Map<string, { source: string; direction: LoadDirection; tables: Map<string, TableName> }>();
  for (const finding of findings) {
    const { source, schema, table, severity } = finding;
    const direction = loadDirection(finding);
    if (direction === null || schema === null || table === null || compareSeverity(severity, 'warn') < 0) continue;
    const key = JSON.stringify([source, direction]);
    const group = groups.get(key) ?? { source, direction, tables: new Map<string, TableName>() };
    group.tables.set(JSON.stringify([schema, table]), { source, schema, table });
    groups.set(key, group);
  }
  return [...groups].sort(byKey).map(([, { source, direction, tables }]) => ({
    source,
    direction,
    tables: [...tables].sort(byKey).map(([, table]) => table),
  }));
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : Number(a > b);
}

/** Judged tables of each source and of each schema. */
function scopeSizes(judged: readonly TableName[]): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const { source, schema } of judged)
    for (const key of [scopeKey(source, null), scopeKey(source, schema)]) sizes.set(key, (sizes.get(key) ?? 0) + 1);
  return sizes;
}

function scopeKey(source: string, schema: string | null): string {
  return JSON.stringify([source, schema]);
}
