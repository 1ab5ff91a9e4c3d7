import type { AlertPlan } from '#src/core/incidents/alert-plan.js';
import { compileTouched, type TouchedBy } from '#src/core/lineage/touched.js';
import type { Dependency } from '#src/core/model/dependency.js';
import type { Query } from './reader-pool.js';
import type { InventoryRecord } from './records.js';
import { selectDependencies, upsertDependencies } from './sql/dependency.js';
import { slices, toJson } from './values.js';
import type { Transaction } from './write-session.js';

/** Remember what depends on what in the sources that a run reached. */
export async function persistDependencies(
  tx: Transaction,
  run: number,
  records: readonly InventoryRecord[],
): Promise<void> {
  const known = records.flatMap(({ source, dependencies }) =>
    dependencies === undefined ? [] : [{ source, text: toJson(dependencies) }],
  );
  for (const slice of slices(known, tx.batchSize, ({ text }) => text.length))
    await tx.query(upsertDependencies(tx.s), [run, slice.map(({ source }) => source), slice.map(({ text }) => text)]);
}

/** What else the tables of these sources touch, by the catalogs and by what is declared. */
export async function loadTouched(
  { query, s }: Pick<Transaction, 'query' | 's'>,
  feedsOf: AlertPlan['feedsOf'],
  sources: readonly string[],
): Promise<TouchedBy> {
  return compileTouched(await loadDependencies(query, s, [...new Set(sources)]), feedsOf);
}

/** What depends on what in each of these sources, as it was last seen. */
export async function loadDependencies(
  query: Query,
  s: string,
  sources: readonly string[],
): Promise<Map<string, readonly Dependency[]>> {
  const rows = await query<{ source: string; dependencies: Dependency[] }>(selectDependencies(s), [sources]);
  return new Map(rows.map(({ source, dependencies }) => [source, dependencies]));
}
