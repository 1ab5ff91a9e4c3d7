import { LAST_DAY } from './calendar.js';
import { createTable, loadAtOnce, loadDays } from './load.js';
import type { Planted } from './plants/index.js';
import { sqlFunctions } from './sql-functions.js';
import { type DemoSource, type DemoTable, tableName } from './table.js';
import { tables } from './tables/index.js';

/** What fills one source, as SQL: the same seed and incidents give the same statements. */
export interface WarehouseSql {
  /** Tables, without rows and without what depends on rows. */
  readonly create: readonly string[];
  /** Everything up to the day before the last one. */
  readonly history: readonly string[];
  /** The last day's load, as good or as bad as what was planted. */
  readonly lastDay: readonly string[];
  /** The other changes that were planted. */
  readonly changes: readonly string[];
}

export function warehouseSql(source: DemoSource, seed: number, planted: readonly Planted[]): WarehouseSql {
  const own = tables.filter((table) => table.source === source);
  const functions = sqlFunctions(seed);
  return {
    create: [...new Set(own.map(({ schema }) => `CREATE SCHEMA ${schema}`)), ...own.flatMap(createTable)],
    history: [
      ...functions,
      ...own.flatMap((table) => [
        ...loadAtOnce(table),
        ...loadDays(table, [0, LAST_DAY - 1], seed, plantedIn(table, planted)?.everyDay),
        ...(table.more ?? []),
      ]),
    ],
    lastDay: [
      ...functions,
      ...own.flatMap((table) => {
        const plant = plantedIn(table, planted);
        return loadDays(table, [LAST_DAY, LAST_DAY], seed, plant?.lastDay ?? plant?.everyDay);
      }),
    ],
    changes: planted.flatMap(({ truth, statements = [] }) => (truth.source === source ? statements : [])),
  };
}

function plantedIn(table: DemoTable, planted: readonly Planted[]): Planted | undefined {
  return planted.find(({ truth }) => truth.source === table.source && truth.table === tableName(table));
}
