import { ALL_TABLES, createTableFinder, type TableQuery } from '../find-tables.js';
import type { Model } from '../model.js';

/** Some of the tables that a query lets in, by their indices in `model`, and how many there are in all. */
export interface FoundTables {
  readonly model: Model;
  readonly indices: readonly number[];
  readonly matched: number;
}

/** Where tables come from: the page itself holds all of them, or asks a server that does. */
export interface PageSource {
  /** At most `limit`, in the query's order; `show` is called at once or later, and not where another query came meanwhile. */
  find(query: TableQuery, limit: number, show: (found: FoundTables) => void): void;
  /** Everything that is known of a table; null where there is none of that key. */
  table(key: string, show: (found: { readonly model: Model; readonly index: number } | null) => void): void;
}

export function embeddedSource(model: Model): PageSource {
  let finder: ReturnType<typeof createTableFinder> | undefined;
  return {
    find(query, limit, show) {
      const found = (finder ??= createTableFinder(model))(query);
      show({ model, indices: found.slice(0, limit), matched: found.length });
    },
    table(key, show) {
      const index = model.tableAt(key);
      show(index === undefined ? null : { model, index });
    },
  };
}

export function isUnfiltered({ search, source, kind }: TableQuery): boolean {
  return search.trim() === '' && source === ALL_TABLES.source && kind === ALL_TABLES.kind;
}
