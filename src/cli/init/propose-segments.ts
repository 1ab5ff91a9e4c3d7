import type { CategoryColumn } from '#src/adapters/postgres/catalog-categories.js';
import type { TableSpec, ValueKind } from '#src/core/model/relation.js';
import { looksPersonal } from '#src/core/privacy/personal.js';

/** The columns of one table that divide its rows into few groups. */
export interface SegmentProposal {
  readonly table: TableSpec;
  /** Fewest values first. */
  readonly columns: readonly { readonly name: string; readonly distinct: number }[];
}

/** Numbers are amounts more often than groups. */
const KINDS: ReadonlySet<ValueKind> = new Set<ValueKind>(['text', 'bpchar', 'enum', 'bool']);
/** In a small table every column has few values. */
const MIN_ROWS = 1_000;

/** Of each table that has some, the columns by which an incident may be explained; the largest table first. */
export function proposeSegments(
  tables: readonly TableSpec[],
  categories: ReadonlyMap<string, readonly CategoryColumn[]>,
): SegmentProposal[] {
  const known = new Map<string, number>();
  for (const [source, columns] of categories)
    for (const { schema, table, column, distinct } of columns)
      known.set([source, schema, table, column].join('\0'), distinct);
  return tables
    .filter(({ estimatedRows }) => estimatedRows >= MIN_ROWS)
    .sort((a, b) => b.bytes - a.bytes)
    .map((table) => ({
      table,
      columns: table.columns
        .filter(({ name, kind, readable }) => readable && KINDS.has(kind) && looksPersonal(name, []) === null)
        .flatMap(({ name }) => {
          const distinct = known.get([table.source, table.schema, table.name, name].join('\0'));
          return distinct === undefined ? [] : [{ name, distinct }];
        })
        .sort((a, b) => a.distinct - b.distinct),
    }))
    .filter(({ columns }) => columns.length > 0);
}
