import { beforeAll, expect, test } from 'vitest';
import { runCli } from '../support/cli.js';
import { OUTPUT_SCHEMA, outputSchema } from '../support/output-schema.js';
import { type TestDatabase, testServer } from '../support/postgres.js';
import { jsonLines, type Line, linesOf, settings, workFolder } from '../support/program.js';

/** Every kind of value that a column's figures can hold, and relations that are read in different ways. */
const TABLES = `
  CREATE TYPE mood AS ENUM ('sad', 'ok');
  CREATE TABLE kinds (
    i2 int2, i8 int8, f4 float4, f8 float8, n numeric(30, 4), b bool, t text, y bytea, d date, ti time, ts timestamp,
    tz timestamptz, iv interval, u uuid, j json, jb jsonb, a int[], e mood, p point, allnull text);
  INSERT INTO kinds SELECT i, i * 9007199254740993, i / 3.0, CASE i % 4 WHEN 0 THEN 'NaN'::float8 WHEN 1 THEN 'Infinity' ELSE i END,
    i * 10 ^ 20, i % 2 = 0, repeat('x', i * 100), decode(repeat('00', i), 'hex'), '2026-01-01', '12:00', 'infinity',
    now(), '1 day', gen_random_uuid(), '{}', '[]', ARRAY[i], 'ok', '(1,2)', NULL FROM generate_series(0, 40) AS i;
  CREATE TABLE empty_one (id int);
  CREATE TABLE no_columns ();
  CREATE TABLE parted (id int, at date) PARTITION BY RANGE (at);
  CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
  INSERT INTO parted VALUES (1, '2026-05-05');
  CREATE VIEW looking AS SELECT t FROM kinds;
  CREATE MATERIALIZED VIEW seen AS SELECT t FROM kinds;
  CREATE TABLE secret (id int);
  CREATE TABLE half_secret (id int, hidden text);
  INSERT INTO half_secret VALUES (1, 'x');
  CREATE TABLE daily AS SELECT i AS id, now() - i * interval '1 hour' AS created_at FROM generate_series(1, 2400) AS i;
  CREATE TABLE "Odd ""na.me" ("a.b" int);`;

/** Definitions that are no lines, and lines that the demo's own test checks. */
const PARTS = ['column', 'failure', 'value', 'count', 'label', 'time', 'setting', 'shareOrNull', 'hashOrNull'];
const OF_THE_DEMO = ['planted', 'score'];

const lines: Line[] = [];
const stderr: string[] = [];
let database: TestDatabase;

beforeAll(async () => {
  const server = await testServer();
  database = await server.createDatabase();
  const client = await database.client();
  await client.query(TABLES);
  const reader = `reader_${database.name}`;
  await client.query(`CREATE ROLE ${reader} LOGIN PASSWORD 'reader'`);
  await client.query(`GRANT CREATE ON DATABASE ${database.name} TO ${reader}`);
  await client.query(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${reader}`);
  await client.query(`REVOKE ALL ON secret, half_secret FROM ${reader}`);
  await client.query(`GRANT SELECT (id) ON half_secret TO ${reader}`);
  const cwd = workFolder();
  const env = settings(
    { batch: database },
    { SENTINEL_SOURCES: 'batch,cdc', BATCH_DB_USER: reader, BATCH_DB_PASSWORD: 'reader', CDC_DB_PORT: '1' },
  );
  const say = async (...args: string[]) => {
    const { stdout, stderr: said } = await runCli([...args, '--json'], { cwd, env });
    lines.push(...jsonLines(stdout));
    stderr.push(said);
  };
  await say('run');
  // Nobody listens there: what is told waits, which is a line, too.
  env.WEBHOOK_URL = 'http://127.0.0.1:1/';
  await client.query(
    `TRUNCATE kinds; ALTER TABLE parted ADD COLUMN more int; DROP TABLE empty_one; CREATE SCHEMA another`,
  );
  await say('run');
  await say('alerts', 'list');
  delete env.WEBHOOK_URL;
  for (const command of ['detect', 'health', 'tables', 'diff']) await say(command);
  for (const more of [[], ['show', 'INC-1']]) await say('incidents', ...more);
  await say('audit', 'list');
  await say('audit', 'verify', '--head', '0'.repeat(64));
  await say('history', 'kinds');
  await say('history', 'daily');
  await say('backtest');
  await say('history', 'kinds', 'null_rate', '--column', 'i8');
  await client.query(`DROP OWNED BY ${reader}; DROP ROLE ${reader}`);
});

test('every line of every command is as docs/output.schema.json says', () => {
  for (const line of lines) {
    const parsed = outputSchema.safeParse(line);
    expect(parsed.success, `${JSON.stringify(line)}\n${parsed.error?.message}`).toBe(true);
  }
});

test('every type of line was seen, with the fields that come only at times', () => {
  const text = lines.map((line) => JSON.stringify(line)).join('\n');
  const all = Object.keys(OUTPUT_SCHEMA.$defs).filter((name) => !PARTS.includes(name) && !OF_THE_DEMO.includes(name));
  expect([...new Set(lines.map(({ type }) => type))].sort()).toEqual(all.sort());
  const sometimes = [
    'failure',
    'mergedInto',
    'truncated',
    'nan',
    'infinite',
    'quantiles',
    'length',
    'reason',
    'column',
  ];
  for (const field of sometimes) expect(text, field).toContain(`"${field}":`);
  expect(linesOf(text, 'finding').some(({ table }) => table === null)).toBe(true);
  expect(linesOf(text, 'table').some(({ status }) => status === 'failed')).toBe(true);
  expect(linesOf(text, 'health').map(({ status }) => status)).toEqual(['degraded', 'down', 'ok']);
});

test('the schema refuses what it does not name, and what lacks a field', () => {
  for (const name of new Set(lines.map(({ type }) => type))) {
    const line = lines.find(({ type }) => type === name)!;
    expect(outputSchema.safeParse({ ...line, surprise: 1 }).success, name).toBe(false);
    for (const field of OUTPUT_SCHEMA.$defs[name]!.required) {
      const { [field]: _, ...rest } = line;
      expect(outputSchema.safeParse(rest).success, `${name} without ${field}`).toBe(false);
    }
  }
});

test('a point names its run as that run’s summary does', () => {
  const runs = lines.filter(({ type }) => type === 'summary').map(({ run }) => run);
  for (const point of lines.filter(({ type }) => type === 'point')) expect(runs).toContain(point.run);
});

test('whatever else was said went to stderr', () => {
  expect(stderr[0]).toMatch(/nothing listens on .*:1; check CDC_DB_HOST and CDC_DB_PORT/);
});
