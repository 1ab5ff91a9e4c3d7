import { compileTableGlob, literalGlobPart, type TableMatcher } from '#src/config/table-glob.js';
import type { TableSpec } from '#src/core/model/relation.js';
import { EXCLUDE_FAMILIES } from './exclude-families.js';

/** A pattern for `exclude`, why, and what it leaves out. */
export interface Exclude {
  readonly glob: string;
  readonly why: string;
  readonly tables: number;
  readonly bytes: number;
  readonly doubtful: boolean;
}

export interface ExcludeProposal {
  readonly excludes: readonly Exclude[];
  /** What the excludes that are not doubtful leave. */
  readonly kept: readonly TableSpec[];
}

/** What could be left out of these tables, of one source or of several; every pattern matches at least one, and each table counts once. */
export function proposeExcludes(tables: readonly TableSpec[]): ExcludeProposal {
  const excludes: Exclude[] = [];
  let rest = tables;
  let kept = tables;
  const take = (glob: string, why: string, doubtful: boolean): void => {
    const matches = matcherOf(glob);
    const taken = rest.filter(matches);
    if (taken.length === 0) return;
    rest = rest.filter((table) => !matches(table));
    if (!doubtful) kept = kept.filter((table) => !matches(table));
    excludes.push({
      glob,
      why,
      tables: taken.length,
      bytes: taken.reduce((sum, { bytes }) => sum + bytes, 0),
      doubtful,
    });
  };
  for (const { glob, why, doubtful } of detached(tables)) take(glob, why, doubtful);
  for (const { glob, why, doubtful } of dated(tables)) take(glob, why, doubtful);
  for (const { globs, why, doubtful = false } of EXCLUDE_FAMILIES) for (const glob of globs) take(glob, why, doubtful);
  return { excludes, kept };
}

type Candidate = Pick<Exclude, 'glob' | 'why' | 'doubtful'>;

const DATED = /^(.+)_(?:19|20)\d\d([_-]?)(?:0[1-9]|1[0-2])\2(?:0[1-9]|[12]\d|3[01])$/s;
const DATE_GLOBS: Readonly<Record<string, string>> = { '': '20??????', _: '20??_??_??', '-': '20??-??-??' };

/** Copies with a date in their name: beside the table itself they are old ones, without it they may be all there is. */
function dated(tables: readonly TableSpec[]): Candidate[] {
  const names = new Set(tables.map(keyOf));
  const groups = new Map<string, { table: TableSpec; base: string; separator: string; members: TableSpec[] }>();
  for (const table of tables) {
    const [, base, separator] = DATED.exec(table.name) ?? [];
    if (base === undefined || separator === undefined) continue;
    const key = `${keyOf({ ...table, name: base })}\0${separator}`;
    const group = groups.get(key);
    if (group) group.members.push(table);
    else groups.set(key, { table, base, separator, members: [table] });
  }
  return [...groups.values()].flatMap(({ table, base, separator, members }) => {
    const isCopy = names.has(keyOf({ ...table, name: base }));
    const why = isCopy ? `dated copies of ${base}` : `one table a date, and no ${base}: perhaps the data itself`;
    return narrowed(tables, table, base, `_${DATE_GLOBS[separator]}`, members).map((glob) => ({
      glob,
      why,
      doubtful: !isCopy,
    }));
  });
}

/** Named as partitions are, beside the partitioned table, and not attached to it. */
function detached(tables: readonly TableSpec[]): Candidate[] {
  return tables
    .filter(({ kind }) => kind === 'partitioned table')
    .flatMap((parent) => {
      const members = tables.filter(
        ({ source, schema, name, kind }) =>
          source === parent.source &&
          schema === parent.schema &&
          kind === 'table' &&
          name.startsWith(`${parent.name}_`) &&
          /^(?:[py]?(?:19|20)\d\d[\dmwq_-]*|default)$/i.test(name.slice(parent.name.length + 1)),
      );
      if (members.length === 0) return [];
      const why = `partitions of ${parent.name} that are not attached`;
      const after = members[0]!.name[parent.name.length + 1]!;
      return narrowed(tables, parent, parent.name, `_${after}*`, members).map((glob) => ({
        glob,
        why,
        doubtful: false,
      }));
    });
}

/** One pattern for these members where it matches nothing else, else their names one by one. */
function narrowed(
  tables: readonly TableSpec[],
  { source, schema }: Pick<TableSpec, 'source' | 'schema'>,
  base: string,
  ending: string,
  members: readonly TableSpec[],
): string[] {
  const place = `${source}.${literalGlobPart(schema)}`;
  const each = () => members.map(({ name }) => `${place}.${literalGlobPart(name)}`);
  // Within double quotes nothing is a pattern, so such a name cannot be continued by one.
  if (literalGlobPart(base) !== base) return each();
  const glob = `${place}.${base}${ending}`;
  const matched = tables.filter(matcherOf(glob));
  const isExact = matched.length === members.length && matched.every((table) => members.includes(table));
  return isExact ? [glob] : each();
}

function matcherOf(glob: string): (table: TableSpec) => boolean {
  const matches = compileTableGlob(glob) as TableMatcher;
  return ({ source, schema, name }) => matches({ source, schema, table: name });
}

function keyOf({ source, schema, name }: Pick<TableSpec, 'source' | 'schema' | 'name'>): string {
  return `${source}\0${schema}\0${name}`;
}
