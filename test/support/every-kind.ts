import type pg from 'pg';

/** A column of the generated table: type, value of row `i` (from 1), and one row in how many is null. */
type Generated = readonly [name: string, type: string, value: string, nulls: number];

/** Rows of the generated table; most columns have more different values than a dictionary holds. */
export const KIND_ROWS = 200_000;

/** One of n numbers from 0 on, differently for each salt. */
const pick = (salt: number, n: number) => `(hashint8extended(i, ${salt}) & 4294967295) % ${n}`;
/** Every eighth value is 7, the most frequent one by far. */
const often = (value: string, frequent: string) => `CASE WHEN i % 8 = 0 THEN ${frequent} ELSE ${value} END`;
const words = (salt: number, n: number) =>
  `(ARRAY['', 'a', 'Zürich', '日本', '😀', 'ß', 'naïve', E'tab\\t', 'x y'])[1 + ${pick(salt, n)}]`;

const COLUMNS: readonly Generated[] = [
  ['id', 'int4', 'i', 0],
  ['i2', 'int2', `${pick(1, 65536)} - 32768`, 9],
  ['i4', 'int4', often(`${pick(2, 90000)} - 30000`, '0'), 7],
  ['i8', 'int8', `(${pick(3, 150000)} - 50000) * 100000000000 + i % 2`, 0],
  ['i8_wide', 'int8', `9223372036854775807 - ${pick(4, 90000)} * 1000003`, 50],
  ['num', 'numeric', `(${pick(5, 1000000)} - 200000)::numeric / 7`, 11],
  ['num_fine', 'numeric(30,20)', `(${pick(6, 1000000)} - 500000) / 3.00000000000000000000`, 0],
  ['num_wide', 'numeric', `${pick(7, 100000)} * 123456789012345678901234567890.5`, 13],
  ['amount', 'numeric(12,2)', often(`(${pick(8, 2000000)} - 100000) / 100.0`, '19.90'), 5],
  ['r4', 'float4', often(`(${pick(9, 1000000)} - 300000) / 8.0::float4`, `'NaN'`), 6],
  [
    'r8',
    'float8',
    `CASE i % 1000 WHEN 0 THEN 'Infinity' WHEN 1 THEN '-Infinity' WHEN 2 THEN 'NaN' WHEN 3 THEN '0' ELSE exp(${pick(10, 20000)} / 1000.0)::float8 END`,
    0,
  ],
  ['b', 'bool', `${pick(11, 3)} = 0`, 4],
  ['txt', 'text', often(`${words(12, 9)} || i % 90000`, `'often'`), 10],
  ['few_txt', 'text', words(13, 9), 3],
  ['blanks', 'text', `repeat(' ', (${pick(14, 4)})::int) || ${pick(15, 9000)}`, 0],
  ['vc', 'varchar(40)', `md5((${pick(16, 50000)})::text)`, 0],
  ['c9', 'char(9)', `left(${words(17, 9)}, 4) || ${pick(18, 30000)}`, 8],
  ['c3', 'char(3)', `(ARRAY['', 'a', 'ab', 'abc'])[1 + ${pick(19, 4)}]`, 20],
  ['nm', 'name', `'n' || ${pick(20, 20000)}`, 0],
  ['folded', 'folded', `${words(21, 9)} || chr((${pick(22, 2)} * 32 + 65)::int) || ${pick(23, 8000)}`, 0],
  ['tstz', 'timestamptz', `timestamptz '2024-01-01 UTC' + ${pick(24, 31536000)} * interval '1.001 second'`, 0],
  ['ts', 'timestamp', often(`timestamp '0044-03-15 BC' + ${pick(25, 900000)} * interval '1 day'`, `'infinity'`), 9],
  ['d', 'date', `CASE WHEN i % 500 = 0 THEN '-infinity' ELSE date '1900-01-01' + (${pick(26, 60000)})::int END`, 9],
  ['t', 'time', `time '00:00' + ${pick(27, 86400)} * interval '1 second'`, 0],
  [
    'ttz',
    'timetz',
    `timetz '00:00+00' AT TIME ZONE make_interval(mins => ((${pick(28, 50)}) * 30 - 720)::int) + ${pick(29, 86400)} * interval '1 second'`,
    0,
  ],
  [
    'iv',
    'interval',
    `make_interval(months => (${pick(30, 40)} - 20)::int, days => (${pick(31, 60)} - 30)::int, secs => ${pick(32, 86400)} - 43200)`,
    15,
  ],
  ['u', 'uuid', `md5((${pick(33, 120000)})::text)::uuid`, 5],
  ['by', 'bytea', `CASE WHEN i % 9 = 0 THEN '' ELSE decode(md5((${pick(34, 60000)})::text), 'hex') END`, 5],
  ['j', 'json', `json_build_object('k', ${pick(35, 20000)}, 'ü', null)`, 5],
  ['jb', 'jsonb', `jsonb_build_object('k', ${pick(36, 9)}, 'list', jsonb_build_array(${pick(37, 3000)}, 'é'))`, 5],
  [
    'ints',
    'int4[]',
    `CASE WHEN i % 10 = 0 THEN '{}' ELSE array_fill((${pick(38, 9000)})::int, ARRAY[1 + (${pick(39, 5)})::int]) END`,
    5,
  ],
  ['texts', 'text[]', `ARRAY[${words(40, 9)}, NULL, 'a,b', '"', (${pick(41, 9000)})::text]`, 12],
  [
    'odd',
    'instants',
    `ROW(ARRAY[timestamptz '2024-01-01 UTC' + ${pick(59, 900)} * interval '1 hour'], date '2024-01-01' + (i % 9)::int,
       make_interval(days => (i % 5)::int, mins => 61), '\\x5c00ff'::bytea, (i % 3) / 3.0::float8)::instants`,
    12,
  ],
  ['e', 'mood', `(ARRAY['sad','ok','happy, "very"']::mood[])[1 + ${pick(42, 3)}]`, 12],
  ['dom', 'price', `((${pick(43, 40000)}) / 100.0)::numeric`, 12],
  ['ip', 'inet', `inet '10.0.0.0' + ${pick(44, 40000)}`, 12],
  ['m', 'money', `((${pick(45, 40000)} - 20000) / 100.0)::numeric::money`, 12],
  ['x', 'xml', `xmlparse(content '<a>' || ${pick(46, 7000)} || '</a>')`, 12],
  ['bits', 'bit(16)', `(${pick(47, 65536)})::int::bit(16)`, 12],
  ['vbits', 'varbit', `('B' || repeat('1', (${pick(48, 12)})::int))::varbit`, 12],
  ['rng', 'int4range', `int4range((${pick(49, 300)})::int, (300 + ${pick(50, 300)})::int)`, 12],
  [
    'tzr',
    'tstzrange',
    `tstzrange('2024-01-01 UTC', timestamptz '2024-01-01 UTC' + ${pick(51, 20000)} * interval '1 hour')`,
    12,
  ],
  ['pair', 'pair', `ROW(${pick(52, 200)}, ${words(53, 9)}, '2024-01-01 UTC'::timestamptz)::pair`, 12],
  ['pt', 'point', `point(${pick(54, 300)} / 7.0, ${pick(55, 300)})`, 12],
  ['o', 'oid', `(${pick(56, 4294967296)})::int8::oid`, 12],
  ['long', 'text', `${pick(58, 90000)} || repeat('é', (${pick(57, 900)})::int)`, 30],
  ['nothing', 'int4', 'NULL', 0],
];

/**
 * A table of every kind of column, with nulls, zeros, negatives, duplicates, one clearly frequent value and more different
 * values than a dictionary holds; the same rows every time.
 */
export async function createEveryKind(client: pg.Client, name: string): Promise<void> {
  const columns = COLUMNS.map(([column, type]) => `${column} ${type}`);
  const values = COLUMNS.map(([, , value, nulls], at) =>
    nulls === 0 ? value : `CASE WHEN (i + ${at}) % ${nulls} > 0 THEN ${value} END`,
  );
  await client.query(`
    CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy, "very"');
    CREATE TYPE pair AS (n int4, word text, at timestamptz);
    CREATE TYPE instants AS (at timestamptz[], day date, lasts interval, raw bytea, part float8);
    CREATE DOMAIN price AS numeric CHECK (VALUE >= 0);
    CREATE COLLATION fold (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    CREATE DOMAIN folded AS text COLLATE fold;
    SET TimeZone = 'UTC';
    CREATE TABLE ${name} (${columns});
    INSERT INTO ${name} SELECT ${values} FROM generate_series(1, ${KIND_ROWS}) AS i;
    ANALYZE ${name}`);
}

/** As many different values as a dictionary holds, short and long, and one more than that. */
export async function createJustExact(client: pg.Client, name: string): Promise<void> {
  const filler = (length: number) => `rpad(md5((i % 6144)::text), ${length}, 'é')`;
  await client.query(`CREATE TABLE ${name} AS SELECT
      i % 6144 - 3000 AS n, ((i % 6144) / 3.0)::numeric(30,20) AS fine, ((i % 6144) * 1e15 + 0.1)::numeric AS wide,
      9007199254740000 + (i % 6144) * 1000003::int8 AS beyond, ((i % 6144) / 7.0)::float8 AS r, ${filler(100)} AS long,
      ${filler(200)} AS longer, md5((i % 6144)::text)::uuid AS u, date '2000-01-01' + (i % 6144)::int AS d,
      timestamptz '2024-03-30 UTC' + (i % 6144) * interval '1.5 seconds' AS at,
      make_interval(days => (i % 6144)::int, hours => (i % 3)::int * 24) AS iv,
      i % 6145 AS one_more, 'v' || i % 6145 AS text_more
    FROM generate_series(1, 20000) AS i`);
}
