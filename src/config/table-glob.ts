/** The names a pattern is compared with. */
export interface TableName {
  readonly source: string;
  readonly schema: string;
  readonly table: string;
}

export type TableMatcher = (name: TableName) => boolean;

export const TABLE_GLOB_RULE =
  'table, schema.table or source.schema.table, where * is any text and ? one character; a name with a dot in double quotes';

/**
 * Compile `table`, `schema.table` or `source.schema.table`; parts that are left out match everything. `*` is any text,
 * `?` one character, `"a.b"` a name taken literally. Undefined where the pattern is malformed.
 */
export function compileTableGlob(pattern: string): TableMatcher | undefined {
  const parts = splitParts(pattern)?.map(toRegExp);
  if (parts === undefined) return undefined;
  const [table, schema, source] = parts.reverse();
  return (name) =>
    table!.test(name.table) && (schema?.test(name.schema) ?? true) && (source?.test(name.source) ?? true);
}

interface NamePart {
  readonly text: string;
  /** In double quotes: `*` and `?` are ordinary characters. */
  readonly isLiteral: boolean;
}

const PART = /"((?:[^"]|"")+)"|([^."]+)/y;

/** One to three parts separated by dots; undefined where there are more, or an empty one. */
function splitParts(pattern: string): NamePart[] | undefined {
  const parts: NamePart[] = [];
  PART.lastIndex = 0;
  for (;;) {
    const [, quoted, bare] = PART.exec(pattern) ?? [];
    if (quoted !== undefined) parts.push({ text: quoted.replaceAll('""', '"'), isLiteral: true });
    else if (bare !== undefined) parts.push({ text: bare, isLiteral: false });
    else return undefined;
    const next = PART.lastIndex;
    if (next === pattern.length) return parts.length <= 3 ? parts : undefined;
    if (pattern[next] !== '.') return undefined;
    PART.lastIndex = next + 1;
  }
}

/** True where `*` or `?` stands for other text. */
export function isPattern(pattern: string): boolean {
  return splitParts(pattern)?.some(({ text, isLiteral }) => !isLiteral && /[*?]/.test(text)) ?? false;
}

/** One part of a pattern that matches this name alone: in double quotes where it holds what a pattern reads otherwise. */
export function literalGlobPart(name: string): string {
  return /[*?."]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}

/** The names in `table`, `schema.table` or `source.schema.table`, taken literally; undefined where it is none of these. */
export function splitTableName(name: string): (Pick<TableName, 'table'> & Partial<TableName>) | undefined {
  const parts = splitParts(name)?.map(({ text }) => text);
  if (parts === undefined) return undefined;
  const [table, schema, source] = parts.reverse();
  return { table: table!, ...(schema !== undefined && { schema }), ...(source !== undefined && { source }) };
}

function toRegExp({ text, isLiteral }: NamePart): RegExp {
  const escaped = literal(text);
  const source = isLiteral ? escaped : escaped.replaceAll('\\*', '.*').replaceAll('\\?', '.');
  return new RegExp(`^${source}$`, 'su');
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}
