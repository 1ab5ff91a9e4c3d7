import type pg from 'pg';
import type { TableSpec } from '#src/core/model/relation.js';
import { serverVersion } from './client-state.js';
import { SourceError } from './source-error.js';

const FIELD = '\x01';
const COLUMN = '\x02';

/** `pg_inherits.inhdetachpending` marks a partition that is being detached: no child any more. */
const DETACH_PENDING_SINCE = 140000;

/**
 * Check, under the locks, that the tables still have the columns and heaps they were listed with: rows of another shape would be
 * decoded as something they are not, and those of a partition attached meanwhile would be missing. Rejects with code
 * `table_changed`, or 42P01 where a table is gone or another has its name now.
 */
export async function verifyShapes(
  client: pg.Client,
  tables: readonly TableSpec[],
  options: { readonly foreignTables: boolean },
): Promise<void> {
  const oids = [...new Set(tables.flatMap(({ oid, parts }) => [oid, ...parts.map((part) => part.oid)]))];
  const relations = await readShapes(client, oids);
  for (const table of tables) {
    const found = relations.get(table.oid);
    const name = `${table.schema}.${table.name}`;
    if (!found || found.name !== table.schema + FIELD + table.name)
      throw new SourceError('42P01', `${name} was dropped or replaced after it was listed`, false);
    const shape = table.columns.map((column) => column.name + FIELD + column.type).join(COLUMN);
    if ((found.shape ?? '') !== shape)
      throw new SourceError('table_changed', `the columns of ${name} were changed after it was listed`, false);
    for (const part of table.parts) {
      const heap = relations.get(part.oid);
      if (heap?.name !== part.schema + FIELD + part.name)
        throw new SourceError('table_changed', `a part of ${name} was dropped or replaced after it was listed`, false);
      if (heap.toasted && !part.guarded)
        throw new SourceError('table_changed', `large values came into ${name} after it was listed`, false);
    }
  }
  await verifyMembers(client, tables, options.foreignTables);
}

interface Shape {
  readonly name: string;
  readonly shape: string | null;
  /** True where values may be stored out of line. */
  readonly toasted: boolean;
}

async function readShapes(client: pg.Client, oids: readonly number[]): Promise<Map<number, Shape>> {
  const { rows } = await client.query<Shape & { oid: string }>(
    `SELECT c.oid::pg_catalog.int8 AS oid, n.nspname || $2 || c.relname AS name, (
       SELECT pg_catalog.string_agg(a.attname || $2 || pg_catalog.format_type(a.atttypid, a.atttypmod), $3 ORDER BY a.attnum)
       FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS shape,
       c.reltoastrelid <> 0 AND coalesce(pg_catalog.pg_relation_size(c.reltoastrelid) > 0, true) AS toasted
     FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
     WHERE c.oid = ANY ($1::pg_catalog.oid[])`,
    [oids, FIELD, COLUMN],
  );
  return new Map(rows.map((row) => [Number(row.oid), row]));
}

/** What is read heap by heap must be all there is below the table; what is read through the parent always is. */
async function verifyMembers(client: pg.Client, tables: readonly TableSpec[], foreignTables: boolean): Promise<void> {
  const heapByHeap = tables.filter(
    (table) => table.kind === 'partitioned table' || table.kind === 'table' || table.parts.length > 1,
  );
  const direct = heapByHeap.filter((table) => table.parts.every((part) => part.only || part.kind === 'foreign table'));
  if (direct.length === 0) return;
  const attached = serverVersion(client) >= DETACH_PENDING_SINCE ? 'WHERE NOT i.inhdetachpending' : '';
  const { rows } = await client.query<{ root: string; member: string }>(
    `WITH RECURSIVE tree (root, member) AS (
       SELECT oid, oid FROM pg_catalog.unnest($1::pg_catalog.oid[]) AS root (oid)
       UNION
       SELECT tree.root, i.inhrelid
       FROM tree JOIN pg_catalog.pg_inherits AS i ON i.inhparent = tree.member ${attached})
     SELECT tree.root::pg_catalog.int8 AS root, tree.member::pg_catalog.int8 AS member
     FROM tree JOIN pg_catalog.pg_class AS c ON c.oid = tree.member
     WHERE c.relpersistence <> 't' AND NOT (c.relpersistence = 'u' AND pg_catalog.pg_is_in_recovery())
       AND (c.relkind = 'r' OR (c.relkind = 'f' AND $2))`,
    [direct.map((table) => table.oid), foreignTables],
  );
  const members = new Map<number, Set<number>>(direct.map((table) => [table.oid, new Set()]));
  for (const { root, member } of rows) members.get(Number(root))?.add(Number(member));
  for (const { oid, schema, name, parts } of direct) {
    const now = members.get(oid)!;
    if (now.size === parts.length && parts.every((part) => now.has(part.oid))) continue;
    throw new SourceError('table_changed', `what belongs to ${schema}.${name} was changed after it was listed`, false);
  }
}
