import type pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { discoverTables } from '#src/adapters/postgres/catalog.js';
import { tableName } from '#src/core/checks/sentence.js';
import { SERVER_VERSION, testServer } from '../support/postgres.js';

let owner: pg.Client;
beforeAll(async () => {
  owner = await (await (await testServer()).createDatabase()).client();
});

/** `a.b < c.d view`: the first depends on the second. */
async function dependencies(excludeSchemas: readonly string[] = []): Promise<string[]> {
  await owner.query('BEGIN READ ONLY');
  try {
    const options = { source: 'batch', views: { maxCost: 0 }, foreignTables: false, excludeSchemas };
    const found = await discoverTables(owner, options);
    return found.dependencies.map(({ on, dependent, by }) => `${tableName(dependent)} < ${tableName(on)} ${by}`).sort();
  } finally {
    await owner.query('COMMIT');
  }
}

test('views, whether they are read or not, and foreign keys; partitions are their parent, and nothing depends on itself', async () => {
  await owner.query(`
    CREATE TABLE customers (id int PRIMARY KEY, referrer int REFERENCES customers);
    CREATE TABLE orders (id int, day date, customer int REFERENCES customers, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
    CREATE TABLE orders_1 PARTITION OF orders FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
    CREATE TABLE orders_2 PARTITION OF orders FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
    CREATE TABLE items ("order" int, day date, FOREIGN KEY ("order", day) REFERENCES orders);
    CREATE VIEW recent AS SELECT o.*, c.referrer FROM orders_2 o JOIN customers c ON c.id = o.customer;
    CREATE SCHEMA reports; CREATE MATERIALIZED VIEW reports."Per day" AS SELECT day, count(*) FROM recent GROUP BY 1;
    CREATE VIEW stats AS SELECT relname FROM pg_class;
    CREATE TABLE written (id int); CREATE TABLE log (id int);
    CREATE RULE logged AS ON INSERT TO written DO ALSO INSERT INTO log VALUES (NEW.id)`);
  const all = [
    'public.items < public.orders foreign key',
    'public.orders < public.customers foreign key',
    'public.recent < public.customers view',
    'public.recent < public.orders view',
    'reports."Per day" < public.recent view',
  ];
  expect(await dependencies()).toEqual(all);
  expect(await dependencies(['reports'])).toEqual(all.slice(0, -1));
});

test.skipIf(SERVER_VERSION < 140000)('a function with a body of SQL between a view and a table hides it', async () => {
  await owner.query(`CREATE SCHEMA f; CREATE TABLE f.t (n int);
    CREATE FUNCTION f.n() RETURNS bigint LANGUAGE sql STABLE BEGIN ATOMIC SELECT count(*) FROM f.t; END;
    CREATE VIEW f.v AS SELECT f.n()`);
  expect((await dependencies()).filter((each) => each.startsWith('f.'))).toEqual([]);
});
