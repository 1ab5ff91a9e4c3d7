import type pg from 'pg';
import type { ColumnName } from './catalog-statistics.js';

/** A column with few values, as the last ANALYZE estimated. */
export interface CategoryColumn extends ColumnName {
  readonly distinct: number;
}

/** More values than this are no groups that people think in. */
const MAX_DISTINCT = 50;

/**
 * Columns of these schemas that hold between two and fifty values and are rarely null; none where the server does not let the role
 * see statistics. Of a table with children the figures over all of them count. Must run inside a transaction.
 */
export async function readCategories(client: pg.Client, schemas: readonly string[]): Promise<CategoryColumn[]> {
  await client.query('SAVEPOINT sentinel_categories');
  try {
    const { rows } = await client.query<CategoryColumn>(
      `SELECT DISTINCT ON (1, 2, 3) s.schemaname AS schema, s.tablename AS table, s.attname AS column,
              s.n_distinct::float8 AS distinct
       FROM pg_catalog.pg_stats s
       WHERE s.schemaname = ANY ($1::name[]) AND s.n_distinct BETWEEN 2 AND $2 AND s.null_frac < 0.5
       ORDER BY 1, 2, 3, s.inherited DESC`,
      [schemas, MAX_DISTINCT],
    );
    return rows;
  } catch (error) {
    if ((error as { code?: string }).code !== '42501') throw error;
    await client.query('ROLLBACK TO SAVEPOINT sentinel_categories');
    return [];
  } finally {
    await client.query('RELEASE SAVEPOINT sentinel_categories').catch(() => undefined); // only fails after another error
  }
}
