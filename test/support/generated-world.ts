import type pg from 'pg';

/**
 * The three tables of `world` made up by SQL: their names, types, nulls and keys, in letters that LATIN1 has. The same
 * rows every time.
 */
export async function loadGeneratedWorld(client: pg.Client): Promise<void> {
  for (const sql of [PICKS, ...WORLD, 'ANALYZE']) await client.query(sql);
}

/** The three tables of `french-towns` made up by SQL; as many towns, so more different names than a dictionary holds. */
export async function loadGeneratedTowns(client: pg.Client): Promise<void> {
  for (const sql of [PICKS, ...TOWNS, 'ANALYZE']) await client.query(sql);
}

/** Deterministic picks: `pick(i, salt, n)` is one of n numbers from 0 on, `word` one of a list with accents. */
const PICKS = `
  CREATE OR REPLACE FUNCTION pg_temp.pick(i bigint, salt int, n int) RETURNS int IMMUTABLE LANGUAGE sql AS
    $$ SELECT ((hashint8extended(i, salt) % n + n) % n)::int $$;
  CREATE OR REPLACE FUNCTION pg_temp.word(i bigint, salt int) RETURNS text IMMUTABLE LANGUAGE sql AS
    $$ SELECT (ARRAY['Aÿ','Bézier','Château','Dôle','Épinal','Façade','Graçay','Hérault','Île','Jarnac','Kiès','Lô','Méry',
      'Nîmes','Orléans','Père','Québriac','Rhône','Saône','Tréport'])[1 + pg_temp.pick(i, salt, 20)] $$;
  CREATE OR REPLACE FUNCTION pg_temp.code(i bigint) RETURNS text IMMUTABLE LANGUAGE sql AS
    $$ SELECT chr(65 + (i / 676 % 26)::int) || chr(65 + (i / 26 % 26)::int) || chr(65 + (i % 26)::int) $$`;

const WORLD = [
  `CREATE TABLE city (id integer NOT NULL PRIMARY KEY, name text NOT NULL, countrycode character(3) NOT NULL,
     district text NOT NULL, population integer NOT NULL)`,
  `CREATE TABLE country (code character(3) NOT NULL PRIMARY KEY, name text NOT NULL, continent text NOT NULL,
     region text NOT NULL, surfacearea real NOT NULL, indepyear smallint, population integer NOT NULL,
     lifeexpectancy real, gnp numeric(10,2), gnpold numeric(10,2), localname text NOT NULL,
     governmentform text NOT NULL, headofstate text, capital integer, code2 character(2) NOT NULL)`,
  `CREATE TABLE countrylanguage (countrycode character(3) NOT NULL, "language" text NOT NULL,
     isofficial boolean NOT NULL, percentage real NOT NULL, PRIMARY KEY (countrycode, "language"))`,
  `INSERT INTO city SELECT i, pg_temp.word(i, 1) || CASE WHEN pg_temp.pick(i, 2, 9) > 0 THEN ' ' || i ELSE '' END,
     pg_temp.code(pg_temp.pick(i, 3, 239)), pg_temp.word(i, 4),
     CASE WHEN i % 500 = 0 THEN 0 ELSE 40 + pg_temp.pick(i, 5, 10000000) END FROM generate_series(1, 4079) AS i`,
  `INSERT INTO country SELECT pg_temp.code(i), pg_temp.word(i, 6) || i,
     (ARRAY['Asia','Europe','Africa'])[1 + pg_temp.pick(i, 7, 3)], pg_temp.word(i, 8),
     pg_temp.pick(i, 9, 1000000) / 10.0, CASE WHEN i % 5 > 0 THEN -1500 + pg_temp.pick(i, 10, 3500) END,
     CASE WHEN i % 30 = 0 THEN 0 ELSE pg_temp.pick(i, 11, 1000000000) END,
     CASE WHEN i % 14 > 0 THEN 37 + pg_temp.pick(i, 12, 460) / 10.0 END, pg_temp.pick(i, 13, 100000) / 100.0,
     CASE WHEN i % 4 > 0 THEN pg_temp.pick(i, 14, 100000) / 100.0 END, pg_temp.word(i, 15) || '/' || i,
     CASE WHEN i % 2 = 0 THEN 'Republic' ELSE 'Monarchy' END,
     CASE WHEN i % 50 = 0 THEN '' WHEN i % 60 > 0 THEN pg_temp.word(i, 16) END,
     CASE WHEN i % 34 > 0 THEN 1 + pg_temp.pick(i, 17, 4079) END, left(pg_temp.code(i * 26), 2)
     FROM generate_series(0, 238) AS i`,
  `INSERT INTO countrylanguage SELECT pg_temp.code(i % 239), pg_temp.word(i, 18) || i / 239, i % 4 = 0,
     CASE WHEN i % 15 = 0 THEN 0 ELSE pg_temp.pick(i, 19, 1000) / 10.0 END FROM generate_series(0, 983) AS i`,
];

const TOWNS = [
  `CREATE TABLE regions (id serial UNIQUE NOT NULL, code varchar(4) UNIQUE NOT NULL, capital varchar(10) NOT NULL,
     name text UNIQUE NOT NULL)`,
  `CREATE TABLE departments (id serial UNIQUE NOT NULL, code varchar(4) UNIQUE NOT NULL,
     capital varchar(10) UNIQUE NOT NULL, region varchar(4) NOT NULL REFERENCES regions (code), name text UNIQUE NOT NULL)`,
  `CREATE TABLE towns (id serial UNIQUE NOT NULL, code varchar(10) NOT NULL, article text, name text NOT NULL,
     department varchar(4) NOT NULL REFERENCES departments (code), UNIQUE (code, department))`,
  `INSERT INTO regions (code, capital, name) SELECT lpad(i::text, 2, '0'), i || '001', pg_temp.word(i, 1) || '-' || i
     FROM generate_series(1, 26) AS i`,
  `INSERT INTO departments (code, capital, region, name)
     SELECT CASE WHEN i = 20 THEN '2A' ELSE lpad(i::text, 3, '0') END, i || '004', lpad((1 + i % 26)::text, 2, '0'),
     pg_temp.word(i, 2) || '-' || i FROM generate_series(1, 100) AS i`,
  `INSERT INTO towns (code, article, name, department)
     SELECT lpad((1 + i / 100)::text, 3, '0'), CASE WHEN i % 11 = 0 THEN (ARRAY['La','Le','L''','Les'])[1 + i % 4] END,
     pg_temp.word(i, 3) || CASE WHEN i % 7 > 0 THEN '-' || pg_temp.word(i, 4) || '-' || i ELSE '-sur-' || pg_temp.word(i, 5) END,
     CASE WHEN i % 100 = 19 THEN '2A' ELSE lpad((1 + i % 100)::text, 3, '0') END FROM generate_series(0, 36683) AS i`,
];
