import type { ColumnFields } from '#src/core/decode/column-fields.js';
import type { ColumnSpec, PartSpec, ValueKind } from '#src/core/model/relation.js';
import { quoteIdentifier, quoteQualified } from './quote.js';

/** The target list of one COPY and where each column's value and length arrive in its rows. */
export interface SelectList {
  readonly sql: string;
  /** One per column, in the columns' order. */
  readonly fields: ColumnFields[];
  /** Entries in the target list. */
  readonly count: number;
}

/** Heap blocks `[fromBlock, toBlock)`; null is no upper bound. */
export interface BlockRange {
  readonly fromBlock: number;
  readonly toBlock: number | null;
}

/**
 * A target list ends at 1,664 entries (`MaxTupleAttributeNumber`), a column takes up to two; and in sketches a column of many
 * distinct values takes some 0.2 MiB, of which one group's are in memory at a time.
 */
const MAX_GROUP_COLUMNS = 256;

/** Kinds whose binary form is decoded, and never large. An enum is sent as its label, a domain as its base type. */
const NATIVE: ReadonlySet<ValueKind> = new Set<ValueKind>([
  'int2',
  'int4',
  'int8',
  'oid',
  'float4',
  'float8',
  'numeric',
  'bool',
  'date',
  'time',
  'timetz',
  'timestamp',
  'timestamptz',
  'interval',
  'uuid',
  'enum',
]);

/**
 * Target list that sends these columns for decoding. Where `guarded`, the server cuts a value longer than
 * `maxValueBytes` bytes to that many characters and sends its full length in bytes in a second field, which is null for
 * a value that is whole; an array's second field is always its number of elements.
 */
export function selectList(columns: readonly ColumnSpec[], guarded: boolean, maxValueBytes: number): SelectList {
  const entries: string[] = [];
  const fields = columns.map((column): ColumnFields => {
    const { value, length } = expressions(column, guarded, maxValueBytes);
    const at = entries.push(value) - 1;
    return { value: at, length: length === null ? -1 : entries.push(length) - 1 };
  });
  return { sql: entries.join(', '), fields, count: entries.length };
}

/**
 * Groups of readable columns, each within what one target list and one worker can hold: a wide table is read by one COPY for each,
 * under one snapshot. One empty group where there is no column: its COPY still counts rows.
 */
export function splitColumns(columns: readonly ColumnSpec[]): ColumnSpec[][] {
  const readable = columns.filter((column) => column.readable);
  const groups = Math.max(1, Math.ceil(readable.length / MAX_GROUP_COLUMNS));
  return Array.from({ length: groups }, (_, group) =>
    readable.slice(group * MAX_GROUP_COLUMNS, (group + 1) * MAX_GROUP_COLUMNS),
  );
}

/** The COPY that streams `list` of one part, whole or one range of its blocks. */
export function copyStatement(part: PartSpec, list: Pick<SelectList, 'sql'>, range?: BlockRange): string {
  const from = `FROM ${part.only ? 'ONLY ' : ''}${quoteQualified(part.schema, part.name)}`;
  return `COPY (SELECT ${list.sql} ${from}${range ? ` WHERE ${within(range)}` : ''}) TO STDOUT (FORMAT binary)`;
}

function within({ fromBlock, toBlock }: BlockRange): string {
  const lower = `ctid OPERATOR(pg_catalog.>=) '(${fromBlock},0)'::pg_catalog.tid`;
  return toBlock === null ? lower : `${lower} AND ctid OPERATOR(pg_catalog.<) '(${toBlock},0)'::pg_catalog.tid`;
}

/** Operators are qualified too: a role's search_path may put other schemas before pg_catalog. */
function expressions(column: ColumnSpec, guarded: boolean, cap: number): { value: string; length: string | null } {
  const name = quoteIdentifier(column.name);
  if (NATIVE.has(column.kind)) return { value: name, length: null };
  if (column.kind === 'text' || column.kind === 'bpchar') {
    if (!guarded) return { value: name, length: null };
    // bpchar, because a cast of char(n) to text would strip the trailing blanks that the unguarded form sends.
    const prefix = `pg_catalog.substr(${name}::pg_catalog.text, 1, ${cap})::pg_catalog.bpchar`;
    return cut(`${name}::pg_catalog.bpchar`, prefix, cap);
  }
  if (column.kind === 'bytea') {
    return guarded ? cut(name, `pg_catalog.substr(${name}, 1, ${cap})`, cap) : { value: name, length: null };
  }
  const text = `${name}::pg_catalog.text`;
  // Compressed size: what is within the cap may still print longer, by a bounded factor, and is then sent whole.
  const large = `pg_catalog.pg_column_size(${name}) OPERATOR(pg_catalog.>) ${cap}`;
  // One character more than the cap, so that a cut array, which has no length in bytes beside it, is seen to be cut.
  const value = guarded ? `CASE WHEN ${large} THEN pg_catalog.left(${text}, ${cap + 1}) ELSE ${text} END` : text;
  if (column.kind === 'array') return { value, length: `pg_catalog.cardinality(${name})` };
  // One evaluation of the text: its length where beyond the cap, else null.
  const beyond = `nullif(greatest(pg_catalog.octet_length(${text}), ${cap}), ${cap})`;
  return { value, length: guarded ? `CASE WHEN ${large} THEN ${beyond} END` : null };
}

/** `octet_length` reads a TOAST pointer only and `substr` fetches only the chunks it needs. */
function cut(whole: string, prefix: string, cap: number): { value: string; length: string } {
  const octets = `pg_catalog.octet_length(${whole})`;
  const large = `${octets} OPERATOR(pg_catalog.>) ${cap}`;
  return {
    value: `CASE WHEN ${large} THEN ${prefix} ELSE ${whole} END`,
    length: `CASE WHEN ${large} THEN ${octets} END`,
  };
}
