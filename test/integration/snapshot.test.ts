import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { discoverTables } from '#src/adapters/postgres/catalog.js';
import { runCopies } from '#src/adapters/postgres/copy.js';
import { lockTables } from '#src/adapters/postgres/lock-tables.js';
import { copyStatement, selectList } from '#src/adapters/postgres/select-list.js';
import { SnapshotOwner } from '#src/adapters/postgres/snapshot.js';
import { readOnly, transactionPrologue } from '#src/adapters/postgres/transaction.js';
import type { Guards } from '#src/contract/connection.js';
import type { TableSpec } from '#src/core/model/relation.js';
import { RowCollector } from '../support/copy-rows.js';
import { type TestDatabase, testServer } from '../support/postgres.js';

const GUARDS: Guards = {
  connectTimeoutMs: 5_000,
  statementTimeoutMs: 60_000,
  lockTimeoutMs: 30_000,
  maxTransactionAgeMs: 60_000,
};

let database: TestDatabase;
/** Makes and changes tables. */
let writer: pg.Client;
/** Holds the snapshot. */
let holder: pg.Client;
let worker: pg.Client;

async function tableNamed(name: string, on: pg.Client = holder): Promise<TableSpec> {
  await on.query('BEGIN READ ONLY');
  const options = { source: 'batch', views: { maxCost: 1e9 }, foreignTables: false, excludeSchemas: [] };
  const { tables } = await discoverTables(on, options);
  await on.query('COMMIT');
  return tables.find((table) => table.name === name) ?? expect.fail(`${name} was not found`);
}

/** Rows that a worker sees under the owner's snapshot, over all parts. */
async function rowsUnder(owner: SnapshotOwner, table: TableSpec): Promise<number> {
  const statements = table.parts.map((part) => copyStatement(part, selectList([], part.guarded, 1024)));
  const options = { ...GUARDS, isolation: 'repeatable read', snapshot: owner.id } as const;
  const prologue = transactionPrologue({ ...options, serverVersionNum: 0, serverEncoding: 'UTF8' });
  return (await runCopies(worker, statements, new RowCollector(), { prologue, epilogue: 'COMMIT' })).rows;
}

/** Resolves when `client` waits for a lock. */
async function waitsForLock(client: pg.Client): Promise<void> {
  const pid = (client as unknown as { processID: number }).processID;
  for (;;) {
    const { rows } = await worker.query('SELECT 1 FROM pg_locks WHERE pid = $1 AND NOT granted', [pid]);
    if (rows.length > 0) return;
  }
}

beforeAll(async () => {
  database = await (await testServer()).createDatabase();
  [writer, holder, worker] = [await database.client(), await database.client(), await database.client()];
});

describe('under an owner', () => {
  test('workers see one state of the table, whatever is written meanwhile', async () => {
    await writer.query('CREATE TABLE busy AS SELECT generate_series(1, 5000) AS n');
    const table = await tableNamed('busy');
    const owner = await SnapshotOwner.open(holder, table, GUARDS);
    await writer.query('DELETE FROM busy WHERE n > 10; INSERT INTO busy SELECT generate_series(1, 77)');
    expect(await rowsUnder(owner, table)).toBe(5000);
    expect(await rowsUnder(owner, table)).toBe(5000);
    await owner.close();
    const { rows } = await holder.query(
      'SELECT count(*)::int AS n, now() = statement_timestamp() AS outside FROM busy',
    );
    expect(rows).toEqual([{ n: 87, outside: true }]);
  });

  test.each([
    ['TRUNCATE', 'TRUNCATE steady'],
    ['a rewrite', 'ALTER TABLE steady ALTER n TYPE bigint'],
  ])('%s waits, and empties nothing', async (_, change) => {
    await writer.query('DROP TABLE IF EXISTS steady; CREATE TABLE steady AS SELECT generate_series(1, 100) AS n');
    const owner = await SnapshotOwner.open(holder, await tableNamed('steady'), GUARDS);
    const changed = writer.query(change);
    await waitsForLock(writer);
    // a worker would queue behind the change; the owner's connection has its lock already
    expect((await holder.query('SELECT count(*)::int AS n FROM public.steady')).rows).toEqual([{ n: 100 }]);
    await owner.close();
    await changed;
  });
});

describe('behind a change that is under way', () => {
  test.each([
    ['table', 'CREATE TABLE behind AS SELECT generate_series(1, 100) AS n', 'ALTER TABLE behind ALTER n TYPE bigint'],
    [
      'materialised view',
      'CREATE MATERIALIZED VIEW behind AS SELECT generate_series(1, 100) AS n',
      'REFRESH MATERIALIZED VIEW behind',
    ],
    [
      'partitioned table',
      `CREATE TABLE behind (n int) PARTITION BY RANGE (n);
       CREATE TABLE behind_1 PARTITION OF behind FOR VALUES FROM (0) TO (1000);
       INSERT INTO behind SELECT generate_series(1, 100)`,
      'ALTER TABLE behind_1 SET UNLOGGED',
    ],
  ])('a rewritten %s is waited for and not seen as empty', async (kind, create, rewrite) => {
    await writer.query(create);
    const table = await tableNamed('behind');
    await writer.query(`BEGIN; ${rewrite}`);
    const opening = SnapshotOwner.open(holder, table, GUARDS);
    await waitsForLock(holder);
    await writer.query('COMMIT');
    const owner = await opening;
    expect(await rowsUnder(owner, table)).toBe(100);
    const node = await worker.query('SELECT pg_relation_filenode($1::oid::regclass) AS node', [table.parts[0]?.oid]);
    expect(owner.filenodes).toEqual([node.rows[0].node]);
    await owner.close();
    await writer.query(`DROP ${kind === 'materialised view' ? 'MATERIALIZED VIEW' : 'TABLE'} behind`);
  });
});

describe('open', () => {
  test('workers that come after its session was ended are told so, and may be sent again', async () => {
    const table = await tableNamed('busy');
    const doomed = await database.client();
    const owner = await SnapshotOwner.open(doomed, table, GUARDS);
    const { rows } = await doomed.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await writer.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid]);
    while ((await writer.query('SELECT FROM pg_stat_activity WHERE pid = $1', [rows[0]!.pid])).rowCount) {}
    const options = { ...GUARDS, isolation: 'repeatable read', snapshot: owner.id } as const;
    const refused = readOnly(worker, options, async () => 'read');
    await expect(refused).rejects.toMatchObject({ code: 'snapshot_gone', retryable: true });
    expect((await worker.query('SELECT now() = statement_timestamp() AS outside')).rows).toEqual([{ outside: true }]);
  });

  test('measures blocks under the lock, per part', async () => {
    await writer.query(`
      CREATE TABLE parted (n int, pad text) PARTITION BY RANGE (n);
      CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (1000);
      CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM (1000) TO (2000)`);
    const table = await tableNamed('parted');
    expect(table.bytes).toBe(0);
    await writer.query(`INSERT INTO parted SELECT i, repeat('x', 500) FROM generate_series(1, 300) i`);
    const owner = await SnapshotOwner.open(holder, table, GUARDS);
    const sizes = await writer.query(`SELECT pg_relation_size('parted_1')::int / 8192 AS first`);
    expect(owner.blocks).toEqual([sizes.rows[0].first, 0]);
    const locked = await writer.query(
      `SELECT relation::regclass::text AS name FROM pg_locks WHERE pid = $1 AND mode = 'AccessShareLock'
         AND relation::regclass::text LIKE 'parted%' ORDER BY 1`,
      [(holder as unknown as { processID: number }).processID],
    );
    expect(locked.rows.map((row) => row.name)).toEqual(['parted', 'parted_1', 'parted_2']);
    await owner.close();
  });

  test('works with privileges on columns only, and on views', async () => {
    const role = `columns_${randomBytes(4).toString('hex')}`;
    await writer.query(`CREATE ROLE ${role}; CREATE TABLE partly (a int, b int); INSERT INTO partly VALUES (1, 2);
      CREATE VIEW over_partly AS SELECT a FROM partly; GRANT SELECT (a) ON partly TO ${role}; GRANT SELECT ON over_partly TO ${role}`);
    await holder.query(`SET SESSION AUTHORIZATION ${role}`);
    try {
      for (const name of ['partly', 'over_partly']) {
        const table = await tableNamed(name);
        expect(table.lockable).toBe(false);
        const owner = await SnapshotOwner.open(holder, table, GUARDS);
        const locks = await writer.query(`SELECT 1 FROM pg_locks WHERE pid = $1 AND relation = 'partly'::regclass`, [
          (holder as unknown as { processID: number }).processID,
        ]);
        expect(locks.rows).toHaveLength(1);
        expect(await rowsUnder(owner, table)).toBe(1);
        await owner.close();
      }
    } finally {
      await holder.query('RESET SESSION AUTHORIZATION');
      await writer.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });

  test('refuses a table that was dropped or swapped, and leaves the connection idle', async () => {
    await writer.query('CREATE TABLE swapped (n int); CREATE TABLE swapped_new (n int); CREATE TABLE dropped (n int)');
    const [swapped, dropped] = [await tableNamed('swapped'), await tableNamed('dropped')];
    await writer.query(
      `ALTER TABLE swapped RENAME TO swapped_old; ALTER TABLE swapped_new RENAME TO swapped; DROP TABLE dropped`,
    );
    for (const table of [swapped, dropped])
      await expect(SnapshotOwner.open(holder, table, GUARDS)).rejects.toMatchObject({ code: '42P01' });
    const { rows } = await holder.query('SELECT now() = statement_timestamp() AS outside');
    expect(rows).toEqual([{ outside: true }]);
  });

  test('waits for a lock no longer than the lock timeout', async () => {
    await writer.query('CREATE TABLE contended (n int)');
    const table = await tableNamed('contended');
    await writer.query('BEGIN; LOCK TABLE contended IN ACCESS EXCLUSIVE MODE');
    const patience = { ...GUARDS, lockTimeoutMs: 50 };
    await expect(SnapshotOwner.open(holder, table, patience)).rejects.toMatchObject({ code: '55P03' });
    await writer.query('ROLLBACK');
    await (await SnapshotOwner.open(holder, table, patience)).close();
  });

  test('knows what is left of its age', async () => {
    await writer.query('CREATE TABLE aged (n int)');
    const owner = await SnapshotOwner.open(holder, await tableNamed('aged'), GUARDS);
    expect(owner.remainingMs(owner.openedAt + 10_000)).toBe(50_000);
    expect(owner.remainingMs(owner.openedAt + 70_000)).toBe(0);
    await owner.close();
    await owner.close(); // harmless
  });
});

describe('lockTables', () => {
  const locksOf = async (client: pg.Client) => {
    const { rows } = await writer.query<{ name: string }>(
      `SELECT c.relname AS name FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE l.pid = $1 AND n.nspname = 'public' AND l.mode = 'AccessShareLock' AND l.granted ORDER BY 1`,
      [(client as unknown as { processID: number }).processID],
    );
    return rows.map(({ name }) => name);
  };
  const begin = (client: pg.Client) =>
    client.query("ROLLBACK; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL lock_timeout = '5s'");

  test('locks several tables before their snapshot, with hostile names', async () => {
    await writer.query(`
      CREATE TABLE "a;b""c
d" AS SELECT 1 AS n;
      CREATE TABLE base (n int); CREATE TABLE derived (more int) INHERITS (base);
      INSERT INTO base VALUES (1); INSERT INTO derived VALUES (2, 2)`);
    const names = ['a;b"c\nd', 'base'];
    const tables = await Promise.all(names.map((name) => database.client().then((own) => tableNamed(name, own))));
    const statements = tables.flatMap((table) => table.parts).map((part) => copyStatement(part, { sql: '"n"' }));
    const rows = new RowCollector();
    await begin(worker);
    await lockTables(worker, tables);
    expect(await locksOf(worker)).toEqual(['a;b"c\nd', 'base', 'derived']);
    await writer.query('INSERT INTO base VALUES (3)');
    await runCopies(worker, statements, rows);
    await worker.query('COMMIT');
    expect(rows.copies.map((copy) => copy.map(([value]) => value?.readInt32BE()))).toEqual([[1], [1, 3], [2]]);
  });

  test('locks what LOCK TABLE refuses by reading it', async () => {
    await writer.query(`
      CREATE TABLE below (n int); CREATE VIEW above AS SELECT n FROM below;
      CREATE MATERIALIZED VIEW kept AS SELECT 1 AS n`);
    await begin(worker);
    await lockTables(worker, [await tableNamed('above'), await tableNamed('kept')]);
    expect(await locksOf(worker)).toEqual(['above', 'below', 'kept']);
    await worker.query('COMMIT');
  });

  test('a rewrite between BEGIN and the first COPY is waited for', async () => {
    await writer.query('CREATE TABLE small AS SELECT generate_series(1, 10) AS n');
    const table = await tableNamed('small');
    await writer.query('BEGIN; ALTER TABLE small ALTER n TYPE bigint');
    await begin(holder);
    const locking = lockTables(holder, [table]);
    await waitsForLock(holder);
    await writer.query('COMMIT');
    await locking;
    const read = await runCopies(holder, [copyStatement(table.parts[0]!, { sql: '"n"' })], new RowCollector());
    await holder.query('COMMIT');
    expect(read.rows).toBe(10);
  });

  test('holds no lock while it waits for one', async () => {
    await writer.query(`
      CREATE TABLE first_of_two (n int); CREATE TABLE second_of_two (n int);
      CREATE TABLE whole (n int) PARTITION BY LIST (n);
      CREATE TABLE leaf_1 PARTITION OF whole FOR VALUES IN (1); CREATE TABLE leaf_2 PARTITION OF whole FOR VALUES IN (2)`);
    const tables = [await tableNamed('first_of_two'), await tableNamed('second_of_two')];
    const partitioned = await tableNamed('whole');
    await writer.query('BEGIN; LOCK TABLE second_of_two, leaf_2');
    await begin(worker);
    await expect(lockTables(worker, tables)).rejects.toMatchObject({ code: '55P03' });
    await worker.query('ROLLBACK');
    await begin(holder);
    const locking = lockTables(holder, [partitioned]);
    await waitsForLock(holder);
    expect(await locksOf(holder)).toEqual([]);
    await writer.query('LOCK TABLE first_of_two, leaf_1, whole');
    await writer.query('COMMIT');
    await locking;
    expect(await locksOf(holder)).toEqual(['leaf_1', 'leaf_2', 'whole']);
    await holder.query('COMMIT');
  });
});
