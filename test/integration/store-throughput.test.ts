import { expect, test } from 'vitest';
import { GroupCommit } from '#src/adapters/store/group-commit.js';
import type { TableRecord } from '#src/adapters/store/records.js';
import { testServer } from '../support/postgres.js';
import { day, openTestStore, tableRecord } from '../support/store-records.js';

/** Printed, not asserted: what the store costs a run of many small tables. `STORE_TABLES=2000` for the full figure. */
test('throughput of storing and reading back a run', async () => {
  const tables = Number(process.env.STORE_TABLES ?? 200);
  const store = await openTestStore(await (await testServer()).createDatabase());
  const writer = await store.acquireWriter('throughput');
  const columns = Array.from({ length: 8 }, (_, i) => `column_${i}`);
  const metrics = ['null_rate', 'distinct', 'mean', 'stddev', 'min', 'max', 'p50', 'p95'];
  const records = (run: number): TableRecord[] =>
    Array.from({ length: tables }, (_, t) =>
      tableRecord(`table_${t}`, {
        columns,
        points: [
          { column: null, metric: 'row_count', value: 1000 + run },
          ...columns.flatMap((column) =>
            metrics.map((metric) => ({ column, metric, value: Math.sqrt(t + run) * 17.3, stdError: 0.1 })),
          ),
        ],
      }),
    );
  const lines: string[] = [];
  const timed = async (what: string, work: () => Promise<unknown>) => {
    const start = performance.now();
    await work();
    lines.push(`${what}: ${(performance.now() - start).toFixed(0)} ms`);
  };
  const runs = Number(process.env.STORE_RUNS ?? 4);
  for (let n = 0; n < runs; n++) {
    const run = await writer.beginRun({ command: 'run', startedAt: day(n), asOf: day(n) });
    const all = records(n);
    if (n % 2 === 0) {
      await timed(`run ${n}: persistTables, ${tables * 65} points`, async () => {
        for (let i = 0; i < all.length; i += 154) await writer.persistTables(run, all.slice(i, i + 154));
      });
    } else {
      const commit = new GroupCommit<TableRecord>((group) => writer.persistTables(run, group), {
        intervalMs: 250,
        maxRows: 1000,
        rowsOf: (record) => record.points.length,
      });
      await timed(`run ${n}: group commit, table by table`, async () => {
        const added = all.map((record) => commit.add(record));
        await Promise.all(added);
        await commit.close();
      });
    }
    await timed(`run ${n}: persistFindings`, () =>
      writer.persistFindings(run, [], {
        datasets: all.map(({ spec }) => ({ source: spec.source, schema: spec.schema, table: spec.name })),
        sources: [],
      }),
    );
    if (n === runs - 1) {
      let points = 0;
      await timed(`loadHistories`, async () => {
        for await (const page of store.loadHistories(run.id, { now: 0 }))
          for (const history of page)
            for (const column of Object.values(history.columnSeries))
              for (const series of Object.values(column)) points += series.length;
      });
      expect(points).toBe(tables * 64 * Math.min(60, runs - 1));
      await timed('list history of one table', () => store.listHistory({ table: 'table_7', limit: 60 }));
    }
  }
  console.log(lines.join('\n'));
  await writer.release();
  await store.close();
});
