import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DiscoveryOptions, discoverTables } from '#src/adapters/postgres/catalog.js';
import type { Discovery } from '#src/coordinator/ports.js';
import { SERVER_VERSION, type TestDatabase, testServer } from '../support/postgres.js';

/** 63 bytes, the longest name Postgres keeps whole. */
const EMOJI = `${'😀'.repeat(15)}abc`;
const HOSTILE = ['"; drop table x; --', 'line\nbreak', "o'clock\\", EMOJI, 'Ünïcode "quoted"'];
const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

let database: TestDatabase;
let owner: pg.Client;
/** `server_version_num`: the tests run on 12 to 18. */
let version: number;
/** A role that sees only what is granted to it. */
let guest: pg.Client;
const role = `guest_${randomBytes(4).toString('hex')}`;

const OPTIONS: DiscoveryOptions = {
  source: 'batch',
  views: { maxCost: 100_000 },
  foreignTables: false,
  excludeSchemas: ['sentinel'],
};

async function discover(client: pg.Client, options: Partial<DiscoveryOptions> = {}): Promise<Discovery> {
  await client.query('BEGIN READ ONLY');
  try {
    return await discoverTables(client, { ...OPTIONS, ...options });
  } finally {
    await client.query('COMMIT');
  }
}

const table = (found: Discovery, schema: string, name: string) =>
  found.tables.find((one) => one.schema === schema && one.name === name);
const omission = (found: Discovery, schema: string, name: string) =>
  found.omitted.find((one) => one.schema === schema && one.name === name);
const parts = (found: Discovery, schema: string, name: string) =>
  table(found, schema, name)?.parts.map((part) => `${part.only ? 'only ' : ''}${part.schema}.${part.name}`);

beforeAll(async () => {
  database = await (await testServer()).createDatabase();
  owner = await database.client();
  version = Number((await owner.query('SHOW server_version_num')).rows[0].server_version_num);
  await owner.query(`CREATE ROLE ${role} LOGIN`);
  guest = await database.client();
  await guest.query(`SET SESSION AUTHORIZATION ${role}`);
});

afterAll(async () => {
  await guest.query('RESET SESSION AUTHORIZATION');
  await owner.query(`DROP OWNED BY ${role}`);
  await owner.query(`DROP ROLE ${role}`);
});

describe('names', () => {
  test('of every shape come back as they are', async () => {
    await owner.query('CREATE SCHEMA names');
    for (const name of HOSTILE)
      await owner.query(`CREATE TABLE names.${quoted(name)} (${quoted(name)} int PRIMARY KEY)`);
    const found = (await discover(owner)).tables.filter((one) => one.schema === 'names');
    expect(found.map((one) => one.name).sort()).toEqual([...HOSTILE].sort());
    for (const one of found) {
      expect(one.columns.map((column) => column.name)).toEqual([one.name]);
      expect(one.primaryKey).toEqual([one.name]);
    }
  });
});

describe('what is listed', () => {
  beforeAll(async () => {
    await owner.query(`
      CREATE SCHEMA listed; CREATE SCHEMA sentinel;
      CREATE TABLE sentinel.run (id int);
      CREATE UNLOGGED TABLE listed.unlogged (id int);
      CREATE TYPE listed.row_type AS (id int, name text);
      CREATE TABLE listed.typed OF listed.row_type;
      CREATE TABLE listed.empty ();
      CREATE TABLE listed.keyed (a int, b text, c int, PRIMARY KEY (c, a));
      ALTER TABLE listed.keyed DROP COLUMN b;
      CREATE TEMPORARY TABLE temporary (id int);
      CREATE MATERIALIZED VIEW listed.filled AS SELECT 1 AS one;
      CREATE MATERIALIZED VIEW listed.unfilled AS SELECT 1 AS one WITH NO DATA;
      CREATE VIEW listed.cheap AS SELECT one FROM listed.filled;
      CREATE VIEW listed.dear AS SELECT a.n FROM generate_series(1, 1000000) a (n), generate_series(1, 1000000) b (n);
      CREATE VIEW listed.broken AS SELECT one / 0 AS boom FROM listed.filled;
      CREATE EXTENSION pg_stat_statements SCHEMA listed;
      CREATE TABLE listed.guarded (t text); INSERT INTO listed.guarded SELECT string_agg(md5(i::text), '') FROM generate_series(1, 1000) i;
      ANALYZE listed.guarded;`);
  });

  test('plain, unlogged, typed, empty tables and filled materialised views', async () => {
    const found = await discover(owner);
    const kinds = found.tables.filter((one) => one.schema === 'listed').map((one) => `${one.name}: ${one.kind}`);
    expect(kinds).toEqual([
      'broken: view',
      'cheap: view',
      'empty: table',
      'filled: materialized view',
      'guarded: table',
      'keyed: table',
      'typed: table',
      'unlogged: table',
    ]);
    expect(table(found, 'listed', 'empty')).toMatchObject({ columns: [], lockable: true, bytes: 0, estimatedRows: -1 });
    expect(table(found, 'listed', 'filled')).toMatchObject({
      lockable: false,
      parts: [{ only: false, chunkable: version >= 140000 }],
    });
    expect(table(found, 'listed', 'cheap')).toMatchObject({ lockable: false, parts: [{ only: false, guarded: true }] });
  });

  test('columns without the dropped ones, keys in their own order', async () => {
    const keyed = table(await discover(owner), 'listed', 'keyed');
    expect(keyed?.columns).toEqual([
      { name: 'a', position: 1, type: 'integer', kind: 'int4', notNull: true, readable: true },
      { name: 'c', position: 3, type: 'integer', kind: 'int4', notNull: true, readable: true },
    ]);
    expect(keyed?.primaryKey).toEqual(['c', 'a']);
  });

  test('a heap is guarded where its TOAST relation holds something', async () => {
    const found = await discover(owner);
    expect(table(found, 'listed', 'guarded')).toMatchObject({
      bytes: 8192,
      estimatedRows: 1,
      parts: [{ guarded: true }],
    });
    expect(table(found, 'listed', 'unlogged')).toMatchObject({
      parts: [{ guarded: false, chunkable: version >= 140000, only: true }],
    });
  });

  test('the rest is omitted with a reason', async () => {
    const found = await discover(owner);
    expect(omission(found, 'listed', 'unfilled')?.reason).toBe('materialised view is not populated');
    expect(omission(found, 'listed', 'dear')?.reason).toMatch(
      /^view: estimated cost \d\.\de\d+ is above 100000 \(views\.maxCost\)$/,
    );
    expect(omission(found, 'listed', 'pg_stat_statements')?.reason).toBe('belongs to an extension');
    const names = [...found.tables, ...found.omitted].map((one) => one.name);
    expect(names).not.toContain('temporary');
    expect([...found.tables, ...found.omitted].filter((one) => /^(sentinel|pg_|information)/.test(one.schema))).toEqual(
      [],
    );
  });

  test('no view is read at a maximum cost of 0', async () => {
    const found = await discover(owner, { views: { maxCost: 0 } });
    expect(found.tables.filter((one) => one.kind === 'view')).toEqual([]);
    expect(omission(found, 'listed', 'cheap')?.reason).toBe('view: opt in with views.maxCost');
  });

  test('a view that cannot be planned is omitted and the transaction goes on', async () => {
    await owner.query(`CREATE VIEW listed.forbidden AS SELECT * FROM listed.keyed;
      CREATE ROLE nobody_${role}; ALTER VIEW listed.forbidden OWNER TO nobody_${role}`);
    const found = await discover(owner);
    expect(omission(found, 'listed', 'forbidden')?.reason).toMatch(/^view: cannot be planned: permission denied/);
    expect(table(found, 'listed', 'keyed')).toBeDefined();
    await owner.query(`DROP VIEW listed.forbidden; DROP ROLE nobody_${role}`);
  });
});

describe('partitions and inheritance', () => {
  beforeAll(async () => {
    await owner.query(`
      CREATE SCHEMA sales; CREATE SCHEMA cold; GRANT USAGE ON SCHEMA sales TO ${role};
      CREATE TABLE sales.orders (id int, region text, at date) PARTITION BY LIST (region);
      CREATE TABLE sales.orders_eu PARTITION OF sales.orders FOR VALUES IN ('eu') PARTITION BY RANGE (at);
      CREATE TABLE sales.orders_eu_25 PARTITION OF sales.orders_eu FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
      CREATE TABLE cold.orders_eu_24 PARTITION OF sales.orders_eu FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
      CREATE TABLE sales.orders_us (at date, gone int, region text, id int);
      ALTER TABLE sales.orders_us DROP COLUMN gone;
      ALTER TABLE sales.orders ATTACH PARTITION sales.orders_us FOR VALUES IN ('us');
      INSERT INTO sales.orders VALUES (1, 'eu', '2025-05-05'), (2, 'eu', '2024-05-05'), (3, 'us', '2024-05-05');
      ANALYZE sales.orders;
      CREATE TABLE sales.nothing (id int) PARTITION BY LIST (id);
      CREATE TABLE sales.secured (id int) PARTITION BY LIST (id);
      CREATE TABLE sales.secured_1 PARTITION OF sales.secured FOR VALUES IN (1);
      ALTER TABLE sales.secured ENABLE ROW LEVEL SECURITY;
      GRANT SELECT ON sales.secured, sales.secured_1 TO ${role};
      GRANT SELECT ON sales.orders, sales.orders_us TO ${role};
      CREATE TABLE sales.animal (id int, name text);
      CREATE TABLE sales.cat (CHECK (id > 0)) INHERITS (sales.animal);
      CREATE TABLE sales.dog (bark float8) INHERITS (sales.animal);
      CREATE TABLE sales.puppy () INHERITS (sales.dog);
      CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
      CREATE FOREIGN TABLE sales.remote (id int) SERVER files OPTIONS (filename '/dev/null');
      CREATE TABLE sales.mixed (id int) PARTITION BY LIST (id);
      CREATE TABLE sales.mixed_1 PARTITION OF sales.mixed FOR VALUES IN (1);
      CREATE FOREIGN TABLE sales.mixed_2 PARTITION OF sales.mixed FOR VALUES IN (2) SERVER files OPTIONS (filename '/dev/null');
      CREATE VIEW sales.over_remote AS SELECT * FROM sales.remote;`);
  });

  test('leaves of every level are read directly and merged', async () => {
    const found = await discover(owner);
    const orders = table(found, 'sales', 'orders');
    expect(orders).toMatchObject({ kind: 'partitioned table', bytes: 3 * 8192, estimatedRows: 3, lockable: true });
    expect(parts(found, 'sales', 'orders')?.sort()).toEqual([
      'only cold.orders_eu_24',
      'only sales.orders_eu_25',
      'only sales.orders_us',
    ]);
    expect(orders?.columns.map((column) => column.name)).toEqual(['id', 'region', 'at']);
    for (const [schema, name] of [
      ['sales', 'orders_eu'],
      ['cold', 'orders_eu_24'],
      ['sales', 'orders_us'],
    ] as const) {
      expect(table(found, schema, name)).toBeUndefined();
      expect(omission(found, schema, name)).toMatchObject({
        reason: 'partition of sales.orders',
        mergedInto: 'sales.orders',
      });
    }
  });

  test('one leaf without the privilege, or row security, and the parent is streamed', async () => {
    const found = await discover(guest);
    expect(table(found, 'sales', 'orders')).toMatchObject({
      lockable: SERVER_VERSION >= 130000,
      bytes: 3 * 8192,
      parts: [{ name: 'orders', kind: 'partitioned table', only: false, chunkable: false, bytes: 3 * 8192 }],
    });
    expect(parts(found, 'sales', 'secured')).toEqual(['sales.secured']);
    expect(parts(await discover(owner), 'sales', 'secured')).toEqual(['only sales.secured_1']);
  });

  test('a partitioned table without a partition is still read', async () => {
    expect(parts(await discover(owner), 'sales', 'nothing')).toEqual(['sales.nothing']);
  });

  test('inheritance merges children, and lists those with columns of their own', async () => {
    const found = await discover(owner);
    expect(parts(found, 'sales', 'animal')).toEqual([
      'only sales.animal',
      'only sales.cat',
      'only sales.dog',
      'only sales.puppy',
    ]);
    expect(parts(found, 'sales', 'dog')).toEqual(['only sales.dog', 'only sales.puppy']);
    expect(omission(found, 'sales', 'cat')).toMatchObject({
      reason: 'inheritance child of sales.animal',
      mergedInto: 'sales.animal',
    });
    expect(omission(found, 'sales', 'puppy')?.mergedInto).toBe('sales.dog');
  });

  test('foreign tables are read only where let in', async () => {
    const reason = 'foreign table: opt in with foreignTables: true';
    const without = await discover(owner);
    expect(omission(without, 'sales', 'remote')?.reason).toBe(reason);
    expect(omission(without, 'sales', 'mixed_2')).toMatchObject({ reason, kind: 'foreign table' });
    expect(omission(without, 'sales', 'mixed_2')?.mergedInto).toBeUndefined();
    expect(parts(without, 'sales', 'mixed')).toEqual(['only sales.mixed_1']);
    expect(omission(without, 'sales', 'over_remote')?.reason).toMatch(/^view: reads foreign tables/);
    const withThem = await discover(owner, { foreignTables: true });
    expect(table(withThem, 'sales', 'remote')).toMatchObject({
      lockable: false,
      parts: [{ kind: 'foreign table', only: false, guarded: true, chunkable: false, bytes: 0 }],
    });
    expect(parts(withThem, 'sales', 'mixed')).toEqual(['only sales.mixed_1', 'sales.mixed_2']);
  });
});

describe('privileges', () => {
  test('columns are readable one by one; a table without any stays listed', async () => {
    await owner.query(`
      CREATE SCHEMA granted; GRANT USAGE ON SCHEMA granted TO ${role}; CREATE SCHEMA hidden;
      CREATE TABLE granted.some (a int, b int); GRANT SELECT (b) ON granted.some TO ${role};
      CREATE TABLE granted.none (a int); CREATE VIEW granted.none_view AS SELECT 1 AS a;
      CREATE TABLE hidden.away (a int); GRANT SELECT ON hidden.away TO ${role}`);
    const found = await discover(guest);
    const readable = (schema: string, name: string) =>
      table(found, schema, name)?.columns.map((column) => column.readable);
    expect(readable('granted', 'some')).toEqual([false, true]);
    expect(readable('granted', 'none')).toEqual([false]);
    expect(readable('hidden', 'away')).toEqual([false]);
    for (const [schema, name] of [
      ['granted', 'some'],
      ['granted', 'none'],
      ['hidden', 'away'],
    ] as const)
      expect(table(found, schema, name)?.lockable).toBe(false);
    expect(omission(found, 'granted', 'none_view')?.reason).toBe(
      `no SELECT privilege: GRANT SELECT ON "granted"."none_view" TO "${role}"`,
    );
  });
});

test('kinds follow domains to their base type', async () => {
  await owner.query(`
    CREATE SCHEMA kinds; CREATE EXTENSION citext SCHEMA kinds; CREATE EXTENSION hstore SCHEMA kinds;
    CREATE TYPE kinds.mood AS ENUM ('sad', 'ok'); CREATE TYPE kinds.pair AS (a int, b text);
    CREATE DOMAIN kinds.positive AS numeric(9,2) CHECK (VALUE > 0); CREATE DOMAIN kinds.price AS kinds.positive;
    CREATE DOMAIN kinds.moods AS kinds.mood[]; CREATE DOMAIN kinds.feeling AS kinds.mood;
    CREATE TABLE kinds.all (
      c_int2 int2, c_int4 int4, c_int8 int8, c_oid oid, c_float4 float4, c_float8 float8, c_numeric numeric(12,2),
      c_bool bool, c_text text, c_varchar varchar(5), c_bpchar char(5), c_name name, c_bytea bytea, c_date date,
      c_time time, c_timetz timetz, c_timestamp timestamp, c_timestamptz timestamptz(3), c_interval interval, c_uuid uuid,
      c_json json, c_jsonb jsonb, c_ints int[], c_texts text[][], c_mood kinds.mood, c_moods kinds.moods,
      c_feeling kinds.feeling, c_price kinds.price, c_prices kinds.price[], c_citext kinds.citext, c_hstore kinds.hstore,
      c_pair kinds.pair, c_range int4range, c_ranges ${version >= 140000 ? 'int4multirange' : 'int8range'}, c_point point, c_xml xml, c_money money, c_char "char",
      c_bit bit(3), c_varbit varbit, c_inet inet, c_tsvector tsvector, c_regclass regclass, c_vector oidvector)`);
  const found = table(await discover(owner), 'kinds', 'all');
  const kinds = Object.fromEntries(found?.columns.map((column) => [column.name.slice(2), column.kind]) ?? []);
  const other = [
    'citext',
    'hstore',
    'pair',
    'range',
    'ranges',
    'point',
    'xml',
    'money',
    'char',
    'bit',
    'varbit',
    'inet',
  ];
  const same = ['int2', 'int4', 'int8', 'oid', 'float4', 'float8', 'numeric', 'bool', 'text', 'bytea', 'date', 'time'];
  const more = ['timetz', 'timestamp', 'timestamptz', 'interval', 'uuid', 'json', 'jsonb'];
  expect(kinds).toEqual({
    ...Object.fromEntries([...same, ...more].map((kind) => [kind, kind])),
    ...Object.fromEntries([...other, 'tsvector', 'regclass'].map((name) => [name, 'other'])),
    ...{ varchar: 'text', bpchar: 'bpchar', name: 'text', price: 'numeric', mood: 'enum', feeling: 'enum' },
    ...{ ints: 'array', texts: 'array', moods: 'array', prices: 'array', vector: 'array' },
  });
  const type = (name: string) => found?.columns.find((column) => column.name === name)?.type;
  expect([type('c_numeric'), type('c_price'), type('c_bpchar'), type('c_texts')]).toEqual([
    'numeric(12,2)',
    'kinds.price',
    'character(5)',
    'text[]',
  ]);
});

test('a table that is locked exclusively does not hold up the others', async () => {
  await owner.query('CREATE TABLE public.locked AS SELECT generate_series(1, 1000) AS n; ANALYZE public.locked');
  const { rows } = await owner.query(`SELECT pg_relation_size('public.locked')::int AS bytes`);
  const holder = await database.client();
  await holder.query('BEGIN; LOCK TABLE public.locked IN ACCESS EXCLUSIVE MODE');
  const found = await discover(owner); // without a lock timeout it would wait for ever
  await holder.query('ROLLBACK');
  expect(table(found, 'public', 'locked')).toMatchObject({ bytes: rows[0].bytes, estimatedRows: 1000 });
});

test('the search_path of the role changes nothing', async () => {
  await owner.query(`
    CREATE SCHEMA shadow;
    CREATE FUNCTION shadow.pg_relation_size(oid) RETURNS bigint LANGUAGE sql AS 'SELECT 666::bigint';
    CREATE FUNCTION shadow.never(int2, int2) RETURNS bool LANGUAGE sql AS 'SELECT false';
    CREATE OPERATOR shadow.= (LEFTARG = int2, RIGHTARG = int2, FUNCTION = shadow.never)`);
  const before = await discover(owner);
  await owner.query('SET search_path = shadow, kinds, pg_catalog');
  const after = await discover(owner);
  await owner.query('RESET search_path');
  expect(after).toEqual(before);
});

test('the inventory names databases, schemas and slots', async () => {
  const { rows } = await owner.query(`SELECT current_setting('wal_level') AS level`);
  const slot = `slot_${randomBytes(4).toString('hex')}`;
  await owner.query(`SELECT pg_create_physical_replication_slot('${slot}', true)`);
  try {
    const { inventory } = await discover(owner);
    expect(inventory.databases).toContain(database.name);
    expect(inventory.databases).not.toContain('template0');
    expect(inventory.schemas).toContain('public');
    expect(inventory.schemas.filter((name) => /^(pg_|information_schema|sentinel)/.test(name))).toEqual([]);
    const found = inventory.slots.find((one) => one.name === slot);
    expect(found, rows[0].level).toMatchObject({ active: false, walStatus: version >= 130000 ? 'reserved' : null });
    expect(found?.retainedBytes).toBeGreaterThanOrEqual(0);
  } finally {
    await owner.query(`SELECT pg_drop_replication_slot('${slot}')`);
  }
});
