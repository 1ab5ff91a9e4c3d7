import type pg from 'pg';
import { beforeEach, describe, expect, test } from 'vitest';
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
let writer: pg.Client;
beforeEach(async () => {
  watched = await watchedDatabase();
  writer = await watched.source.client();
});

/** Resolves when the query gives a row. */
async function until(sql: string, ...values: unknown[]): Promise<void> {
  while ((await watched.owner.query(sql, values)).rows.length === 0);
}

/** A session of the program waits for a lock: the tables are listed by then. */
const READER_WAITS = `SELECT 1 FROM pg_stat_activity
  WHERE datname = current_database() AND application_name LIKE 'sentinel/%' AND wait_event_type = 'Lock'`;

/** About 24 kB: chunked where CHUNKED says so. */
const FILLED = `SELECT i AS id, repeat('x', 200) AS fill FROM generate_series(1, 100) AS i`;

const BEFORE = `
  CREATE SCHEMA away; GRANT USAGE ON SCHEMA away TO ${READER.name};
  ${[
    'became_view',
    'dropped',
    'extended',
    'moved',
    'narrowed',
    'recreated',
    'renamed',
    'retyped',
    'revoked',
    'secured',
    'swapped',
    'truncated',
    'untouched',
    'reloaded',
  ]
    .map((name) => `CREATE TABLE ${name} AS ${FILLED};`)
    .join('\n')}
  CREATE TABLE attached (id int, fill text) PARTITION BY RANGE (id);
  CREATE TABLE attached_0 PARTITION OF attached FOR VALUES FROM (0) TO (1000); INSERT INTO attached ${FILLED};
  CREATE TABLE attached_1 (fill text, id int); INSERT INTO attached_1 (id, fill) SELECT id + 2000, fill FROM attached;
  CREATE TABLE detached (id int, fill text) PARTITION BY RANGE (id);
  CREATE TABLE detached_0 PARTITION OF detached FOR VALUES FROM (0) TO (51);
  CREATE TABLE detached_1 PARTITION OF detached FOR VALUES FROM (51) TO (1000); INSERT INTO detached ${FILLED};
  CREATE TABLE leaf_swapped (id int, fill text) PARTITION BY RANGE (id);
  CREATE TABLE leaf PARTITION OF leaf_swapped FOR VALUES FROM (0) TO (1000); INSERT INTO leaf_swapped ${FILLED};
  CREATE TABLE inherited AS ${FILLED}; CREATE TABLE heir AS ${FILLED};
  CREATE MATERIALIZED VIEW refreshed AS SELECT * FROM untouched`;

const CHANGES = `
  DROP TABLE became_view; CREATE VIEW became_view AS SELECT 1 AS only;
  DROP TABLE dropped; ALTER TABLE extended ADD more int NOT NULL DEFAULT 5; ALTER TABLE moved SET SCHEMA away;
  ALTER TABLE narrowed DROP id; DROP TABLE recreated; CREATE TABLE recreated AS SELECT 'new' AS fill, 1.5 AS id;
  ALTER TABLE renamed RENAME TO renamed_away; ALTER TABLE retyped ALTER id TYPE text USING 'r' || id;
  REVOKE SELECT ON revoked FROM ${READER.name}; ALTER TABLE secured ENABLE ROW LEVEL SECURITY;
  ALTER TABLE swapped RENAME TO swapped_old; CREATE TABLE swapped AS SELECT i AS id, 'new' AS fill FROM generate_series(1, 7) AS i;
  TRUNCATE truncated; TRUNCATE reloaded; INSERT INTO reloaded SELECT i, 'again' FROM generate_series(1, 60) AS i;
  ALTER TABLE attached ATTACH PARTITION attached_1 FOR VALUES FROM (1000) TO (9000); ALTER TABLE detached DETACH PARTITION detached_1;
  ALTER TABLE leaf_swapped DETACH PARTITION leaf; ALTER TABLE leaf RENAME TO leaf_old;
  CREATE TABLE leaf PARTITION OF leaf_swapped FOR VALUES FROM (0) TO (10); INSERT INTO leaf VALUES (1, 'new');
  ALTER TABLE heir INHERIT inherited;
  INSERT INTO untouched VALUES (101, 'x'); REFRESH MATERIALIZED VIEW refreshed;
  GRANT SELECT ON became_view, recreated, swapped, leaf TO ${READER.name}`;

test.each([
  ['whole', {}],
  ['in chunks', CHUNKED],
])('what changes after it was listed is read as it is then, %s', async (_, env) => {
  await watched.create(BEFORE);
  const { rows } = await watched.owner.query<{ list: string }>(
    "SELECT string_agg(oid::regclass::text, ', ') AS list FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')",
  );
  await writer.query(`BEGIN; LOCK TABLE ${rows[0]!.list}; REFRESH MATERIALIZED VIEW refreshed`);
  const { outcome } = watched.start({ ...env, LOCK_TIMEOUT: '60' });
  await until(READER_WAITS);
  await writer.query(`${CHANGES}; COMMIT`);
  const run = await outcome;
  expect(run.code).toBe(2);
  expect(fates(run)).toEqual(
    [
      'attached: ok 200',
      'attached_1: ok 100', // what it holds is counted in its parent, too: it was listed by itself
      'became_view: ok 1',
      'detached: ok 50',
      'dropped: skipped 42P01',
      'extended: ok 100',
      'heir: ok 100',
      'inherited: ok 200',
      'leaf_swapped: ok 1',
      'moved: skipped 42P01',
      'narrowed: ok 100',
      'recreated: ok 1',
      'refreshed: ok 101',
      'reloaded: ok 60',
      'renamed: skipped 42P01',
      'retyped: ok 100',
      'revoked: failed 42501',
      'secured: failed row_security',
      'swapped: ok 7',
      'truncated: ok 0',
      'untouched: ok 101',
    ].map((fate) => `public.${fate}`),
  );
  const columns = (table: string) =>
    run.tables.get(`public.${table}`)!.columns.map(({ name, type }) => `${name} ${type}`);
  expect(columns('extended')).toEqual(['id integer', 'fill text', 'more integer']);
  expect(columnOf(run, 'public.extended', 'more')).toMatchObject({ min: 5, max: 5 });
  expect(columns('narrowed')).toEqual(['fill text']);
  expect(columns('recreated')).toEqual(['fill text', 'id numeric']);
  expect(columnOf(run, 'public.recreated', 'id')).toMatchObject({ min: '1.5' });
  expect(columns('retyped')).toEqual(['id text', 'fill text']);
  expect(columnOf(run, 'public.retyped', 'id')).toMatchObject({ min: 'r1', max: 'r99', distinct: { value: 100 } });
  expect(columnOf(run, 'public.attached', 'id')).toMatchObject({ min: 1, max: 2100 });
  expect(columnOf(run, 'public.detached', 'id')).toMatchObject({ min: 1, max: 50 });
  expect(columnOf(run, 'public.swapped', 'fill')).toMatchObject({ min: 'new', max: 'new' });
  expect(run.tables.get('public.revoked')!.failure!.message).toContain('GRANT SELECT ON "public"."revoked"');
  for (const table of run.tables.values()) if (table.status === 'ok') expect(table.consistent).toBe(true);
});

test('a table that stays locked fails alone, and nobody who waits for us is sent away', async () => {
  await watched.create(Array.from({ length: 40 }, (_, i) => `CREATE TABLE t${i} AS SELECT ${i} AS n`).join(';'));
  await writer.query("BEGIN; SET LOCAL deadlock_timeout = '50ms'; LOCK TABLE t7");
  const { outcome } = watched.start({ CONCURRENT_WORKERS: '1', LOCK_TIMEOUT: '2' });
  await until(READER_WAITS);
  // Were a lock held while another is waited for, this session would be the victim of a deadlock.
  for (let i = 0; i < 40; i++) await writer.query(`SAVEPOINT s; LOCK TABLE t${i}; ROLLBACK TO s`);
  const run = await outcome;
  await writer.query('COMMIT');
  expect(run.code).toBe(2);
  const expected = Array.from({ length: 40 }, (_, i) => `public.t${i}: ${i === 7 ? 'failed 55P03' : 'ok 1'}`);
  expect(fates(run)).toEqual(expected.sort());
  expect(run.tables.get('public.t7')!.failure).toMatchObject({ retryable: true });
  expect(run.tables.get('public.t7')!.failure!.message).toContain('LOCK_TIMEOUT');
});

const SCANNED = 30_000;

const GATE = 42;

/** Whoever reads values of type `gated` stands at each 500th until nobody holds the gate's advisory lock. */
const GATED = `
  CREATE TYPE gated AS (n int);
  CREATE FUNCTION gated_text(gated) RETURNS text LANGUAGE plpgsql AS $$
    BEGIN
      IF ($1).n % 500 = 0 THEN
        WHILE NOT pg_try_advisory_xact_lock_shared(${GATE}) LOOP PERFORM pg_sleep(0.005); END LOOP;
      END IF;
      RETURN 'same';
    END $$;
  CREATE CAST (gated AS text) WITH FUNCTION gated_text(gated);
  CREATE FUNCTION filling(int) RETURNS TABLE (id int, s text, w gated) LANGUAGE sql AS
    'SELECT i, repeat(md5(i::text), 3), ROW(i)::gated FROM generate_series(1, $1) AS i'`;

const READER_AT_GATE = `SELECT 1 FROM pg_stat_activity
  WHERE datname = current_database() AND application_name LIKE 'sentinel/profiler/%' AND wait_event = 'PgSleep'`;

const WHOLE = {};

const READING = [
  ['whole', WHOLE],
  ['in chunks', { CHUNK_MIN_BYTES: '65536' }],
] as const;

describe.each(READING.filter(([, env]) => READS_IN_CHUNKS || env === WHOLE))('in the middle of a scan %s', (_, env) => {
  test.each([
    ['a reload', 'TRUNCATE big; INSERT INTO big SELECT * FROM filling(35000)', 35_000],
    ['a rewrite', 'ALTER TABLE big ALTER id TYPE bigint', SCANNED],
    ['a swap', 'ALTER TABLE big RENAME TO old; ALTER TABLE new RENAME TO big', 32_500],
  ])('%s leaves the figures of one moment', async (_change, change, rowsAfter) => {
    await watched.create(`${GATED}; CREATE TABLE big AS SELECT * FROM filling(${SCANNED});
      CREATE TABLE new AS SELECT * FROM filling(32500); SELECT pg_advisory_lock(${GATE})`);
    const { outcome } = watched.start(env, { args: ['--table', 'public.big'] });
    await until(READER_AT_GATE);
    const { rows } = await writer.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const changed = writer.query(`BEGIN; ${change}; COMMIT`);
    await until("SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND wait_event_type = 'Lock'", rows[0]!.pid);
    await watched.owner.query(`SELECT pg_advisory_unlock(${GATE})`);
    const run = await outcome;
    await changed;
    expect(run.code).toBe(0);
    const { rowCount, consistent } = run.tables.get('public.big')!;
    // A scan in chunks gives way to the change and begins anew; one by a single session keeps its lock.
    expect(rowCount).toBe(env === WHOLE ? SCANNED : rowsAfter);
    expect(consistent).toBe(true);
    const figures = { nullCount: 0, min: 1, max: rowCount, mean: (rowCount! + 1) / 2 };
    expect(columnOf(run, 'public.big', 'id')).toMatchObject(figures);
    expect(columnOf(run, 'public.big', 's')).toMatchObject({ nullCount: 0, length: { min: 96, max: 96 } });
    expect(columnOf(run, 'public.big', 'w').topValues).toEqual([{ value: 'same', count: rowCount, exact: true }]);
  });
});

test('tables that are reloaded and swapped all the time are never seen empty or in halves', async () => {
  const load = 'SELECT i AS id, repeat(md5(i::text), 6) AS s FROM generate_series(1, 500) AS i';
  await watched.create(`CREATE TABLE reloaded AS ${load}; CREATE TABLE swapped AS ${load}`);
  let going = true;
  const swapper = await watched.source.client();
  const busy = Promise.all([
    (async () => {
      while (going) await writer.query(`BEGIN; TRUNCATE reloaded; INSERT INTO reloaded ${load}; COMMIT`);
    })(),
    (async () => {
      while (going)
        await swapper.query(`BEGIN; CREATE TABLE new_swapped AS ${load}; GRANT SELECT ON new_swapped TO ${READER.name};
          DROP TABLE swapped; ALTER TABLE new_swapped RENAME TO swapped; COMMIT`);
    })(),
  ]);
  try {
    for (const env of [{}, CHUNKED]) {
      const run = await watched.profile({ ...env, LOCK_TIMEOUT: '10' });
      expect([...run.tables.keys()].sort()).toEqual(['public.reloaded', 'public.swapped']);
      for (const [name, table] of run.tables) {
        // A table that is another at each look is given up; it is never given wrong figures.
        if (table.status !== 'ok') expect([name, table.failure!.code]).toEqual(['public.swapped', '42P01']);
        else
          expect(table).toMatchObject({
            rowCount: 500,
            columns: [{ min: 1, max: 500, nullCount: 0 }, { nullCount: 0 }],
          });
      }
    }
  } finally {
    going = false;
    await busy;
  }
});
