import fc from 'fast-check';
import type pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { connect } from '#src/adapters/postgres/connect.js';
import { measureCustomQuery } from '#src/adapters/postgres/custom-query.js';
import { toFailure } from '#src/adapters/postgres/failure.js';
import type { CustomQuery } from '#src/contract/custom-query.js';
import type { Failure } from '#src/core/model/failure.js';
import { type TestDatabase, testServer } from '../support/postgres.js';

const GUARDS = {
  connectTimeoutMs: 10_000,
  statementTimeoutMs: 30_000,
  lockTimeoutMs: 500,
  maxTransactionAgeMs: 30_000,
};
const ORDERS = { schema: 'sales "2026"', name: 'orders' };

let database: TestDatabase;
let owner: pg.Client;

beforeAll(async () => {
  database = await (await testServer()).createDatabase();
  owner = await database.client();
  await owner.query(`
    CREATE SCHEMA "sales ""2026""";
    CREATE TABLE "sales ""2026""".orders AS SELECT i AS id, i % 4 = 0 AS paid, i::numeric / 3 AS total FROM generate_series(1, 100) i;
    CREATE SEQUENCE public.counter;
    CREATE FUNCTION public.writes() RETURNS int LANGUAGE plpgsql AS
      $$ BEGIN DELETE FROM "sales ""2026""".orders; RETURN 1; END $$;
    CREATE FUNCTION public.loosens() RETURNS text LANGUAGE sql AS
      $$ SELECT set_config('statement_timeout', '0', false) || set_config('search_path', 'public', false) $$;
    CREATE FUNCTION public.unlocks() RETURNS int LANGUAGE plpgsql AS
      $$ BEGIN SET TRANSACTION READ WRITE; DELETE FROM "sales ""2026""".orders; RETURN 1; END $$`);
});

type Sql = Partial<CustomQuery['sql']> & { readonly maxCost?: number };

/** As a superuser, whom no privilege would stop. */
async function measure({ kind = 'query', text = '', maxCost = 1e6 }: Sql, guards = GUARDS): Promise<number | null> {
  const client = await connect(database.connection, guards, 'sentinel/test');
  try {
    return await measureCustomQuery(client, ORDERS, { name: 'm', sql: { kind, text }, maxCost }, guards);
  } finally {
    await client.end();
  }
}

async function failureOf(sql: Sql, guards = GUARDS): Promise<Failure> {
  const value = await measure(sql, guards).catch((error: unknown) => toFailure(error, {}));
  return typeof value === 'object' && value !== null ? value : expect.fail(`it gave ${value}`);
}

/** Everything that a statement could have changed. */
async function state(): Promise<unknown> {
  const { rows } = await owner.query(`SELECT (SELECT count(*) FROM "sales ""2026""".orders) AS orders,
    (SELECT array_agg(c.oid::regclass::text ORDER BY 1) FROM pg_class c WHERE c.oid >= 16384) AS relations,
    (SELECT last_value FROM public.counter) AS counter,
    (SELECT array_agg(setconfig::text) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
      WHERE d.datname = current_database()) AS settings,
    (SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
      WHERE locktype = 'advisory' AND d.datname = current_database()) AS locks`);
  return rows[0];
}

describe('gives one number', () => {
  test.each<[string, Sql, number | null]>([
    ['a query', { text: `SELECT count(*) FROM "sales ""2026""".orders WHERE NOT paid` }, 75],
    ['an aggregate', { kind: 'expression', text: 'avg(paid::int)' }, 0.25],
    ['a numeric', { kind: 'expression', text: 'max(total)' }, 100 / 3],
    ['a boolean', { text: 'SELECT true' }, 1],
    ['a text that is a number', { text: `VALUES ('-1.5e3')` }, -1500],
    ['a common table expression', { text: 'WITH x AS (SELECT 7 AS n) SELECT n FROM x' }, 7],
    ['a comment and a semicolon at the end', { text: 'SELECT 3 -- three\n;  ' }, 3],
    ['a comment that is not ended', { text: 'SELECT 4 -- four' }, 4],
    ['NULL, which is unknown', { text: 'SELECT NULL' }, null],
    ['no row', { text: 'SELECT 1 WHERE false' }, null],
    ['an aggregate of nothing', { kind: 'expression', text: 'max(total) FILTER (WHERE false)' }, null],
  ])('%s', async (_, sql, value) => {
    expect(await measure(sql)).toBe(value);
  });

  test.each<[string, Sql, string, RegExp]>([
    ['two columns', { text: 'SELECT 1, 2' }, '42601', /only one column/],
    ['two rows', { text: 'VALUES (1), (2)' }, '21000', /SQLSTATE 21000/],
    ['no aggregate', { kind: 'expression', text: 'id' }, '21000', /SQLSTATE 21000/],
    ['a text', { text: `SELECT 'secret@example.com'` }, 'metric_not_a_number', /count\(\*\)/],
    ['infinity', { text: `SELECT 'infinity'::float8` }, 'metric_not_a_number', /finite/],
    ['a gigabyte', { text: `SELECT repeat('1', 200000000)` }, 'metric_not_a_number', /finite/],
    ['a name without schema', { text: 'SELECT count(*) FROM orders' }, '42P01', /names need their schema/],
    ['a syntax error', { text: 'SELEC 1' }, '42601', /syntax error/],
    ['a value that cannot be cast', { text: `SELECT 'secret@example.com'::int` }, '22P02', /left out/],
    [
      'a query that costs too much',
      { text: 'SELECT count(*) FROM generate_series(1, 9)', maxCost: 0 },
      'metric_too_costly',
      /maxCost is 0/,
    ],
  ])('%s is refused in words that say why', async (_, sql, code, words) => {
    const failure = await failureOf(sql);
    expect(failure).toMatchObject({ code, retryable: false });
    expect(failure.message).toMatch(words);
    expect(failure.message).not.toContain('secret');
  });
});

describe('cannot write', () => {
  test.each([
    ['DELETE', `DELETE FROM "sales ""2026""".orders RETURNING 1`],
    ['a data-modifying WITH', `WITH x AS (DELETE FROM "sales ""2026""".orders RETURNING 1) SELECT count(*) FROM x`],
    ['a function that writes', 'SELECT public.writes()'],
    ['a function that asks to write', 'SELECT public.unlocks()'],
    ['a row lock', `SELECT id FROM "sales ""2026""".orders LIMIT 1 FOR UPDATE`],
    ['a sequence', `SELECT nextval('public.counter')`],
    ['DDL', 'CREATE TABLE public.x (i int)'],
    ['SELECT INTO', 'SELECT 1 INTO public.x'],
    ['COPY', `COPY (SELECT 1) TO PROGRAM 'touch /tmp/x'`],
    ['EXPLAIN ANALYZE', `ANALYZE DELETE FROM "sales ""2026""".orders`],
    ['a second statement', 'SELECT 1; DROP SCHEMA "sales ""2026""" CASCADE'],
    ['a second statement behind the first', '1)::text); DROP SCHEMA "sales ""2026""" CASCADE; SELECT (('],
    ['the end of the transaction', 'SELECT 1)::text); COMMIT; DELETE FROM "sales ""2026""".orders; SELECT ((1'],
    ['a comment that swallows the rest', 'SELECT 1)::text); DROP SCHEMA "sales ""2026""" CASCADE; /*'],
  ])('%s', async (_, text) => {
    const before = await state();
    for (const kind of ['query', 'expression'] as const) await failureOf({ kind, text });
    expect(await state()).toEqual(before);
  });

  test('a large object: servers before 16 let it be made in a READ ONLY transaction, and it goes with that', async () => {
    await measure({ kind: 'query', text: 'SELECT lo_create(0)' }).catch(() => undefined);
    expect((await owner.query('SELECT FROM pg_largeobject_metadata')).rowCount).toBe(0);
  });

  test('whatever pieces it is made of', async () => {
    const before = await state();
    const piece = fc.constantFrom(
      ...['SELECT', '1', ')', '(', ';', '--', '/*', '*/', "'", '"', '$$', '\\', 'COMMIT', 'ROLLBACK', 'BEGIN'],
      ...[
        'DELETE FROM "sales ""2026""".orders',
        'DROP SCHEMA public',
        '::text',
        'AS value',
        ',',
        'UNION',
        '\n',
        'EXECUTE x',
      ],
      ...['public.writes()', 'SET', 'READ WRITE', '\u0000', 'WITH x AS', 'FROM', 'WHERE'],
    );
    const text = fc.array(piece, { minLength: 1, maxLength: 12 }).map((pieces) => pieces.join(' '));
    await fc.assert(
      fc.asyncProperty(text, fc.constantFrom('query', 'expression'), async (sql, kind) => {
        const value = await measure({ kind, text: sql }).catch((error: unknown) => toFailure(error, {}));
        expect(typeof value === 'number' || value === null || typeof value.message === 'string').toBe(true);
      }),
      { numRuns: 150 },
    );
    expect(await state()).toEqual(before);
  });
});

describe('cannot exceed its limits', () => {
  test('a statement that takes too long is cut short, also where it lifts the limit', async () => {
    const guards = { ...GUARDS, statementTimeoutMs: 300 };
    for (const text of ['SELECT pg_sleep(20)::text', 'SELECT public.loosens() || pg_sleep(20)::text'])
      expect(await failureOf({ text }, guards)).toMatchObject({ code: '57014' });
  });

  test('a lock that another holds is waited for no longer than LOCK_TIMEOUT', async () => {
    const locker = await database.client();
    await locker.query(`BEGIN; LOCK TABLE "sales ""2026""".orders`);
    expect(await failureOf({ kind: 'expression', text: 'count(*)' })).toMatchObject({ code: '55P03', retryable: true });
    await locker.query('ROLLBACK');
  });

  test('a setting or lock that it makes does not outlive it', async () => {
    const client = await connect(database.connection, GUARDS, 'sentinel/test');
    const query = (text: string): CustomQuery => ({ name: 'm', sql: { kind: 'query', text }, maxCost: 1e6 });
    await measureCustomQuery(client, ORDERS, query('SELECT length(public.loosens())'), GUARDS);
    const { rows } = await client.query(`SELECT current_setting('search_path') AS path`);
    expect(rows).toEqual([{ path: '"$user", public' }]);
    await client.end();
    const before = await state();
    expect(await measure({ text: 'SELECT (pg_advisory_lock(7) IS NULL)::int' })).toBe(0);
    expect(await state()).toEqual(before);
  });
});
