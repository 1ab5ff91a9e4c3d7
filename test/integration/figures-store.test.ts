import { tmpdir } from 'node:os';
import { beforeAll, describe, expect, test } from 'vitest';
import type { HistorySeries } from '#src/adapters/store/list-history.js';
import { openStore } from '#src/adapters/store/store.js';
import type { ColumnProfile, JsonValue } from '#src/core/model/profile.js';
import { runCli } from '../support/cli.js';
import { ownServer, type TestDatabase } from '../support/postgres.js';
import { type ProfileRun, parseLines, profileRun, type TableLine } from '../support/profile-run.js';
import { loadShop, loadWorld } from '../support/shared-data.js';
import { storeOptions } from '../support/store-records.js';

let shop: TestDatabase;
let env: Readonly<Record<string, string>>;
let first: ProfileRun;
let second: ProfileRun;

beforeAll(async () => {
  const server = await ownServer();
  shop = await server.createDatabase();
  const world = await server.createDatabase(undefined, { encoding: 'LATIN1' });
  await loadShop(await shop.client());
  await loadWorld(await world.client());
  // the history lives in the batch warehouse, as it does where nothing is said of it
  env = { ...shop.environment('BATCH_DB'), ...world.environment('CDC_DB') };
  first = await profileRun(env, 'run');
  second = await profileRun(env, 'run');
});

describe('two runs over the same rows', () => {
  test('find nothing, and the same figures', () => {
    expect([first.code, second.code]).toEqual([0, 0]);
    expect([first.findings, second.findings]).toEqual([[], []]);
    expect(first.tables).toHaveLength(14);
    expect(second.tables).toEqual(first.tables);
  });

  test('store each figure that is followed, for both runs', async () => {
    const store = await openStore(storeOptions(shop));
    try {
      for (const table of first.tables) {
        const { source, schema, table: name } = table;
        const series = await store.listHistory({ source, schema, table: name, limit: 10 });
        expect(storedFigures(series)).toEqual(followedFigures(table));
        for (const { metric, points } of series.filter((one) => one.metric !== 'freshness_seconds')) {
          expect([metric, points.map(({ value }) => value)]).toEqual([metric, [points[0]!.value, points[0]!.value]]);
          expect(points.map(({ judged }) => judged)).toEqual([true, true]);
        }
      }
    } finally {
      await store.close();
    }
  });

  test('show in history', async () => {
    const { stdout } = await runCli(['history', 'batch.public.Track', 'row_count', '--json'], { cwd: tmpdir(), env });
    const rows = first.tables.find(({ table }) => table === 'Track')!.rowCount;
    expect(parseLines(stdout)).toMatchObject(
      [first, second].map(({ summary }) => ({
        type: 'point',
        table: 'Track',
        metric: 'row_count',
        run: summary.run,
        value: rows,
        judged: true,
      })),
    );
  });
});

type Figures = Readonly<Record<string, number>>;

/** The newest value of each series, as `metric` or `column.metric`. */
function storedFigures(series: readonly HistorySeries[]): Figures {
  const named = series.filter(({ metric }) => metric !== 'freshness_seconds');
  return Object.fromEntries(
    named.map(({ column, metric, points }) => [column === null ? metric : `${column}.${metric}`, points.at(-1)!.value]),
  );
}

/** What a table's profile says of the series that are kept. */
function followedFigures(table: TableLine): Figures {
  const figures: Record<string, number> = { row_count: table.rowCount! };
  for (const column of table.columns)
    for (const [metric, value] of Object.entries(columnFigures(column, table.rowCount!)))
      if (value !== undefined) figures[`${column.name}.${metric}`] = value;
  return figures;
}

function columnFigures(column: ColumnProfile, rows: number): Readonly<Record<string, number | undefined>> {
  const values = rows - column.nullCount!;
  const share = (part: number | undefined) => (part === undefined || values === 0 ? undefined : part / values);
  const number = (value: JsonValue | undefined) =>
    column.mean === undefined || value === undefined ? undefined : Number(value);
  return {
    null_rate: rows === 0 ? undefined : column.nullCount! / rows,
    distinct: column.distinct!.value,
    uniqueness: share(column.distinct!.value),
    mean: column.mean,
    stddev: column.stddev,
    p05: number(column.quantiles?.p05),
    p50: number(column.quantiles?.p50),
    p95: number(column.quantiles?.p95),
    zero_rate: share(column.zeros),
    negative_rate: share(column.negatives),
    empty_rate: share(column.empty),
    nan_rate: share(column.nan),
    length_mean: column.length?.mean,
  };
}
