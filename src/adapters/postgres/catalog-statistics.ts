import type pg from 'pg';
import type { ColumnStatistics } from '#src/core/model/relation.js';

/** A column by name. */
export interface ColumnName {
  readonly schema: string;
  readonly table: string;
  readonly column: string;
}

/** By `columnKey`. */
export type StatisticsByColumn = ReadonlyMap<string, ColumnStatistics>;

/** Key of a column in `StatisticsByColumn`; no name in Postgres holds a NUL. */
export function columnKey({ schema, table, column }: ColumnName): string {
  return `${schema}\0${table}\0${column}`;
}

/**
 * What the last ANALYZE left of these columns, and maybe of others of their names; none where the server does not let the
 * role see it. Of a table with children the figures over all of them count. Must run inside a transaction. Asked for by
 * table, `pg_stats` takes 0.7 ms a column; by schema and column name it is read once.
 */
export async function readStatistics(client: pg.Client, columns: readonly ColumnName[]): Promise<StatisticsByColumn> {
  if (columns.length === 0) return new Map();
  const distinct = (names: readonly string[]) => [...new Set(names)];
  await client.query('SAVEPOINT sentinel_statistics');
  try {
    const { rows } = await client.query<ColumnName & { nulls: number; correlation: number | null }>(
      `SELECT s.schemaname AS schema, s.tablename AS table, s.attname AS column, s.null_frac AS nulls, s.correlation
       FROM pg_catalog.pg_stats s
       WHERE s.schemaname = ANY ($1::name[]) AND s.attname = ANY ($2::name[]) ORDER BY s.inherited`,
      [distinct(columns.map(({ schema }) => schema)), distinct(columns.map(({ column }) => column))],
    );
    return new Map(
      rows.map(({ nulls, correlation, ...column }) => [
        columnKey(column),
        { nullShare: nulls, ...(correlation !== null && { correlation }) },
      ]),
    );
  } catch (error) {
    if ((error as { code?: string }).code !== '42501') throw error;
    await client.query('ROLLBACK TO SAVEPOINT sentinel_statistics');
    return new Map();
  } finally {
    await client.query('RELEASE SAVEPOINT sentinel_statistics').catch(() => undefined); // only fails after another error
  }
}
