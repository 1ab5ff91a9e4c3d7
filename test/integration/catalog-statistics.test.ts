import type pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { discoverTables } from '#src/adapters/postgres/catalog.js';
import { readStatistics } from '#src/adapters/postgres/catalog-statistics.js';
import { type TestDatabase, testServer } from '../support/postgres.js';

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await (await testServer()).createDatabase();
  client = await database.client();
  await client.query(`
    CREATE DOMAIN moment AS timestamptz;
    CREATE TABLE logs AS
      SELECT i AS id, now() + i * interval '1 second' AS at, current_date - i AS back,
        CASE WHEN i % 4 > 0 THEN (now() + i * interval '1 hour')::moment END AS some
      FROM generate_series(1, 1000) AS i;
    CREATE TABLE fresh (LIKE logs);
    CREATE TABLE parted (LIKE logs) PARTITION BY RANGE (id);
    CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (500);
    CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (500) TO (2000);
    INSERT INTO parted SELECT * FROM logs;
    ANALYZE logs, parted`);
});

async function inTransaction<T>(work: () => Promise<T>): Promise<T> {
  await client.query('BEGIN');
  try {
    return await work();
  } finally {
    await client.query('ROLLBACK');
  }
}

test('dates and timestamps come with what ANALYZE found, as the columns of a parent do; others without', async () => {
  const { tables } = await inTransaction(() =>
    discoverTables(client, { source: 'batch', views: { maxCost: 0 }, foreignTables: false, excludeSchemas: [] }),
  );
  const of = (table: string) =>
    Object.fromEntries(
      tables.find(({ name }) => name === table)!.columns.map(({ name, statistics }) => [name, statistics]),
    );
  for (const table of ['logs', 'parted']) {
    const { id, at, back, some } = of(table);
    expect(id).toBeUndefined();
    expect(at).toMatchObject({ nullShare: 0 });
    expect(at!.correlation).toBeCloseTo(1, 6);
    expect(back!.correlation).toBeCloseTo(-1, 6);
    expect(some!.nullShare).toBeCloseTo(0.25, 6);
  }
  expect(of('fresh')).toEqual({ id: undefined, at: undefined, back: undefined, some: undefined });
});

test('where the server hides them there are none, and the transaction goes on', async () => {
  await client.query(
    `CREATE ROLE ${pgRole()}; GRANT SELECT ON logs TO ${pgRole()}; REVOKE SELECT ON pg_stats FROM PUBLIC`,
  );
  try {
    await inTransaction(async () => {
      await client.query(`SET LOCAL ROLE ${pgRole()}`);
      expect(await readStatistics(client, [{ schema: 'public', table: 'logs', column: 'at' }])).toEqual(new Map());
      expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    });
  } finally {
    await client.query(
      `GRANT SELECT ON pg_stats TO PUBLIC; REVOKE ALL ON logs FROM ${pgRole()}; DROP ROLE ${pgRole()}`,
    );
  }
});

function pgRole(): string {
  return `"no stats ${database.name}"`;
}
