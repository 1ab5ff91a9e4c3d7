import { beforeAll, describe, expect, test } from 'vitest';
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

const ROWS = 3_000;

/** `rude` values raise when they become text, with a SQLSTATE of their own and a secret in the message. */
const RUDE = `
  CREATE TYPE rude AS (n int);
  CREATE FUNCTION raise_rudely(rude) RETURNS text LANGUAGE plpgsql AS $$
    BEGIN
      IF ($1).n >= 2900 THEN RAISE EXCEPTION 'card 4929123456780004' USING ERRCODE = 'ZZ007'; END IF;
      RETURN ($1).n;
    END $$;
  CREATE CAST (rude AS text) WITH FUNCTION raise_rudely(rude);
  CREATE TABLE partly_rude AS SELECT i AS id, ROW(i)::rude AS bad, 'v' || i % 7 AS good, ROW(i)::rude AS worse, repeat('x', 100) AS fill
  FROM generate_series(1, ${ROWS}) AS i`;

/** Since version 18: computed when it is read, so its errors come then. */
const VIRTUAL = `
  CREATE TABLE computed (id int, x int, secret text, good text,
    per_x int GENERATED ALWAYS AS (100 / x) VIRTUAL, number int GENERATED ALWAYS AS (secret::int) VIRTUAL,
    twice int GENERATED ALWAYS AS (x * 2) VIRTUAL, thrice int GENERATED ALWAYS AS (x * 3) STORED);
  INSERT INTO computed (id, x, secret, good) SELECT i, i % 5, 'hunter' || i, repeat('g', 100) FROM generate_series(1, ${ROWS}) AS i`;

describe.each([
  ['whole', {}],
  ['in chunks', CHUNKED],
])('a column that cannot be read, in a table read %s,', (_, env) => {
  test('fails alone, and says nothing of its values', async () => {
    const virtual = watched.versionNum >= 180000;
    await watched.create(`
      DROP TABLE IF EXISTS partly_rude, computed; DROP TYPE IF EXISTS rude CASCADE; ${RUDE}; ${virtual ? VIRTUAL : ''}`);
    const run = await watched.profile(env);
    expect(run.chunks.has('public.partly_rude')).toBe(READS_IN_CHUNKS && env === CHUNKED);
    expect(run.code).toBe(2);
    expect(fates(run)).toEqual([...(virtual ? [`public.computed: ok ${ROWS}`] : []), `public.partly_rude: ok ${ROWS}`]);
    for (const name of ['bad', 'worse']) {
      const { failure, ...rest } = columnOf(run, 'public.partly_rude', name);
      expect(failure).toMatchObject({ code: 'ZZ007', source: 'batch', table: 'public.partly_rude', retryable: false });
      expect(rest).toEqual({ name, type: 'public.rude' });
    }
    const id = { nullCount: 0, min: 1, max: ROWS, mean: (ROWS + 1) / 2, distinct: { value: ROWS, exact: true } };
    expect(columnOf(run, 'public.partly_rude', 'id')).toMatchObject(id);
    expect(columnOf(run, 'public.partly_rude', 'good')).toMatchObject({ min: 'v0', max: 'v6', distinct: { value: 7 } });
    expect(run.stderr + run.logs + JSON.stringify([...run.tables])).not.toMatch(/492912345|invalid input syntax/);
    if (!virtual) return;
    expect(columnOf(run, 'public.computed', 'per_x').failure?.code).toBe('22012');
    expect(columnOf(run, 'public.computed', 'number').failure?.code).toBe('22P02');
    expect(run.stderr + run.logs).not.toContain('hunter');
    expect(columnOf(run, 'public.computed', 'id')).toMatchObject(id);
    expect(columnOf(run, 'public.computed', 'twice')).toMatchObject({ min: 0, max: 8, mean: 4 });
    expect(columnOf(run, 'public.computed', 'thrice')).toMatchObject({ min: 0, max: 12, mean: 6, zeros: ROWS / 5 });
  });
});

test('a column of a view fails alone, a view that cannot be read at all fails whole', async () => {
  await watched.create(
    `
    CREATE SCHEMA seen; SET search_path = seen;
    CREATE TABLE base AS SELECT i AS id, i % 3 AS x FROM generate_series(1, 30) AS i;
    CREATE VIEW one_bad AS SELECT id, 1 / x AS inverse, x FROM base;
    CREATE VIEW all_bad AS SELECT id, x FROM base WHERE 1 / x >= 0;
    CREATE VIEW unplannable AS SELECT 'secret 4711'::text::int AS n;
    CREATE FUNCTION missing() RETURNS int LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN (SELECT n FROM seen.nowhere); END $$;
    CREATE VIEW calls_missing AS SELECT id, seen.missing() AS lost FROM base;
    RESET search_path`,
    ['seen'],
  );
  const run = await watched.profile({}, { args: ['--table', 'seen.*'] });
  expect(run.code).toBe(2);
  expect(fates(run)).toEqual([
    'seen.all_bad: failed 22012',
    'seen.base: ok 30',
    'seen.calls_missing: ok 30',
    'seen.one_bad: ok 30',
  ]);
  expect(columnOf(run, 'seen.one_bad', 'inverse').failure?.code).toBe('22012');
  expect(columnOf(run, 'seen.one_bad', 'x')).toMatchObject({ zeros: 10, mean: 1, max: 2 });
  expect(columnOf(run, 'seen.calls_missing', 'lost').failure?.code).toBe('42P01');
  expect(columnOf(run, 'seen.calls_missing', 'id')).toMatchObject({ max: 30 });
  expect(run.summary).toMatchObject({ tables: { ok: 3, failed: 1, skipped: 0 }, incomplete: true });
  expect(run.stderr + run.logs).not.toContain('secret 4711');
});

test('of 1,600 columns two that fail are found', async () => {
  const columns = Array.from({ length: 1598 }, (_, i) => `${i} + g AS c${i}`);
  await watched.create(
    `
    CREATE SCHEMA wide; DROP TABLE IF EXISTS partly_rude; DROP TYPE IF EXISTS rude CASCADE; ${RUDE};
    CREATE TABLE wide.mostly_good AS SELECT ROW(g * 1000)::rude AS first, ${columns.join(', ')}, ROW(g * 1000)::rude AS last
    FROM generate_series(1, 4) AS g`,
    ['wide'],
  );
  const run = await watched.profile({}, { args: ['--table', 'wide.*'] });
  expect(fates(run)).toEqual(['wide.mostly_good: ok 4']);
  const failed = run.tables.get('wide.mostly_good')!.columns.filter((column) => column.failure);
  expect(failed.map(({ name }) => name)).toEqual(['first', 'last']);
  expect(columnOf(run, 'wide.mostly_good', 'c1597')).toMatchObject({ min: 1598, max: 1601 });
});

test('columns that fail each in another chunk are all found', async () => {
  const columns = Array.from({ length: 12 }, (_, i) => `ROW(i + ${i * 200})::picky AS p${i}`);
  await watched.create(`
    CREATE TYPE picky AS (n int);
    CREATE FUNCTION pick(picky) RETURNS text LANGUAGE plpgsql AS $$
      BEGIN IF ($1).n = ${ROWS} THEN RAISE EXCEPTION 'no'; END IF; RETURN ($1).n; END $$;
    CREATE CAST (picky AS text) WITH FUNCTION pick(picky);
    CREATE TABLE picked AS SELECT i AS id, ${columns.join(', ')} FROM generate_series(1, ${ROWS}) AS i`);
  const run = await watched.profile(CHUNKED, { args: ['--table', 'public.picked'] });
  expect(fates(run)).toEqual([`public.picked: ok ${ROWS}`]);
  const failed = run.tables.get('public.picked')!.columns.filter((column) => column.failure?.code === 'P0001');
  expect(failed.map(({ name }) => name)).toEqual(columns.map((_, i) => `p${i}`));
  expect(columnOf(run, 'public.picked', 'id')).toMatchObject({ min: 1, max: ROWS, nullCount: 0 });
});

test('privileges on some columns only, on none, and on no schema', async () => {
  await watched.create(
    `
    CREATE SCHEMA shut; CREATE SCHEMA "o'pen";
    CREATE TABLE "o'pen"."some ""columns""" AS SELECT i AS a, i AS b, repeat('x', 500) AS c FROM generate_series(1, 100) AS i;
    CREATE TABLE "o'pen".none AS SELECT 1 AS a;
    CREATE TABLE "o'pen".parted (a int, b int) PARTITION BY LIST (a);
    CREATE TABLE "o'pen".parted_1 PARTITION OF "o'pen".parted FOR VALUES IN (1); INSERT INTO "o'pen".parted VALUES (1, 2);
    CREATE TABLE shut.away AS SELECT 1 AS a;
    GRANT SELECT ON shut.away TO ${READER.name}; GRANT USAGE ON SCHEMA "o'pen" TO ${READER.name};
    GRANT SELECT (a, c) ON "o'pen"."some ""columns""" TO ${READER.name}; GRANT SELECT (b) ON "o'pen".parted TO ${READER.name}`,
    [],
  );
  const run = await watched.profile(CHUNKED, { args: ['--table', "o'pen.*", '--table', 'shut.*'] });
  expect(run.code).toBe(2);
  expect(fates(run)).toEqual([
    "o'pen.none: failed 42501",
    "o'pen.parted: ok 1",
    `o'pen.some "columns": ok 100`,
    'shut.away: failed 42501',
  ]);
  const some = `o'pen.some "columns"`;
  expect(columnOf(run, some, 'a')).toMatchObject({ min: 1, max: 100, nullCount: 0 });
  expect(columnOf(run, some, 'c')).toMatchObject({ distinct: { value: 1 } });
  const grant = `GRANT SELECT ON "o'pen"."some ""columns""" TO "${READER.name}"`;
  expect(columnOf(run, some, 'b')).toMatchObject({
    failure: { code: '42501', message: expect.stringContaining(grant) },
  });
  expect(columnOf(run, "o'pen.parted", 'a').failure?.code).toBe('42501');
  expect(columnOf(run, "o'pen.parted", 'b')).toMatchObject({ mean: 2 });
  const message = (name: string) => run.tables.get(name)!.failure!.message;
  expect(message("o'pen.none")).toContain(`GRANT SELECT ON "o'pen"."none" TO "${READER.name}"`);
  expect(message('shut.away')).toContain(`GRANT USAGE ON SCHEMA "shut" TO "${READER.name}"`);
  // What it says mends it.
  for (const table of run.tables.values())
    for (const { message } of [table.failure, ...table.columns.map((column) => column.failure)].flatMap(
      (one) => one ?? [],
    ))
      await watched.owner.query(message.slice(message.indexOf('GRANT')));
  const again = await watched.profile(
    {},
    { args: ['--table', "o'pen.none", '--table', 'shut.*', '--table', "o'pen.some*"] },
  );
  expect(again.code).toBe(0);
  expect([...again.tables.values()].flatMap((table) => table.columns.filter((column) => column.failure))).toEqual([]);
});
