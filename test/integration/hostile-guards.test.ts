import type pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { READS_IN_CHUNKS } from '../support/postgres.js';
import {
  CHUNKED,
  columnOf,
  fates,
  type Outcome,
  READER,
  type WatchedDatabase,
  watchedDatabase,
} from '../support/watched-database.js';

let watched: WatchedDatabase;
let observer: pg.Client;
const ROWS = 4_000;
const BIG = 6;
const SMALL = 30;

beforeAll(async () => {
  watched = await watchedDatabase();
  observer = await watched.source.client();
  const tables = [
    ...Array.from(
      { length: BIG },
      (_, i) =>
        `CREATE TABLE b${i} AS SELECT i AS id, repeat(md5(i::text), 3) AS s FROM generate_series(1, ${ROWS}) AS i`,
    ),
    ...Array.from({ length: SMALL }, (_, i) => `CREATE TABLE s${i} AS SELECT generate_series(1, ${i}) AS id`),
  ];
  await watched.create(tables.join(';'));
});

interface Seen {
  /** Most sessions of the reader at a time. */
  sessions: number;
  readonly names: Set<string>;
  /** `locktype mode` of everything they held or waited for. */
  readonly locks: Set<string>;
  readonly begins: Set<string>;
  /** Sessions that had a transaction id, so had written. */
  writers: number;
  samples: number;
}

/** Looks at the reader's sessions again and again until the run has ended. */
async function watch(outcome: Promise<Outcome>): Promise<Seen> {
  const seen: Seen = { sessions: 0, names: new Set(), locks: new Set(), begins: new Set(), writers: 0, samples: 0 };
  let going = true;
  const stop = () => {
    going = false;
  };
  void outcome.then(stop, stop);
  while (going) {
    // The server shows a session a moment before it shows its name: until then it has no state, either
    // (pgstat_bestart of backend_status.c).
    const { rows } = await observer.query<{
      name: string | null;
      query: string;
      xid: string | null;
      locks: string[] | null;
    }>(
      `SELECT CASE WHEN state IS NOT NULL THEN application_name END AS name, query, backend_xid AS xid,
         (SELECT array_agg(DISTINCT locktype || ' ' || mode) FROM pg_locks l WHERE l.pid = a.pid) AS locks
       FROM pg_stat_activity a WHERE datname = current_database() AND usename = $1`,
      [READER.name],
    );
    seen.samples++;
    seen.sessions = Math.max(seen.sessions, rows.length);
    for (const { name, query, xid, locks } of rows) {
      if (name !== null) seen.names.add(name);
      if (xid !== null) seen.writers++;
      if (/^\s*begin/i.test(query)) seen.begins.add(query);
      for (const lock of locks ?? []) seen.locks.add(lock);
    }
  }
  return seen;
}

describe.each([1, 2, 3, 6])('with at most %i connections and more workers than that', (most) => {
  test('everything is read, within the budget, without a lock that could hurt', async () => {
    const { outcome } = watched.start({ ...CHUNKED, DB_MAX_CONNECTIONS: String(most), CONCURRENT_WORKERS: '4' });
    const [run, seen] = await Promise.all([outcome, watch(outcome)]);
    expect(run.code).toBe(0);
    const big = Array.from({ length: BIG }, (_, i) => `public.b${i}: ok ${ROWS}`);
    const small = Array.from({ length: SMALL }, (_, i) => `public.s${i}: ok ${i}`);
    expect(fates(run)).toEqual([...big, ...small].sort());
    for (let i = 0; i < BIG; i++)
      expect(columnOf(run, `public.b${i}`, 'id')).toMatchObject({
        min: 1,
        max: ROWS,
        mean: (ROWS + 1) / 2,
        nullCount: 0,
      });
    expect(run.chunks.size).toBe(READS_IN_CHUNKS && most > 1 ? BIG : 0);

    expect(run.summary.connectionsMax).toBeLessThanOrEqual(most);
    expect(seen.sessions).toBeGreaterThan(0);
    expect(seen.sessions).toBeLessThanOrEqual(most);
    expect(seen.names.size).toBeGreaterThan(0);
    for (const name of seen.names) expect(name).toMatch(/^sentinel\/(profiler|orchestrator)\//);
    // The last is the server's own: it holds its database's entry while a session starts.
    const allowed = ['relation AccessShareLock', 'virtualxid ExclusiveLock', 'object RowExclusiveLock'];
    expect([...seen.locks].filter((lock) => !allowed.includes(lock))).toEqual([]);
    expect(seen.locks).toContain('relation AccessShareLock');
    for (const begin of seen.begins) expect(begin).toContain('READ ONLY');
    expect(seen.writers).toBe(0);
  });
});

const SETTINGS = [
  'transaction_read_only',
  'transaction_isolation',
  'row_security',
  'statement_timeout',
  'lock_timeout',
  'idle_in_transaction_session_timeout',
  'search_path',
  'TimeZone',
  'application_name',
  'max_parallel_workers_per_gather',
];

test('every statement that reads runs under the guards, whatever the role and database say', async () => {
  const role = READER.name;
  const { rows } = await watched.owner.query<{ version: number }>(
    "SELECT current_setting('server_version_num')::int AS version",
  );
  const names = [
    ...SETTINGS,
    ...(rows[0]!.version >= 140000 ? ['client_connection_check_interval'] : []),
    ...(rows[0]!.version >= 170000 ? ['transaction_timeout'] : []),
  ];
  // Each row says what was in force when it was read.
  await watched.create(
    `
    CREATE SCHEMA told; CREATE FUNCTION told.setting(text) RETURNS text LANGUAGE sql VOLATILE AS 'SELECT current_setting($1)';
    CREATE VIEW told.guards AS SELECT ${names.map((name) => `told.setting('${name}') AS "${name}"`).join(', ')};
    CREATE FUNCTION told.write() RETURNS int LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.s0 VALUES (1); RETURN 1; END';
    GRANT INSERT ON s0 TO ${role};
    CREATE VIEW told.writes AS SELECT 1 AS one, told.write() AS written`,
    ['told'],
  );
  const inDatabase = `IN DATABASE "${watched.source.name}"`;
  const careless = [
    'statement_timeout = 0',
    'lock_timeout = 0',
    'row_security = on',
    "TimeZone = 'Asia/Tokyo'",
    "DateStyle = 'German'",
    'search_path = told, pg_catalog',
    "IntervalStyle = 'iso_8601'",
    'default_transaction_isolation = serializable',
    'extra_float_digits = -5',
  ];
  for (const setting of careless) await watched.owner.query(`ALTER ROLE ${role} ${inDatabase} SET ${setting}`);
  const run = await watched.profile(
    { STATEMENT_TIMEOUT: '500', LOCK_TIMEOUT: '4', MAX_TRANSACTION_AGE: '250' },
    { args: ['--table', 'told.*'] },
  );
  expect(run.tables.get('told.guards')!.rowCount).toBe(1);
  const setting = (name: string) => columnOf(run, 'told.guards', name).min;
  expect(Object.fromEntries(names.map((name) => [name, setting(name)]))).toEqual({
    transaction_read_only: 'on',
    transaction_isolation: expect.stringMatching(/^(repeatable read|read committed)$/),
    row_security: 'off',
    statement_timeout: '250s', // no longer than a transaction may be
    lock_timeout: '4s',
    idle_in_transaction_session_timeout: '250s',
    search_path: 'pg_catalog, pg_temp',
    TimeZone: 'UTC',
    application_name: expect.stringMatching(/^sentinel\/profiler\/worker-\d+$/),
    max_parallel_workers_per_gather: '0',
    ...(names.includes('client_connection_check_interval') && { client_connection_check_interval: '2s' }),
    ...(names.includes('transaction_timeout') && { transaction_timeout: '250s' }),
  });
  // What would write is refused, and nothing is written.
  expect(run.tables.get('told.writes')).toMatchObject({ status: 'failed', failure: { code: '25006' } });
  expect((await watched.owner.query('SELECT count(*)::int AS n FROM s0')).rows).toEqual([{ n: 0 }]);
});

test('a statement, and a table in chunks, that takes longer than it may is cut short', async () => {
  await watched.create(
    `CREATE SCHEMA late; CREATE VIEW late.never AS SELECT 1 AS one, pg_sleep(60)::text AS two;
    CREATE TYPE late.slow AS (n int);
    CREATE FUNCTION late.slow_text(late.slow) RETURNS text LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.02); RETURN 1; END';
    CREATE CAST (late.slow AS text) WITH FUNCTION late.slow_text(late.slow);
    CREATE TABLE late.slowly AS SELECT i AS id, ROW(i)::late.slow AS w, repeat('x', 500) AS fill FROM generate_series(1, 300) AS i;
    CREATE TABLE late.quick AS SELECT 1 AS n`,
    ['late'],
  );
  for (const env of [{}, CHUNKED]) {
    const run = await watched.profile({ ...env, STATEMENT_TIMEOUT: '1' }, { args: ['--table', 'late.*'] });
    expect(run.code).toBe(2);
    expect(run.tables.get('late.quick')).toMatchObject({ status: 'ok', rowCount: 1 });
    const { failure } = run.tables.get('late.never')!;
    expect(failure).toMatchObject({ code: '57014', retryable: false });
    expect(failure!.message).toContain('STATEMENT_TIMEOUT');
    const slowly = run.tables.get('late.slowly')!;
    if (READS_IN_CHUNKS && env === CHUNKED)
      expect(slowly).toMatchObject({ status: 'ok', rowCount: 300 }); // each chunk is quick enough
    else expect(slowly).toMatchObject({ status: 'failed', failure: { code: '57014' } });
  }
});
