import { compareSeverity } from '../incidents/severity.js';
import type { Finding } from '../model/finding.js';
import { allNull } from './all-null.js';
import { categories } from './categories.js';
import { ADDED, DROPPED } from './describe-schema-change.js';
import { emptyTable } from './empty-table.js';
import { firstNull } from './first-null.js';
import { freshness } from './freshness.js';
import { schema } from './schema.js';
import { schemas } from './schemas.js';
import { list, name } from './sentence.js';
import { share } from './share.js';
import { volume } from './volume.js';

/** Figures that follow from how many rows there are, and of which kind. */
const DISTRIBUTION: readonly string[] = ['mean', 'spread', 'share', 'distinct'];
const MEASURES: readonly string[] = [...DISTRIBUTION, 'categories', 'drift'];

/** What a finding makes unnecessary to say: of the same column, or (`table`) of the whole table. */
const IMPLIES: readonly { readonly by: string; readonly what: readonly string[]; readonly of: 'table' | 'column' }[] = [
  { by: emptyTable.name, what: ['row_count', 'growth', 'volume', 'freshness', ...DISTRIBUTION], of: 'table' },
  { by: 'row_count', what: ['growth', ...DISTRIBUTION], of: 'table' },
  { by: 'volume', what: ['share', 'distinct'], of: 'table' },
  { by: 'growth', what: ['share', 'distinct'], of: 'table' },
  { by: allNull.name, what: [firstNull.name, 'null_rate', ...MEASURES], of: 'column' },
  { by: firstNull.name, what: ['null_rate', 'share', 'distinct'], of: 'column' },
  { by: 'null_rate', what: ['share', 'distinct'], of: 'column' },
  { by: categories.name, what: ['share', 'distinct'], of: 'column' },
  { by: 'mean', what: ['spread', 'share', 'distinct', 'drift'], of: 'column' },
  { by: 'drift', what: ['spread', 'share'], of: 'column' },
  { by: 'spread', what: ['share', 'distinct'], of: 'column' },
];

/** Leaves out of one table's findings those that another of them, not milder, already says. */
export function withoutImplied(findings: readonly Finding[]): Finding[] {
  const gone = findings.filter(isTableGone);
  if (gone.length > 0) return gone;
  return findings
    .map((finding) => withShares(finding, findings))
    .filter((finding, _, all) => !all.some((other) => implies(other, finding)));
}

/**
 * Shares move where rows of one kind are missing or too many, and where a value came or went. That is one finding, as grave as
 * the gravest of them.
 */
function withShares(finding: Finding, findings: readonly Finding[]): Finding {
  const isNews = finding.check === categories.name && finding.severity !== 'info';
  if (!isExplained(finding) && !isNews) return finding;
  const graver = findings.filter(
    ({ check, column, severity }) =>
      check === share.name &&
      (isExplained(finding) || column === finding.column) &&
      compareSeverity(severity, finding.severity) > 0,
  );
  const [gravest] = graver.sort((a, b) => compareSeverity(b.severity, a.severity));
  return gravest ? { ...finding, severity: gravest.severity, score: gravest.score } : finding;
}

function isExplained({ check, cause }: Finding): boolean {
  return check === volume.name && cause !== undefined;
}

function implies(strong: Finding, weak: Finding): boolean {
  // That no rows came since some time says why the last day has none.
  if (strong.check === freshness.name && weak.check === volume.name) return weak.value === 0;
  if (strong.check === schema.name && weak.column !== undefined && weak.column === strong.column) {
    if (strong.value === DROPPED) return weak.check !== schema.name;
    // Another type is another measure, but nulls are nulls.
    return String(strong.value).includes('→') && MEASURES.includes(weak.check);
  }
  if (compareSeverity(strong.severity, weak.severity) < 0) return false;
  return IMPLIES.some(
    ({ by, what, of }) =>
      by === strong.check &&
      what.includes(weak.check) &&
      (of === 'table' || (weak.column !== undefined && weak.column === strong.column)),
  );
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
