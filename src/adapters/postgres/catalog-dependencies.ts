import type pg from 'pg';
import type { Dependency, RelationName } from '#src/core/model/dependency.js';

/**
 * Which relations depend on which: views and materialised views on what they read, by their rewrite rules in `pg_depend`, and
 * tables on those that their foreign keys point at. `nameOf` is a relation's name, that of the parent for a partition, or
 * undefined where it is not ours to show. What a function's body reads is not in the catalog. Must run inside a transaction.
 */
export async function readDependencies(
  client: pg.Client,
  nameOf: (oid: number) => RelationName | undefined,
): Promise<Dependency[]> {
  const { rows } = await client.query<{ on: number; dependent: number; by: Dependency['by'] }>(`
    SELECT d.refobjid AS on, v.oid AS dependent, 'view' AS by
    FROM pg_catalog.pg_class v
    JOIN pg_catalog.pg_rewrite w ON w.ev_class = v.oid
    JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = w.oid
      AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    WHERE v.relkind IN ('v', 'm')
    UNION
    SELECT k.confrelid, k.conrelid, 'foreign key' FROM pg_catalog.pg_constraint k WHERE k.contype = 'f'`);
  const found = new Map<string, Dependency>();
  for (const { on, dependent, by } of rows) {
    const names = { on: nameOf(on), dependent: nameOf(dependent) };
    // The foreign keys of partitions are their parent's, and what refers to itself touches nothing else.
    if (names.on === undefined || names.dependent === undefined || names.on === names.dependent) continue;
    found.set(JSON.stringify([names, by]), { on: names.on, dependent: names.dependent, by });
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, dependency]) => dependency);
}
