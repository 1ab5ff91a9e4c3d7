import { list, name, tableName } from '../checks/sentence.js';
import type { Finding } from '../model/finding.js';
import type { Load } from './load.js';

/** Tables that a load's sentence names. */
const NAMED_TABLES = 3;

/** The sentence of an incident about one table or one thing of a source: its worst finding's. */
export function titleOf(worstFirst: readonly Finding[]): string {
  return worstFirst[0]?.message ?? '';
}

/** What explains it: the worst finding that knows says. */
export function causeOf(worstFirst: readonly Finding[]): string | null {
  return worstFirst.find(({ cause }) => cause !== undefined)?.cause ?? null;
}

/** `12 of 30 tables of batch got fewer rows than usual: sales.items, sales.orders, web.visits and 9 more.` */
export function loadTitle(load: Load, findings: readonly Finding[]): string {
  const { direction, tables, ofTables } = load;
  const late = direction === 'fewer' && findings.every(({ check }) => check === 'freshness');
  const what = late ? 'got no new rows in time' : `got ${direction} rows than usual`;
  const named = list(tables.map(tableName), NAMED_TABLES);
  return `${tables.length} of ${ofTables} tables of ${scopeName(load)} ${what}: ${named}.`;
}

/** Why they are one incident, and where to look first. */
export function loadCause(load: Load): string {
  const what =
    load.direction === 'fewer' ? 'is late, has failed or was cut short' : 'ran twice or was given more to do';
  return `They changed together, so the cause is likely what they have in common: a load into ${scopeName(load)} that ${what}, or the source itself.`;
}

function scopeName({ source, schema }: Load): string {
  return schema === null ? name(source) : `${name(source)}.${name(schema)}`;
}
