import type pg from 'pg';
import { openStore } from '#src/adapters/store/store.js';
import { runStore } from '#src/cli/run-store.js';
import { benchStore } from './support/bench-store.js';
import { profileAll } from './support/profile-all.js';
import { formatSpread, saveResult, spread } from './support/report.js';
import { startBenchServer } from './support/server.js';

export interface SmallTablesOptions {
  readonly tables: number;
  readonly rowsPerTable: number;
  readonly rounds: number;
  readonly workers: number;
}

/** Many small tables: what is paid for each table beside its rows, without a store and with every figure made durable. */
export async function smallTablesBench(options: SmallTablesOptions): Promise<void> {
  const { tables, rowsPerTable, rounds, workers } = options;
  const server = await startBenchServer('small-tables');
  try {
    const client = await server.client();
    await makeSmallTables(client, tables, rowsPerTable);
    await client.end();
    const { connection } = server;
    const engine: number[] = [];
    const stored: number[] = [];
    const store = await openStore(benchStore(connection));
    const writer = await store.acquireWriter('benchmark');
    for (let round = 0; round < rounds; round++) {
      const plain = await profileAll({ connection, workers });
      if (plain.profiles.length !== tables) throw new Error(`profiled ${plain.profiles.length} tables, not ${tables}`);
      engine.push(tables / plain.seconds);
      const now = new Date();
      const run = await writer.beginRun({ command: 'bench', startedAt: now, asOf: now });
      const durable = runStore(store, writer, run, 1_000);
      const kept = await profileAll({ connection, workers, store: durable });
      await durable.close();
      stored.push(tables / kept.seconds);
    }
    await writer.release();
    await store.close();
    console.log(`${tables.toLocaleString('en')} tables × ${rowsPerTable} rows × 8 columns, ${workers} workers`);
    console.log(`engine alone        ${formatSpread(spread(engine), 'tables/s', 0)}`);
    console.log(`with a store        ${formatSpread(spread(stored), 'tables/s', 0)}`);
    saveResult('small-tables', {
      postgres: server.version,
      tables,
      rowsPerTable,
      workers,
      tablesPerSecond: spread(engine),
      tablesPerSecondStored: spread(stored),
    });
  } finally {
    await server.stop();
  }
}

async function makeSmallTables(client: pg.Client, tables: number, rows: number): Promise<void> {
  await client.query('CREATE SCHEMA small');
  const perStatement = 100;
  for (let first = 1; first <= tables; first += perStatement)
    await client.query(`DO $$ BEGIN
      FOR t IN ${first}..${Math.min(first + perStatement - 1, tables)} LOOP
        EXECUTE format('CREATE TABLE small.t%s AS SELECT i AS id, i %% 7 AS kind, md5(i::text) AS code,
          (i * 1.25)::numeric(10,2) AS amount, i %% 3 = 0 AS flag, now() - i * interval ''1 minute'' AS created_at,
          CASE WHEN i %% 5 > 0 THEN i / 3.0::float8 END AS ratio, current_date - i %% 90 AS day
          FROM generate_series(1, ${rows}) AS i', t);
      END LOOP; END $$`);
  await client.query('VACUUM ANALYZE');
}
