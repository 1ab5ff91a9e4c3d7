import type { Expectation, SourceExpectation } from '#src/core/model/history.js';
import type { Query } from './reader-pool.js';
import { selectSourceExpectations, selectTableExpectations } from './sql/expectation.js';
import { numberArray } from './values.js';

/** What people expect of tables at `now` (epoch ms), by dataset id; tables of which nothing is expected are absent. */
export async function loadExpectations(
  query: Query,
  s: string,
  datasets: readonly { readonly id: string }[],
  now: number,
): Promise<Map<string, Expectation[]>> {
  const rows = await query<{ dataset: string; column_name: string | null; metric: string; declared_at: number }>(
    selectTableExpectations(s),
    [numberArray(datasets.map(({ id }) => Number(id))), new Date(now).toISOString()],
  );
  const byDataset = new Map<string, Expectation[]>();
  for (const { dataset, column_name: column, metric, declared_at: declaredAt } of rows) {
    const of = byDataset.get(dataset) ?? [];
    of.push({ ...(column !== null && { column }), metric, declaredAt });
    byDataset.set(dataset, of);
  }
  return byDataset;
}

/** The same of sources as such, by name; `sources` null for all. */
export async function loadSourceExpectations(
  query: Query,
  s: string,
  sources: readonly string[] | null,
  now: number,
): Promise<Map<string, SourceExpectation[]>> {
  const rows = await query<{
    source: string;
    schema_name: string | null;
    object: string | null;
    metric: string;
    declared_at: number;
  }>(selectSourceExpectations(s), [sources, new Date(now).toISOString()]);
  const bySource = new Map<string, SourceExpectation[]>();
  for (const { source, schema_name: schema, object, metric, declared_at: declaredAt } of rows) {
    const of = bySource.get(source) ?? [];
    of.push({ ...(schema !== null && { schema }), ...(object !== null && { object }), metric, declaredAt });
    bySource.set(source, of);
  }
  return bySource;
}
