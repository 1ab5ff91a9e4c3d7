import { beforeAll, expect, test } from 'vitest';
import { READS_IN_CHUNKS } from '../support/postgres.js';
import {
  CHUNKED,
  columnOf,
  fates,
  READER,
  type WatchedDatabase,
  watchedDatabase,
} from '../support/watched-database.js';

let watched: WatchedDatabase;
beforeAll(async () => {
  watched = await watchedDatabase();
});

test.each([
  ['whole', {}],
  ['in chunks', CHUNKED],
])('partitions and inheritance of every kind count once, read %s', async (_, env) => {
  await watched.create(
    `DROP SCHEMA IF EXISTS tree CASCADE; CREATE SCHEMA tree; SET search_path = tree;
    CREATE TABLE levels (id int, k text, v numeric, d date) PARTITION BY RANGE (id);
    CREATE TABLE low PARTITION OF levels FOR VALUES FROM (0) TO (1000) PARTITION BY LIST (k);
    CREATE TABLE low_a PARTITION OF low FOR VALUES IN ('a');
    -- other order of columns, and dropped ones: other attribute numbers than the parent's
    CREATE TABLE low_b (d date, gone int, k text, v numeric, gone_too text, id int);
    ALTER TABLE low_b DROP gone, DROP gone_too; ALTER TABLE low ATTACH PARTITION low_b FOR VALUES IN ('b');
    CREATE TABLE high (junk text, id int, v numeric, k text, d date); ALTER TABLE high DROP junk;
    ALTER TABLE levels ATTACH PARTITION high FOR VALUES FROM (1000) TO (2000);
    CREATE TABLE others PARTITION OF levels DEFAULT;
    INSERT INTO levels SELECT i, CASE WHEN i % 2 = 0 THEN 'a' ELSE 'b' END, i, '2024-01-01'::date + i FROM generate_series(0, 2999) AS i;
    CREATE TABLE hashed (id int, s text) PARTITION BY HASH (id);
    CREATE TABLE hashed_0 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 0);
    CREATE TABLE hashed_1 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 1);
    INSERT INTO hashed SELECT i, 's' || i FROM generate_series(1, 3000) AS i;
    CREATE TABLE leafless (id int) PARTITION BY LIST (id);
    CREATE TABLE parent (id int, s text); CREATE TABLE child (extra int) INHERITS (parent); CREATE TABLE twin () INHERITS (parent);
    CREATE TABLE grandchild () INHERITS (child, twin);
    INSERT INTO parent SELECT i, 'p' FROM generate_series(1, 500) AS i; INSERT INTO child SELECT i, 'c', i FROM generate_series(1, 50) AS i;
    INSERT INTO twin SELECT i, 't' FROM generate_series(1, 5) AS i; INSERT INTO grandchild VALUES (1, 'g', 1);
    RESET search_path`,
    ['tree'],
  );
  // SELECT on the parent does not give SELECT on its leaves.
  await watched.owner.query(`REVOKE SELECT ON tree.hashed_1, tree.twin FROM ${READER.name}`);
  const temporary = await watched.source.client();
  await temporary.query("CREATE TEMP TABLE mine () INHERITS (tree.parent); INSERT INTO mine VALUES (1, 'm')");
  const run = await watched.profile(env, { args: ['--table', 'tree.*'] });
  expect(run.code).toBe(0);
  expect(fates(run)).toEqual([
    'tree.child: ok 51',
    'tree.hashed: ok 3000',
    'tree.leafless: ok 0',
    'tree.levels: ok 3000',
    'tree.parent: ok 556',
  ]);
  expect(columnOf(run, 'tree.levels', 'id')).toMatchObject({
    min: 0,
    max: 2999,
    mean: 1499.5,
    distinct: { value: 3000 },
  });
  expect(columnOf(run, 'tree.levels', 'k')).toMatchObject({ min: 'a', max: 'b', distinct: { value: 2 } });
  expect(columnOf(run, 'tree.levels', 'v')).toMatchObject({ min: '0', max: '2999', mean: 1499.5 });
  expect(columnOf(run, 'tree.levels', 'd')).toMatchObject({ min: '2024-01-01', max: '2032-03-18', nullCount: 0 });
  expect(columnOf(run, 'tree.hashed', 'id')).toMatchObject({ min: 1, max: 3000, mean: 1500.5 });
  expect(columnOf(run, 'tree.parent', 's')).toMatchObject({ distinct: { value: 4, exact: true } });
  expect(columnOf(run, 'tree.child', 'extra')).toMatchObject({ nullCount: 0, max: 50 });
  if (READS_IN_CHUNKS && env === CHUNKED) expect(run.chunks.get('tree.levels')).toBeGreaterThan(3);
});

test('where row security would hide rows, the table fails and shows none', async () => {
  await watched.create(
    `CREATE SCHEMA hidden; SET search_path = hidden;
    CREATE TABLE plain AS SELECT generate_series(1, 5) AS id;
    CREATE TABLE secured AS SELECT generate_series(1, 5) AS id; ALTER TABLE secured ENABLE ROW LEVEL SECURITY;
    CREATE POLICY first ON secured USING (id = 1);
    CREATE TABLE forced AS SELECT i AS id, repeat('x', 200) AS fill FROM generate_series(1, 500) AS i;
    ALTER TABLE forced ENABLE ROW LEVEL SECURITY; ALTER TABLE forced FORCE ROW LEVEL SECURITY; ALTER TABLE forced OWNER TO ${READER.name};
    CREATE TABLE parted (id int) PARTITION BY LIST (id); CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
    INSERT INTO parted VALUES (1), (1); ALTER TABLE parted_1 ENABLE ROW LEVEL SECURITY;
    CREATE TABLE parted_secured (id int) PARTITION BY LIST (id);
    CREATE TABLE parted_secured_1 PARTITION OF parted_secured FOR VALUES IN (1); ALTER TABLE parted_secured ENABLE ROW LEVEL SECURITY;
    CREATE VIEW through AS SELECT * FROM secured;
    RESET search_path`,
    ['hidden'],
  );
  for (const env of [{}, CHUNKED]) {
    const run = await watched.profile(env, { args: ['--table', 'hidden.*'] });
    expect(run.code).toBe(2);
    expect(fates(run)).toEqual([
      'hidden.forced: failed row_security',
      'hidden.parted: ok 2', // read through its parent, which has no policy
      'hidden.parted_secured: failed row_security',
      'hidden.plain: ok 5',
      'hidden.secured: failed row_security',
      'hidden.through: ok 5', // with its owner's rights
    ]);
    for (const { failure, columns } of run.tables.values())
      if (failure) {
        expect(failure.message).toContain(`ALTER ROLE "${READER.name}" BYPASSRLS`);
        expect(columns).toEqual([]);
      }
  }
});

const FOREIGN = (host: string, port: number, database: string) => `
  CREATE EXTENSION IF NOT EXISTS postgres_fdw;
  CREATE SERVER itself FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '${host}', port '${port}', dbname '${database}');
  CREATE USER MAPPING FOR ${READER.name} SERVER itself OPTIONS (user '${READER.name}', password '${READER.password.replaceAll("'", "''")}');
  CREATE FOREIGN TABLE elsewhere (id int, s text) SERVER itself OPTIONS (schema_name 'kinds', table_name 'base');
  CREATE FOREIGN TABLE nowhere (id int) SERVER itself OPTIONS (schema_name 'kinds', table_name 'gone');
  CREATE TABLE mixed (id int, s text) PARTITION BY LIST (s); CREATE TABLE mixed_local PARTITION OF mixed FOR VALUES IN ('l');
  CREATE FOREIGN TABLE mixed_far PARTITION OF mixed FOR VALUES IN ('x') SERVER itself OPTIONS (schema_name 'kinds', table_name 'base');
  INSERT INTO mixed_local VALUES (1, 'l');`;

test('views, materialised views, foreign, unlogged and temporary tables by their rules', async () => {
  const { host, port, database } = watched.source.connection;
  const { rows } = await watched.owner.query("SELECT 1 FROM pg_available_extensions WHERE name = 'postgres_fdw'");
  const foreign = rows.length > 0;
  await watched.create(
    `CREATE SCHEMA kinds; SET search_path = kinds;
    CREATE TABLE base AS SELECT i AS id, 'x' AS s FROM generate_series(1, 100) AS i;
    CREATE VIEW cheap AS SELECT id * 2 AS twice FROM base;
    CREATE VIEW costly AS SELECT a.id FROM base a, base b, base c, base d;
    CREATE MATERIALIZED VIEW filled AS SELECT id, repeat('m', 300) AS m FROM base;
    CREATE MATERIALIZED VIEW unfilled AS SELECT 1 AS n WITH NO DATA;
    CREATE UNLOGGED TABLE unlogged AS SELECT 1 AS n;
    CREATE SEQUENCE counter; CREATE INDEX ON base (id); CREATE TYPE pair AS (a int, b int);
    ${foreign ? FOREIGN(host, port, database) : ''} RESET search_path`,
    ['kinds'],
  );
  const temporary = await watched.source.client();
  await temporary.query('CREATE TEMP TABLE base AS SELECT 1 AS mine; GRANT SELECT ON base TO PUBLIC');
  const local = ['base: ok 100', 'cheap: ok 100', 'filled: ok 100', 'unlogged: ok 1'];
  const run = await watched.profile(CHUNKED, { args: ['--table', 'kinds.*'] });
  expect(run.code).toBe(0);
  expect(fates(run)).toEqual([...local, ...(foreign ? ['mixed: ok 1'] : [])].map((fate) => `kinds.${fate}`).sort());
  expect(columnOf(run, 'kinds.cheap', 'twice')).toMatchObject({ max: 200, mean: 101 });
  if (READS_IN_CHUNKS) expect(run.chunks.get('kinds.filled')).toBeGreaterThan(1);

  const listed = await watched.list(['--table', 'kinds.*']);
  const reason = (table: string) =>
    listed.find((relation) => relation.schema === 'kinds' && relation.table === table)?.reason;
  expect(reason('costly')).toMatch(/^view: estimated cost .* is above 100000/);
  expect(reason('unfilled')).toBe('materialised view is not populated');
  expect(listed.filter(({ schema }) => String(schema).startsWith('pg_'))).toEqual([]);
  if (!foreign) return;
  for (const name of ['elsewhere', 'nowhere', 'mixed_far']) expect(reason(name)).toMatch(/^foreign table: opt in/);

  const all = await watched.profile(
    {},
    { args: ['--table', 'kinds.*'], policy: 'foreignTables: true\nviews:\n  maxCost: 0\n' },
  );
  expect(all.code).toBe(2);
  expect(fates(all)).toEqual(
    [
      'base: ok 100',
      'elsewhere: ok 100',
      'filled: ok 100',
      'mixed: ok 101',
      'nowhere: failed 42P01',
      'unlogged: ok 1',
    ].map((fate) => `kinds.${fate}`),
  );
  expect(columnOf(all, 'kinds.elsewhere', 'id')).toMatchObject({ min: 1, max: 100, mean: 50.5 });
});

test('a database that is not in UTF-8, and one without an encoding', async () => {
  const cases = [
    ['LATIN1', "E'\\xe9'", 'é'],
    ['EUC_JP', "E'\\xc6\\xfc'", '日'],
    ['SQL_ASCII', "E'\\xe9\\xff'", '\ufffd\ufffd'],
  ] as const;
  for (const [encoding, literal, character] of cases) {
    const other = await watchedDatabase({ encoding });
    await other.owner.query(`SET client_encoding = ${encoding}`);
    await other.create(`CREATE TABLE words AS SELECT i AS id, ${literal} || i AS s, ${literal}::name AS n, ARRAY[${literal}] AS a,
      repeat(${literal}, 3000) AS long FROM generate_series(1, 10) AS i`);
    const run = await other.profile();
    expect(fates(run), encoding).toEqual(['public.words: ok 10']);
    const of = (name: string) => columnOf(run, 'public.words', name);
    expect(of('s')).toMatchObject({ nullCount: 0, min: `${character}1`, distinct: { value: 10, exact: true } });
    expect(of('n')).toMatchObject({ min: character, distinct: { value: 1, exact: true } });
    expect(of('a')).toMatchObject({ topValues: [{ value: `{${character}}`, count: 10 }] });
    expect(of('long')).toMatchObject({ truncated: 10, distinct: { value: 1 } });
    await other.source.drop();
  }
});

test('bytes that have no character in UTF-8 fail their column alone', async () => {
  const other = await watchedDatabase({ encoding: 'WIN1252' });
  await other.owner.query('SET client_encoding = WIN1252');
  await other.create(
    `CREATE TABLE words AS SELECT i AS id, CASE WHEN i = 7 THEN E'\\x81' ELSE 'ok' END AS s, 'good' AS g FROM generate_series(1, 10) AS i`,
  );
  const run = await other.profile();
  expect(fates(run)).toEqual(['public.words: ok 10']);
  expect(columnOf(run, 'public.words', 's').failure?.code).toBe('22P05');
  expect(columnOf(run, 'public.words', 'g')).toMatchObject({ min: 'good', nullCount: 0 });
});

test('collations change neither order nor what is distinct', async () => {
  const { rows } = await watched.owner.query("SELECT 1 FROM pg_collation WHERE collprovider = 'i' LIMIT 1");
  if (rows.length === 0) return;
  await watched.create(
    `CREATE SCHEMA collated;
    CREATE COLLATION collated.careless (provider = icu, locale = 'und-u-ks-level1', deterministic = false);
    CREATE TABLE collated.words (c text COLLATE "C", i text COLLATE "de-x-icu", n text COLLATE collated.careless, nd varchar(9) COLLATE collated.careless);
    INSERT INTO collated.words SELECT w, w, w, w FROM unnest(ARRAY['a', 'A', 'ä', 'z', 'Z', '']) AS w`,
    ['collated'],
  );
  const run = await watched.profile({}, { args: ['--table', 'collated.*'] });
  expect(run.code).toBe(0);
  for (const name of ['c', 'i', 'n', 'nd'])
    expect(columnOf(run, 'collated.words', name)).toMatchObject({
      distinct: { value: 6, exact: true },
      min: '',
      max: 'ä',
      empty: 1,
    });
});
