import type { Finding } from '../model/finding.js';
import { allNull } from './all-null.js';
import { emptyTable } from './empty-table.js';
import { firstNull } from './first-null.js';
import { ADDED, DROPPED, schema } from './schema.js';
import { schemas } from './schemas.js';
import { list, name } from './sentence.js';

/** Leaves out of one table's findings those that a stronger one of them already says. */
export function withoutImplied(findings: readonly Finding[]): Finding[] {
  const gone = findings.filter(isTableGone);
  if (gone.length > 0) return gone;
  const empty = findings.some((each) => each.check === emptyTable.name);
  const droppedColumns = columnsOf(findings, (each) => each.check === schema.name && each.value === DROPPED);
  const nullColumns = columnsOf(findings, (each) => each.check === allNull.name);
  return findings.filter(({ check, metric, column }) => {
    if (empty && metric === 'row_count') return check === emptyTable.name;
    if (column === undefined) return true;
    if (droppedColumns.has(column)) return check === schema.name;
    return !(check === firstNull.name && nullColumns.has(column));
  });
}

/**
 * Over the findings of a whole run: where a schema is gone or new, its tables are named in that one finding and have none of
 * their own. A batch knows only some of the tables, so this is for whoever has them all; call it once.
 */
export function foldSchemas(findings: readonly Finding[]): Finding[] {
  const tables = new Map<string, string[]>();
  for (const each of findings) if (isOfSchema(each)) tables.set(schemaKey(each), []);
  if (tables.size === 0) return [...findings];
  const kept = findings.filter((each) => {
    const named = isOfTable(each) ? tables.get(schemaKey(each)) : undefined;
    named?.push(each.table ?? '');
    return named === undefined;
  });
  return kept.map((each) => {
    const named = isOfSchema(each) ? tables.get(schemaKey(each)) : undefined;
    return named && named.length > 0 ? { ...each, message: withTables(each, named) } : each;
  });
}

function withTables({ value, message }: Finding, tables: readonly string[]): string {
  const named = list([...tables].sort().map(name));
  const what = tables.length === 1 ? `table ${named}` : `${tables.length} tables ${named}`;
  if (value === DROPPED) return message.replace(/\.$/, ` with its ${what}.`);
  return message.replace(' is new;', ` is new, with ${what};`);
}

function isTableGone(finding: Finding): boolean {
  return isOfTable(finding) && finding.value === DROPPED;
}

/** A whole table that came or went. */
function isOfTable({ check, value, column }: Finding): boolean {
  return check === schema.name && column === undefined && (value === DROPPED || value === ADDED);
}

/** A whole schema that came or went. */
function isOfSchema({ check, value }: Finding): boolean {
  return check === schemas.name && (value === DROPPED || value === ADDED);
}

/** A table that went does not belong to a schema that came. */
function schemaKey({ source, schema: named, value }: Finding): string {
  return JSON.stringify([source, named, value]);
}

function columnsOf(findings: readonly Finding[], matches: (finding: Finding) => boolean): Set<string> {
  return new Set(findings.filter(matches).flatMap(({ column }) => (column === undefined ? [] : [column])));
}
