import pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { CHUNKED, fates, type WatchedDatabase, watchedDatabase } from '../support/watched-database.js';

let watched: WatchedDatabase;
beforeAll(async () => {
  watched = await watchedDatabase();
  await watched.create(CREATE, [SCHEMA]);
});

const name = pg.escapeIdentifier;
const text = pg.escapeLiteral;

/** Every one a name that Postgres takes; most have broken a program. */
const NAMES = [
  `"; DROP TABLE x; --`,
  `it's`,
  `new\nline\r\ttab`,
  '😀'.repeat(15),
  'é'.repeat(31),
  'x'.repeat(63),
  ' ',
  '.',
  'a.b',
  '*',
  '%s%I%n',
  '$1',
  '$' + '{x}',
  '\\',
  '\\u0000',
  '/*',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'null',
  'select',
  'SELECT',
  'Ünïcödé',
  'e\u0301', // e and an accent; the next is one character
  '\u00e9',
  '\u202egnidih', // turns the direction of what follows
  '\u0001\u001b[31m',
  '<script>alert(1)</script>',
  '{"type":"summary"}',
];
const LABELS = [...NAMES, ''];

const SCHEMA = `sch"em'a; DROP SCHEMA public CASCADE; --\n😀`;
const q = (object: string) => `${name(SCHEMA)}.${name(object)}`;

const CREATE = `
  CREATE SCHEMA ${name(SCHEMA)};
  CREATE TYPE ${q('la"bel')} AS ENUM (${LABELS.map(text).join(', ')});
  CREATE DOMAIN ${q("dom'ain")} AS ${q('la"bel')} CHECK (VALUE IS NOT NULL);
  ${NAMES.map((table, i) => `CREATE TABLE ${q(table)} AS SELECT g AS ${name(table)} FROM generate_series(1, ${i + 1}) AS g;`).join('\n')}
  CREATE TABLE ${q('columns')} (${NAMES.map((column) => `${name(column)} int`).join(', ')},
    "enum" ${q('la"bel')}, "domain" ${q("dom'ain")}, fill text);
  INSERT INTO ${q('columns')} SELECT ${NAMES.map((_, i) => `g * ${i}`).join(', ')},
    (enum_range(NULL::${q('la"bel')}))[1 + g % ${LABELS.length}], ${text(NAMES[0]!)}, repeat('f', 300)
  FROM generate_series(1, ${LABELS.length * 20}) AS g;
  CREATE TABLE ${q('par"ent')} (a int, "k'ey" text) PARTITION BY LIST ("k'ey");
  ${NAMES.map((leaf, i) => `CREATE TABLE ${q(`${i}${leaf}`)} PARTITION OF ${q('par"ent')} FOR VALUES IN (${text(leaf)});`).join('\n')}
  INSERT INTO ${q('par"ent')} SELECT 7, unnest(ARRAY[${NAMES.map(text).join(', ')}])`;

test.each([
  ['whole', {}],
  ['in chunks', CHUNKED],
])('hostile names of schemas, tables, columns, labels and domains, read %s', async (_, env) => {
  const run = await watched.profile(env);
  expect(run.code).toBe(0);
  const expected = NAMES.map((table, i) => `${SCHEMA}.${table}: ok ${i + 1}`);
  const others = [`${SCHEMA}.columns: ok ${LABELS.length * 20}`, `${SCHEMA}.par"ent: ok ${NAMES.length}`];
  expect(fates(run)).toEqual([...expected, ...others].sort());
  for (const [i, table] of NAMES.entries())
    expect(run.tables.get(`${SCHEMA}.${table}`)!.columns).toMatchObject([{ name: table, max: i + 1, nullCount: 0 }]);

  const { columns } = run.tables.get(`${SCHEMA}.columns`)!;
  expect(columns.map((column) => column.name)).toEqual([...NAMES, 'enum', 'domain', 'fill']);
  for (const [i] of NAMES.entries())
    expect(columns[i], columns[i]!.name).toMatchObject({ min: i, max: i * LABELS.length * 20, nullCount: 0 });
  const [labels, domain] = columns.slice(NAMES.length);
  expect(labels).toMatchObject({ distinct: { value: LABELS.length, exact: true } });
  for (const { value, count } of labels!.topValues!) {
    expect(LABELS).toContain(value);
    expect(count).toBe(20);
  }
  expect(domain!.topValues).toEqual([{ value: NAMES[0], count: LABELS.length * 20, exact: true }]);
  const keys = run.tables.get(`${SCHEMA}.par"ent`)!.columns[1]!;
  expect(keys).toMatchObject({ name: "k'ey", distinct: { value: NAMES.length, exact: true } });
  // What is stored under these names is found again: nothing changed, so nothing is reported.
  const judged = await watched.profile(env, { command: 'run' });
  expect(judged.code).toBe(0);
  expect(judged.summary).toMatchObject({ findings: 0, incomplete: false, tables: { ok: NAMES.length + 2 } });
});

test('hostile names in messages', async () => {
  const red = `\u001b[31m\u202ered\nline`;
  await watched.create(`CREATE SCHEMA told; CREATE TABLE told.${name(red)} (n int)`, []);
  const run = await watched.profile({ LOG_FORMAT: 'text' }, { args: ['--table', 'told.*'] });
  expect(fates(run)).toEqual([`told.${red}: failed 42501`]);
  // No control sequence reaches a terminal, and each message stays on its line.
  expect(run.stderr).not.toContain('\u001b[31m');
  expect(run.logs).not.toContain('\u001b[31m');
  expect(run.logs.split('\n').filter((line) => line.startsWith('line'))).toEqual([]);
});

test('a database, and its roles, of hostile names', async () => {
  const named = await watched.server.createDatabase(`d"b'; x 😀 ${process.pid}`);
  const owner = await named.client();
  const role = `r"ole'; 😀 ${process.pid}`;
  await owner.query(`CREATE TABLE t AS SELECT 1 AS n; CREATE TABLE shut AS SELECT 1 AS n;
    CREATE ROLE ${name(role)} LOGIN PASSWORD 'pass'; GRANT SELECT ON t TO ${name(role)}`);
  try {
    const run = await watched.profile({
      ...named.environment('BATCH_DB'),
      BATCH_DB_USER: role,
      BATCH_DB_PASSWORD: 'pass',
    });
    expect(fates(run)).toEqual(['public.shut: failed 42501', 'public.t: ok 1']);
    const { message } = run.tables.get('public.shut')!.failure!;
    await owner.query(message.slice(message.indexOf('GRANT')));
    expect((await owner.query("SELECT has_table_privilege($1, 'shut', 'SELECT') AS may", [role])).rows).toEqual([
      { may: true },
    ]);
  } finally {
    await owner.query(`DROP OWNED BY ${name(role)}; DROP ROLE ${name(role)}`);
  }
});
