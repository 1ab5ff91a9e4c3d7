import type { Finding } from '../model/finding.js';
import { allNull } from './all-null.js';
import { emptyTable } from './empty-table.js';
import { firstNull } from './first-null.js';
import { DROPPED, schema } from './schema.js';
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
 * Over the findings of a whole run: where a schema is gone, its tables are named in that one finding and have none of
 * their own. A batch knows only some of the tables, so this is for whoever has them all; call it once.
 */
export function foldDroppedSchemas(findings: readonly Finding[]): Finding[] {
  const tables = new Map<string, string[]>();
  for (const each of findings) if (isSchemaGone(each)) tables.set(schemaKey(each), []);
  if (tables.size === 0) return [...findings];
  const kept = findings.filter((each) => {
    const gone = isTableGone(each) ? tables.get(schemaKey(each)) : undefined;
    gone?.push(each.table ?? '');
    return gone === undefined;
  });
  return kept.map((each) => {
    const gone = isSchemaGone(each) ? tables.get(schemaKey(each)) : undefined;
    if (!gone || gone.length === 0) return each;
    const named = list(gone.sort().map(name));
    const what = gone.length === 1 ? `its table ${named}` : `its ${gone.length} tables ${named}`;
    return { ...each, message: each.message.replace(/\.$/, ` with ${what}.`) };
  });
}

function isTableGone(finding: Finding): boolean {
  return finding.check === schema.name && finding.value === DROPPED && finding.column === undefined;
}

function isSchemaGone(finding: Finding): boolean {
  return finding.check === schemas.name && finding.value === DROPPED;
}

function schemaKey(finding: Finding): string {
  return JSON.stringify([finding.source, finding.schema]);
}

function columnsOf(findings: readonly Finding[], matches: (finding: Finding) => boolean): Set<string> {
  return new Set(findings.filter(matches).flatMap(({ column }) => (column === undefined ? [] : [column])));
}
