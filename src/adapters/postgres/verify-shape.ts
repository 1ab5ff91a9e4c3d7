import type pg from 'pg';
import type { TableSpec } from '#src/core/model/relation.js';
import { SourceError } from './source-error.js';

const FIELD = '\x01';
const COLUMN = '\x02';

/**
 * Check, under the locks, that the tables still have the columns they were listed with: rows of another shape would be decoded as
 * something they are not. Rejects with code `table_changed`, or 42P01 where a table is gone or another has its name now.
 */
export async function verifyShapes(client: pg.Client, tables: readonly TableSpec[]): Promise<void> {
  const { rows } = await client.query<{ oid: string; name: string; shape: string | null }>(
    `SELECT c.oid::pg_catalog.int8 AS oid, n.nspname || $2 || c.relname AS name, (
       SELECT pg_catalog.string_agg(a.attname || $2 || pg_catalog.format_type(a.atttypid, a.atttypmod), $3 ORDER BY a.attnum)
       FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS shape
     FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
     WHERE c.oid = ANY ($1::pg_catalog.oid[])`,
    [tables.map((table) => table.oid), FIELD, COLUMN],
  );
  const now = new Map(rows.map((row) => [Number(row.oid), row]));
  for (const table of tables) {
    const found = now.get(table.oid);
    const name = `${table.schema}.${table.name}`;
    if (!found || found.name !== table.schema + FIELD + table.name)
      throw new SourceError('42P01', `${name} was dropped or replaced after it was listed`, false);
    const shape = table.columns.map((column) => column.name + FIELD + column.type).join(COLUMN);
    if ((found.shape ?? '') !== shape)
      throw new SourceError('table_changed', `the columns of ${name} were changed after it was listed`, false);
  }
}
