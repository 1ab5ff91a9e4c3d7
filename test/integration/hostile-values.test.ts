import { beforeAll, expect, test } from 'vitest';
import { READS_IN_CHUNKS } from '../support/postgres.js';
import {
  CHUNKED,
  columnOf,
  fates,
  type Outcome,
  type WatchedDatabase,
  watchedDatabase,
} from '../support/watched-database.js';

let watched: WatchedDatabase;
beforeAll(async () => {
  watched = await watchedDatabase();
});

/** One row: what SQL makes of these expressions over a table. */
async function sql(table: string, expressions: Readonly<Record<string, string>>): Promise<Record<string, unknown>> {
  const list = Object.entries(expressions).map(([name, expression]) => `${expression} AS "${name}"`);
  return (await watched.owner.query(`SELECT ${list.join(', ')} FROM ${table}`)).rows[0];
}

const EXTREMES = `
  CREATE TABLE extremes (f4 float4, f8 float8, n numeric, i8 int8, d date, ts timestamp, tz timestamptz, tm time, ttz timetz,
    iv interval, s text, b bytea, huge numeric);
  INSERT INTO extremes VALUES
    ('NaN', 'NaN', 'NaN', 9223372036854775807, 'infinity', 'infinity', 'infinity', '24:00', '24:00+15:59', '178000000 years', '', '', 0),
    ('inf', 'inf', 0, -9223372036854775808, '-infinity', '-infinity', '-infinity', '0:00', '0:00-15:59', '-178000000 years', E'\\x01', '\\x00', 1),
    ('-inf', '-inf', 0.5, 0, '4713-01-01 BC', '4713-01-01 BC', '4713-01-01 00:00+00 BC', '12:00', '12:00+00', '-0.000001 s', '😀', '\\xff', NULL),
    ('1e-45', '5e-324', -0.5, 1, '5874897-12-31', '294276-12-31 23:59:59.999999', '294276-12-31 23:59:59.999999+00', NULL, NULL, '2147483647 days', ' ', '\\xfe00', NULL),
    ('3.4028235e38', '1.7976931348623157e308', 2, NULL, '0001-01-01 BC', '0001-12-31 BC', '0001-12-31 12:00+00 BC', NULL, NULL, '-2147483648 days', NULL, NULL, NULL),
    ('-0', '-0', NULL, NULL, '2000-01-01', '2000-01-01', '2000-01-01 00:00+00', NULL, NULL, NULL, NULL, NULL, NULL);
  UPDATE extremes SET huge = (repeat('9', 131072) || '.' || repeat('9', 16383))::numeric WHERE tm = '12:00';
  UPDATE extremes SET huge = ('-0.' || repeat('0', 16382) || '7')::numeric WHERE i8 = 1`;

/** Infinities that came with versions 14 and 17. */
const ENDLESS = `
  CREATE TABLE endless (n numeric, iv interval);
  INSERT INTO endless VALUES ('infinity', 'infinity'), ('-infinity', '-infinity'), (7, '1 day'), ('NaN', NULL)`;

test('the extremes of every kind are figures like others, and poison none', async () => {
  await watched.create(EXTREMES);
  if (watched.versionNum >= 170000) await watched.create(ENDLESS);
  const run = await watched.profile({}, { args: ['--table', 'public.e*'] });
  expect(run.code).toBe(0);
  const of = (name: string) => columnOf(run, 'public.extremes', name);
  for (const column of run.tables.get('public.extremes')!.columns) expect(column.failure).toBeUndefined();

  expect(of('f4')).toMatchObject({ nullCount: 0, nan: 1, infinite: 2, distinct: { value: 6, exact: true }, zeros: 1 });
  expect(of('f4')).toMatchObject({ max: 3.4028235e38, negatives: 0, quantiles: { p01: 0, p99: 3.4028235e38 } });
  expect(of('f8')).toMatchObject({ nan: 1, infinite: 2, min: 0, max: Number.MAX_VALUE, zeros: 1 });
  expect(of('f8').mean).toBeCloseTo(Number.MAX_VALUE / 3, -295);
  expect(of('f8').stddev, 'beyond a double').toBeUndefined();
  expect(of('n')).toMatchObject({ nan: 1, min: '-0.5', max: '2', mean: 0.5, zeros: 1, negatives: 1 });
  expect(of('i8')).toMatchObject({ min: '-9223372036854775808', max: '9223372036854775807', zeros: 1, negatives: 1 });
  expect(Math.abs(of('i8').mean!)).toBeLessThan(1);

  expect(of('d')).toMatchObject({ infinite: 2, min: '4713-01-01 BC', max: '5874897-12-31' });
  expect(of('ts')).toMatchObject({ infinite: 2, min: '4713-01-01T00:00:00 BC', max: '294276-12-31T23:59:59.999999' });
  expect(of('tz')).toMatchObject({ infinite: 2, max: '294276-12-31T23:59:59.999999+00:00' });
  expect(of('tz').quantiles!.p25).toBe('4713-01-01T00:00:00+00:00 BC');
  expect(of('d').quantiles!.p50).toBe('0001-01-01 BC');
  expect(of('tm')).toMatchObject({ min: '00:00:00', max: '24:00:00' });
  expect(of('ttz')).toMatchObject({ min: '24:00:00+15:59', max: '00:00:00-15:59' });
  expect(of('iv')).toMatchObject({
    min: '-178000000 years',
    max: '178000000 years',
    distinct: { value: 5, exact: true },
  });
  expect(of('s')).toMatchObject({ empty: 1, min: '', max: '😀', length: { min: 0, max: 1, unit: 'characters' } });
  expect(of('b')).toMatchObject({
    empty: 1,
    min: '\\x',
    max: '\\xff',
    length: { min: 0, mean: 1, max: 2, unit: 'bytes' },
  });

  const { longest } = await sql('extremes', { longest: 'max(huge)::text' });
  expect(of('huge')).toMatchObject({ max: longest, negatives: 1, zeros: 1, distinct: { value: 4, exact: true } });
  expect(of('huge').min).toMatch(/^-0\.0{16382}7$/);
  expect(of('huge'), 'no double is near it').not.toHaveProperty('mean');

  if (watched.versionNum < 170000) return;
  const seven = { infinite: 2, nan: 1, min: '7', max: '7', mean: 7, distinct: { value: 4, exact: true } };
  expect(columnOf(run, 'public.endless', 'n')).toMatchObject(seven);
  const day = { infinite: 2, min: '1 day', max: '1 day', nullCount: 1 };
  expect(columnOf(run, 'public.endless', 'iv')).toMatchObject(day);
});

test('of large values only a prefix travels', async () => {
  await watched.create(`
    CREATE TABLE large (id int, s text, b bytea, j jsonb, js json, a int[], ta text[], x xml, inline text);
    ALTER TABLE large ALTER s SET STORAGE EXTERNAL, ALTER b SET STORAGE EXTERNAL, ALTER a SET STORAGE EXTERNAL;
    INSERT INTO large (id, s) VALUES (1, repeat('abcdefgh', 8 * 1024 * 1024)), (2, ''), (3, repeat('ä', 1024)), (4, 'short');
    INSERT INTO large (id, b) VALUES (5, decode(repeat('00ff', 32 * 1024 * 1024), 'hex'));
    INSERT INTO large (id, j) SELECT 6, jsonb_agg(i) FROM generate_series(1, 300000) AS i;
    INSERT INTO large (id, js) VALUES (7, to_json(repeat('q', 20 * 1024 * 1024)));
    INSERT INTO large (id, a) SELECT 8, array_agg(i) FROM generate_series(1, 1000000) AS i;
    INSERT INTO large (id, ta) VALUES (9, ARRAY[repeat('z', 20000000), NULL]);
    INSERT INTO large (id, x) VALUES (10, xmlparse(CONTENT '<a>' || repeat('x', 5000000) || '</a>'));
    INSERT INTO large (id, inline) VALUES (11, repeat('a', 150000))`);
  const run = await watched.profile({}, { args: ['--table', 'public.large'] });
  expect(fates(run)).toEqual(['public.large: ok 11']);
  const of = (name: string) => columnOf(run, 'public.large', name);
  const length = { min: 0, max: 64 * 1024 * 1024, unit: 'bytes', mean: (64 * 1024 * 1024 + 2048 + 5) / 4 };
  expect(of('s')).toMatchObject({
    nullCount: 7,
    truncated: 2,
    length,
    empty: 1,
    distinct: { value: 4, exact: false },
  });
  expect(of('s')).toMatchObject({ min: '', max: 'ä'.repeat(512) });
  expect(of('b')).toMatchObject({ truncated: 1, length: { max: 64 * 1024 * 1024 }, empty: 0 });
  const { j } = await sql('large', { j: 'max(octet_length(j::text))' });
  expect(of('j')).toMatchObject({ truncated: 1, length: { max: j, unit: 'bytes' } });
  expect(of('js')).toMatchObject({ truncated: 1, length: { max: 20 * 1024 * 1024 + 2 } });
  expect(of('a')).toMatchObject({ truncated: 1, length: { min: 1_000_000, max: 1_000_000, unit: 'elements' } });
  expect(of('ta')).toMatchObject({ truncated: 1, length: { max: 2, unit: 'elements' } });
  expect(of('x')).toMatchObject({ truncated: 1, length: { max: 5_000_007, unit: 'bytes' } });
  expect(of('inline')).toMatchObject({ truncated: 1, length: { max: 150_000 } });
  expect(run.summary.bytes, 'bytes received').toBeLessThan(64 * 1024);
  expect(run.peakBytes).toBeLessThan(400 * 1024 * 1024);
});

test('large values that come in after the tables were listed are cut too', async () => {
  await watched.create('CREATE TABLE late (id int, s text); INSERT INTO late VALUES (1, NULL)');
  const writer = await watched.source.client();
  await writer.query('BEGIN; LOCK TABLE late');
  const { outcome } = watched.start({ LOCK_TIMEOUT: '60' }, { args: ['--table', 'public.late'] });
  await untilReaderWaits();
  await writer.query(
    "ALTER TABLE late ALTER s SET STORAGE EXTERNAL; INSERT INTO late VALUES (2, repeat('x', 16000000)); COMMIT",
  );
  const run = await outcome;
  expect(columnOf(run, 'public.late', 's')).toMatchObject({ nullCount: 1, truncated: 1, length: { max: 16_000_000 } });
  expect(run.summary.bytes).toBeLessThan(64 * 1024);
});

/** Resolves when a session of the program waits for a lock of the database. */
async function untilReaderWaits(): Promise<void> {
  for (;;) {
    const { rows } = await watched.owner.query(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'sentinel/%' AND wait_event_type = 'Lock'`,
    );
    if (rows.length > 0) return;
  }
}

const ALL_TYPES = `
  CREATE TABLE all_types (id int);
  DO $$
  DECLARE t record; v text; col text;
  BEGIN
    FOR t IN SELECT typname AS name, format('%I.%I', n.nspname, typname) AS type FROM pg_type JOIN pg_namespace n ON n.oid = typnamespace
      WHERE typtype IN ('b', 'e', 'd', 'r', 'm', 'c') AND n.nspname IN ('pg_catalog', 'information_schema')
        AND (typtype <> 'c' OR typname IN ('pg_class', 'pg_attrdef', 'sql_features'))
        AND (typelem = 0 OR typtype <> 'b' OR typname IN ('_int4', '_text', '_numeric', '_bool', '_json', '_jsonb', '_interval', '_box',
          '_pg_class', '_int4range', '_timestamptz', '_name', '_inet', '_bytea', 'int2vector', 'oidvector', 'point', 'box', 'lseg', 'line'))
      ORDER BY 1
    LOOP
      col := 'c_' || t.name;
      BEGIN
        EXECUTE format('ALTER TABLE all_types ADD COLUMN %I %s', col, t.type);
      EXCEPTION WHEN invalid_table_definition THEN CONTINUE; -- a type that no column can have
      END;
    END LOOP;
    INSERT INTO all_types (id) VALUES (1), (2), (3);
    FOR t IN SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
      WHERE attrelid = 'all_types'::regclass AND attnum > 1
    LOOP
      UPDATE all_types SET id = id;
      FOREACH v IN ARRAY ARRAY['1', '{}', 'a', '{1,2}', '1 2', '(1,2)', '((1,2),(3,4))', '[1,2)', '{[1,2),[5,7)}', 'empty', 'true',
        '08:00:2b:01:02:03', '127.0.0.1', '2024-02-29', '12:00', '00000000-0000-0000-0000-000000000001', '<a/>', '<(1,2),3>', '0/1',
        '10:20:10,14', '(0,1)', 'pg_class', 'int4', 'simple', 'english', '1 day', 'UTF8', 'YES', '(,,,)', '(,,,,,,)']
      LOOP
        BEGIN
          EXECUTE format('UPDATE all_types SET %I = %L::%s WHERE id = 2', t.name, v, t.type);
          EXIT;
        EXCEPTION WHEN others THEN NULL; -- a value of another type
        END;
      END LOOP;
    END LOOP;
  END $$;
  UPDATE all_types a SET id = 3 WHERE id = 3`;

test('every built-in type that a column can have is read', async () => {
  await watched.create(`${ALL_TYPES};
    CREATE TABLE all_types_cut AS SELECT a.*, repeat(md5(id::text), 10000) AS more FROM all_types AS a;
    ALTER TABLE all_types_cut ALTER more SET STORAGE EXTERNAL; UPDATE all_types_cut SET more = more || id`);
  const run = await watched.profile({}, { args: ['--table', 'public.all_types*'] });
  expect(fates(run)).toEqual(['public.all_types: ok 3', 'public.all_types_cut: ok 3']);
  expect(run.code).toBe(0);
  expect(columnOf(run, 'public.all_types_cut', 'more').truncated).toBe(3);
  const plain = run.tables.get('public.all_types')!.columns.slice(1);
  const cut = run.tables.get('public.all_types_cut')!.columns.slice(1, -1);
  const counts = plain.flatMap(({ name }, i) => [
    [`n${i}`, `count("${name}")`],
    [`d${i}`, `count(DISTINCT "${name}"::text)`],
  ]);
  const truth = await sql('all_types', Object.fromEntries(counts));
  for (const columns of [plain, cut])
    for (const [i, column] of columns.entries()) {
      const distinct = { value: Number(truth[`d${i}`]), exact: true };
      expect(column, column.name).toMatchObject({ nullCount: 3 - Number(truth[`n${i}`]), distinct });
    }
  expect(plain.length).toBeGreaterThan(80);
  expect(plain.filter(({ nullCount }) => nullCount === 2).length, 'with a value').toBeGreaterThan(60);
});

test('tables without columns or rows, and of 1,600 columns', async () => {
  const names = Array.from({ length: 1600 }, (_, i) => `"c${i}_${'x'.repeat(60 - String(i).length)}"`);
  await watched.create(
    `
    CREATE SCHEMA shape; SET search_path = shape;
    CREATE TABLE no_columns (); INSERT INTO no_columns DEFAULT VALUES; INSERT INTO no_columns DEFAULT VALUES;
    CREATE TABLE columns_dropped (a int, b text); INSERT INTO columns_dropped SELECT 1, 'x' FROM generate_series(1, 9);
    ALTER TABLE columns_dropped DROP a, DROP b;
    CREATE TABLE no_rows (a int, b text, c jsonb, d date, e float8, f int[]);
    CREATE TABLE nothing ();
    CREATE TABLE wide (${names.map((name) => `${name} int`).join(', ')});
    INSERT INTO wide SELECT ${names.map((_, i) => (i % 3 === 0 ? 'NULL' : `${i} + g`)).join(', ')} FROM generate_series(1, 100) AS g;
    CREATE TABLE wide_toasted (${names.map((name) => `${name} text`).join(', ')});
    ALTER TABLE wide_toasted ALTER ${names[0]} SET STORAGE EXTERNAL;
    INSERT INTO wide_toasted (${names[0]}, ${names[800]}, ${names[1599]}) SELECT repeat('x', 5000) || g, md5(g::text), g FROM generate_series(1, 50) AS g;
    RESET search_path`,
    ['shape'],
  );
  for (const env of [{}, { ...CHUNKED, MAX_CHUNKS: '3' }]) {
    const run = await watched.profile(env, { args: ['--table', 'shape.*'] });
    expect(run.code).toBe(0);
    expect(fates(run)).toEqual([
      'shape.columns_dropped: ok 9',
      'shape.no_columns: ok 2',
      'shape.no_rows: ok 0',
      'shape.nothing: ok 0',
      'shape.wide: ok 100',
      'shape.wide_toasted: ok 50',
    ]);
    expect(run.tables.get('shape.no_columns')!.columns).toEqual([]);
    for (const column of run.tables.get('shape.no_rows')!.columns) {
      expect(column).toMatchObject({ nullCount: 0, distinct: { value: 0, exact: true }, topValues: [] });
      for (const absent of ['min', 'max', 'mean', 'stddev', 'quantiles', 'length'])
        expect(column).not.toHaveProperty(absent);
    }
    expectWide(run, names);
    expect(run.chunks.get('shape.wide')).toBe(READS_IN_CHUNKS && 'MAX_CHUNKS' in env ? 3 : undefined);
  }
});

function expectWide(run: Outcome, names: readonly string[]): void {
  const wide = run.tables.get('shape.wide')!.columns;
  expect(wide.map((column) => `"${column.name}"`)).toEqual(names);
  for (const [i, column] of wide.entries()) {
    const figures = i % 3 === 0 ? { nullCount: 100 } : { nullCount: 0, min: i + 1, max: i + 100, mean: i + 50.5 };
    expect(column).toMatchObject(figures);
  }
  const toasted = run.tables.get('shape.wide_toasted')!.columns;
  expect(toasted[0]).toMatchObject({ nullCount: 0, truncated: 50, length: { min: 5001, max: 5002 } });
  expect(toasted[800]).toMatchObject({ nullCount: 0, distinct: { value: 50, exact: true } });
  expect(toasted[1599]).toMatchObject({ min: '1', max: '9', length: { max: 2 } });
  for (const i of [1, 799, 1598]) expect(toasted[i]).toMatchObject({ nullCount: 50 });
}
