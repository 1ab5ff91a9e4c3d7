import type pg from 'pg';
import type { TypeRow } from './value-kind.js';

/** Facts of the server and role that decide what can be read and how. */
export interface CatalogFacts {
  /** `server_version_num`, e.g. 160004. */
  readonly version: number;
  readonly utf8: boolean;
  readonly inRecovery: boolean;
  readonly role: string;
}

/** `pg_class.relkind` of what can hold rows for a reader. */
export type RelKind = 'r' | 'p' | 'm' | 'v' | 'f';

export interface RelationRow {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly relkind: RelKind;
  readonly unlogged: boolean;
  readonly isPartition: boolean;
  /** True where row security would filter what this role sees. */
  readonly rowSecurity: boolean;
  readonly populated: boolean;
  /** −1 where never analysed. */
  readonly estimatedRows: number;
  readonly heap: boolean;
  /** Main fork, bytes. */
  readonly bytes: number;
  /** True where values may be stored out of line. */
  readonly toasted: boolean;
  /** SELECT on the whole relation and USAGE on its schema. */
  readonly selectable: boolean;
  readonly schemaUsable: boolean;
  readonly extensionOwned: boolean;
}

export interface ColumnRow {
  readonly position: number;
  readonly name: string;
  readonly type: string;
  readonly typeOid: number;
  readonly notNull: boolean;
  readonly readable: boolean;
}

export interface Inheritance {
  readonly parent: number;
  readonly child: number;
}

export async function readFacts(client: pg.Client): Promise<CatalogFacts> {
  const { rows } = await client.query<CatalogFacts>(`
    SELECT pg_catalog.current_setting('server_version_num')::int4 AS version,
           pg_catalog.current_setting('server_encoding') = 'UTF8' AS utf8,
           pg_catalog.pg_is_in_recovery() AS "inRecovery",
           current_user::text AS role`);
  return rows[0] as CatalogFacts;
}

/**
 * Every relation outside the system schemas; temporary ones are nobody else's to read. What is dropped while we look has no size
 * and no privileges (null), but is listed: a load that swaps tables may have put another in its place, and the reader finds out. `pg_relation_size` opens the
 * relation and would queue behind an ACCESS EXCLUSIVE lock, so what is locked, or all where `sizes` is false, gets its
 * last known size (`relpages`).
 */
export async function readRelations(client: pg.Client, sizes: boolean): Promise<RelationRow[]> {
  const { rows } = await client.query<RelationRow>(
    `
    WITH locked AS MATERIALIZED (
      SELECT l.relation FROM pg_catalog.pg_locks l
      WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND l.relation IS NOT NULL
    )
    SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind::text AS relkind,
           c.relpersistence = 'u' AS unlogged, c.relispartition AS "isPartition",
           CASE WHEN c.relrowsecurity THEN coalesce(pg_catalog.row_security_active(c.oid), true) ELSE false END
             AS "rowSecurity",
           c.relispopulated AS populated,
           CASE WHEN c.reltuples = 0 AND c.relpages = 0 THEN -1 ELSE c.reltuples END::float8 AS "estimatedRows",
           coalesce(m.amname = 'heap', false) AS heap,
           CASE WHEN c.relkind NOT IN ('r', 'm') THEN 0
                WHEN NOT $1::bool OR c.oid IN (SELECT relation FROM locked)
                  THEN c.relpages::float8 * pg_catalog.current_setting('block_size')::float8
                ELSE coalesce(pg_catalog.pg_relation_size(c.oid)::float8, 0) END AS bytes,
           CASE WHEN c.reltoastrelid = 0 THEN false
                WHEN NOT $1::bool OR c.reltoastrelid IN (SELECT relation FROM locked) THEN true
                ELSE coalesce(pg_catalog.pg_relation_size(c.reltoastrelid) > 0, true) END AS toasted,
           coalesce(pg_catalog.has_schema_privilege(n.oid, 'USAGE')
                    AND pg_catalog.has_table_privilege(c.oid, 'SELECT'), true) AS selectable,
           coalesce(pg_catalog.has_schema_privilege(n.oid, 'USAGE'), true) AS "schemaUsable",
           e.objid IS NOT NULL AS "extensionOwned"
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_am m ON m.oid = c.relam
    LEFT JOIN pg_catalog.pg_depend e
      ON e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.objid = c.oid AND e.objsubid = 0
      AND e.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND e.deptype = 'e'
    WHERE c.relkind IN ('r', 'p', 'm', 'v', 'f') AND c.relpersistence <> 't'
      AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    ORDER BY n.nspname, c.relname`,
    [sizes],
  );
  return rows;
}

/** Parent and child of every inheritance and partition; a partition that is being detached is no child any more. */
export async function readInheritance(client: pg.Client, version: number): Promise<Inheritance[]> {
  const { rows } = await client.query<Inheritance>(`
    SELECT i.inhparent AS parent, i.inhrelid AS child
    FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relkind IN ('r', 'p', 'f')
    ${version >= 140000 ? 'WHERE NOT i.inhdetachpending' : ''}
    ORDER BY i.inhrelid, i.inhseqno`);
  return rows;
}

/** Columns by relation, in order of position, without dropped ones. */
export async function readColumns(
  client: pg.Client,
  relations: readonly RelationRow[],
): Promise<Map<number, ColumnRow[]>> {
  const { rows } = await client.query<[number, number, string, string, number, boolean, boolean]>({
    text: `
      SELECT a.attrelid, a.attnum, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.atttypid, a.attnotnull,
             CASE WHEN r.selectable THEN true WHEN NOT r.usable THEN false
                  ELSE coalesce(pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'SELECT'), true) END
      FROM unnest($1::oid[], $2::bool[], $3::bool[]) AS r (oid, selectable, usable)
      JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
      ORDER BY a.attrelid, a.attnum`,
    values: [
      relations.map((relation) => relation.oid),
      relations.map((relation) => relation.selectable),
      relations.map((relation) => relation.schemaUsable),
    ],
    rowMode: 'array',
  });
  const columns = new Map<number, ColumnRow[]>(relations.map((relation) => [relation.oid, []]));
  for (const [oid, position, name, type, typeOid, notNull, readable] of rows)
    columns.get(oid)?.push({ position, name, type, typeOid, notNull, readable });
  return columns;
}

/** Primary keys by relation, as column positions in the key's order. */
export async function readPrimaryKeys(
  client: pg.Client,
  relations: readonly RelationRow[],
): Promise<Map<number, number[]>> {
  const { rows } = await client.query<{ oid: number; key: number[] }>(
    `SELECT k.conrelid AS oid, k.conkey AS key FROM pg_catalog.pg_constraint k
     WHERE k.contype = 'p' AND k.conrelid = ANY ($1::oid[])`,
    [relations.map((relation) => relation.oid)],
  );
  return new Map(rows.map(({ oid, key }) => [oid, key]));
}

/** The types of these columns, and the base types of those that are domains. */
export async function readTypes(client: pg.Client, columns: Iterable<ColumnRow[]>): Promise<Map<number, TypeRow>> {
  const used = new Set<number>();
  for (const list of columns) for (const column of list) used.add(column.typeOid);
  const { rows } = await client.query<TypeRow>(
    `
    WITH RECURSIVE type (oid, typtype, typbasetype, "isArray") AS (
      SELECT t.oid, t.typtype, t.typbasetype, t.typcategory = 'A' AND t.typelem <> 0 AND t.typlen = -1
      FROM pg_catalog.pg_type t WHERE t.oid = ANY ($1::oid[])
      UNION
      SELECT t.oid, t.typtype, t.typbasetype, t.typcategory = 'A' AND t.typelem <> 0 AND t.typlen = -1
      FROM type d JOIN pg_catalog.pg_type t ON d.typtype = 'd' AND t.oid = d.typbasetype
    )
    SELECT oid, typtype::text AS typtype, typbasetype, "isArray" FROM type`,
    [[...used]],
  );
  return new Map(rows.map((row) => [row.oid, row]));
}
