import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, connect as connectSocket, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { discoverTables } from '#src/adapters/postgres/catalog.js';
import { type CopyOptions, runCopies } from '#src/adapters/postgres/copy.js';
import { CopyFailure } from '#src/adapters/postgres/copy-failure.js';
import { copyStatement, selectList, splitColumns } from '#src/adapters/postgres/select-list.js';
import type { CopyConsumer } from '#src/core/decode/copy-stream-decoder.js';
import type { TableSpec } from '#src/core/model/relation.js';
import { RowCollector } from '../support/copy-rows.js';
import { type TestDatabase, testServer } from '../support/postgres.js';

let database: TestDatabase;
let client: pg.Client;
/** `server_version_num`: the tests run on 12 to 18. */
let version: number;

const BEGIN = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';
const copyOf = (query: string) => `COPY (${query}) TO STDOUT (FORMAT binary)`;

async function run(statements: readonly string[], options: CopyOptions = {}, on: pg.Client = client) {
  const rows = new RowCollector();
  const totals = await runCopies(on, statements, rows, options);
  return { rows, totals };
}

async function failureOf(statements: readonly string[], options: CopyOptions = {}, consumer?: CopyConsumer) {
  const rows = new RowCollector();
  const error = await runCopies(client, statements, consumer ?? rows, options).then(
    () => expect.fail('it did not fail'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(CopyFailure);
  return { failure: error as CopyFailure, rows };
}

const isIdle = async (on: pg.Client) => {
  const { rows } = await on.query('SELECT 42 AS answer, now() = statement_timestamp() AS outside');
  expect(rows).toEqual([{ answer: 42, outside: true }]);
};

async function tableNamed(name: string, on: pg.Client = client): Promise<TableSpec> {
  await on.query('BEGIN READ ONLY');
  const options = { source: 'batch', views: { maxCost: 1e9 }, foreignTables: false, excludeSchemas: [] };
  const { tables } = await discoverTables(on, options);
  await on.query('COMMIT');
  return tables.find((table) => table.name === name) ?? expect.fail(`${name} was not found`);
}

/** Reads a table as the engine does; each value with its length field, as texts where they are texts. */
async function read(name: string, maxValueBytes = 1024, on: pg.Client = client, prologue = BEGIN) {
  const table = await tableNamed(name, on);
  const part = table.parts[0]!;
  const groups = splitColumns(table.columns);
  const lists = groups.map((group) => selectList(group, part.guarded, maxValueBytes));
  const statements = lists.map((list) => copyStatement(part, list));
  const { rows, totals } = await run(statements, { prologue, epilogue: 'COMMIT' }, on);
  const cells = new Map<string, { value: Buffer | null; length: number | null }[]>();
  for (const [copy, group] of groups.entries()) {
    for (const [index, column] of group.entries()) {
      const { value, length } = lists[copy]!.fields[index]!;
      const cell = (row: (Buffer | null)[]) => ({
        value: row[value] ?? null,
        length: length < 0 ? null : (row[length]?.readInt32BE() ?? null),
      });
      cells.set(column.name, rows.copies[copy]!.map(cell));
    }
  }
  return { table, part, totals, cells, counts: rows.copies.map((copy) => copy.length) };
}

beforeAll(async () => {
  database = await (await testServer()).createDatabase();
  client = await database.client();
  version = Number((await client.query('SHOW server_version_num')).rows[0].server_version_num);
});

describe('runCopies', () => {
  test('streams several COPYs of one string in order', async () => {
    const { rows, totals } = await run(
      [
        copyOf(`SELECT i::text FROM generate_series(1, 3) i`),
        copyOf('SELECT 1::int8 WHERE false'),
        copyOf(`SELECT 'x'`),
      ],
      { prologue: `${BEGIN}; SET LOCAL work_mem = '8MB'; SELECT 'ignored';`, epilogue: 'COMMIT' },
    );
    expect([rows.texts(0), rows.texts(1), rows.texts(2)]).toEqual([[['1'], ['2'], ['3']], [], [['x']]]);
    expect(rows.ended).toEqual([0, 1, 2]);
    expect(totals.rows).toBe(4);
    expect(totals.bytes).toBeGreaterThan(60);
    await isIdle(client);
  });

  test('runs nothing for no statement', async () => {
    expect(await runCopies(client, [], new RowCollector(), { prologue: BEGIN })).toEqual({ rows: 0, bytes: 0 });
    await isIdle(client);
  });

  test('hands the connection back to the library', async () => {
    const stream = (client as unknown as { connection: { stream: Socket } }).connection.stream;
    const before = stream.listeners('data');
    // queued behind each other: the library submits the next one while it handles the end of the first
    const [first, plain, second] = await Promise.all([
      run([copyOf('SELECT g::text FROM generate_series(1, 20000) g')]),
      client.query('SELECT 7 AS n'),
      run([copyOf(`SELECT 'second'`)]),
    ]);
    expect(first.totals.rows).toBe(20000);
    expect(first.rows.texts().at(-1)).toEqual(['20000']);
    expect(plain.rows).toEqual([{ n: 7 }]);
    expect(second.rows.texts()).toEqual([['second']]);
    expect(stream.listeners('data')).toEqual(before);
    expect(stream.listenerCount('close')).toBe(1);
  });

  test('passes notices on', async () => {
    await client.query(
      `CREATE FUNCTION shout() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'hello'; RETURN 1; END $$`,
    );
    const notice = once(client, 'notice');
    await run([copyOf('SELECT shout()')]);
    expect((await notice)[0].message).toBe('hello');
  });

  test('an error in one of several tells how many were complete', async () => {
    await client.query(`CREATE VIEW broken AS SELECT 10 / (5 - i) AS n FROM generate_series(1, 9) i`);
    const good = copyOf('SELECT 1');
    const options = { prologue: BEGIN, epilogue: 'COMMIT' };
    const { failure, rows } = await failureOf([good, good, copyOf('SELECT * FROM broken'), good], options);
    expect(failure).toMatchObject({ copy: 2, phase: 'copy', code: '22012', message: 'division by zero' });
    expect(failure.cause).toBeInstanceOf(pg.DatabaseError);
    expect(rows.ended).toEqual([0, 1]);
    await isIdle(client);
    expect((await run([good], options)).totals.rows).toBe(1);
  });

  test('an error around the COPYs is told apart', async () => {
    const good = copyOf('SELECT 1');
    const lock = `${BEGIN}; LOCK TABLE gone IN ACCESS SHARE MODE;`;
    const before = (await failureOf([good], { prologue: lock, epilogue: 'COMMIT' })).failure;
    expect(before).toMatchObject({ copy: 0, phase: 'prologue', code: '42P01' });
    await isIdle(client);
    const first = (await failureOf([copyOf('SELECT 1 / 0'), good], { prologue: BEGIN })).failure;
    expect(first).toMatchObject({ copy: 0, phase: 'copy', code: '22012' });
    await isIdle(client);
    const after = (await failureOf([good, good], { prologue: BEGIN, epilogue: 'SELECT 1 / 0; COMMIT' })).failure;
    expect(after).toMatchObject({ copy: 2, phase: 'epilogue', code: '22012' });
    await isIdle(client);
    const syntax = (await failureOf([good, 'COPY nonsense'])).failure;
    expect(syntax).toMatchObject({ copy: 0, code: '42601' });
    await isIdle(client);
  });

  test('a table dropped by the time its turn comes fails alone', async () => {
    await client.query('CREATE TABLE doomed (a int); CREATE TABLE kept (a int)');
    const part = (await tableNamed('doomed')).parts[0]!;
    await client.query('DROP TABLE doomed');
    const { failure } = await failureOf([copyOf('SELECT 1'), copyStatement(part, { sql: '"a"' })], { prologue: BEGIN });
    expect(failure).toMatchObject({ copy: 1, phase: 'copy', code: '42P01' });
  });

  test('an error thrown by the consumer ends the connection, on the server too', async () => {
    const own = await database.client();
    const { rows } = await own.query('SELECT pg_backend_pid() AS pid');
    const consumer = new RowCollector();
    consumer.batch = () => {
      throw new RangeError('cannot digest this');
    };
    const huge = copyOf(`SELECT generate_series(1, 1000000000), repeat('x', 1000)`);
    const error = await runCopies(own, [huge], consumer).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ phase: 'copy', copy: 0, message: 'cannot digest this', code: undefined });
    expect((error as CopyFailure).cause).toBeInstanceOf(RangeError);
    await expect(own.query('SELECT 1')).rejects.toThrow();
    for (let alive = 1; alive > 0; ) {
      alive = (await client.query('SELECT 1 FROM pg_stat_activity WHERE pid = $1', [rows[0].pid])).rows.length;
    }
    await expect(runCopies(own, [huge], new RowCollector())).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  test('a killed server process is the server’s own error, a lost network a reset', async () => {
    const killed = await database.client();
    const { rows } = await killed.query('SELECT pg_backend_pid() AS pid');
    const kill = new RowCollector();
    let asked = false;
    kill.batch = () => {
      if (!asked) void client.query('SELECT pg_terminate_backend($1)', [rows[0].pid]);
      asked = true;
    };
    const endless = copyOf('SELECT generate_series(1, 1000000000)');
    const byServer = await runCopies(killed, [endless], kill, { prologue: BEGIN }).catch((reason: unknown) => reason);
    expect(byServer).toMatchObject({ name: 'CopyFailure', phase: 'copy', copy: 0, code: '57P01' });

    const proxy = createServer((incoming) => {
      const { host, port } = database.connection;
      const outgoing = connectSocket(port, host);
      incoming.pipe(outgoing).on('error', () => {});
      outgoing.pipe(incoming).on('error', () => {});
      cut = () => {
        incoming.destroy();
        outgoing.destroy();
      };
    });
    let cut = () => {};
    await once(proxy.listen(0, '127.0.0.1'), 'listening');
    const { user, password } = database.connection;
    const remote = new pg.Client({
      host: '127.0.0.1',
      port: (proxy.address() as AddressInfo).port,
      user,
      password: password!,
      database: database.name,
    });
    remote.on('error', () => {});
    await remote.connect();
    const consumer = new RowCollector();
    consumer.batch = () => cut();
    const lost = await runCopies(remote, [endless], consumer).catch((reason: unknown) => reason);
    expect(lost).toMatchObject({ name: 'CopyFailure', phase: 'copy', copy: 0, code: 'ECONNRESET' });
    proxy.close();
  });

  test('works over TLS', async () => {
    const folder = mkdtempSync('/tmp/sentinel-copy-tls-');
    try {
      const [key, cert] = ['key.pem', 'cert.pem'].map((file) => join(folder, file)) as [string, string];
      const subject = ['-subj', '/CN=localhost', '-days', '2', '-nodes', '-newkey', 'rsa:2048'];
      execFileSync('openssl', ['req', '-x509', ...subject, '-keyout', key, '-out', cert], { stdio: 'ignore' });
      const texts = [key, cert].map((file) => readFileSync(file, 'utf8'));
      const { connection } = database;
      // a TLS end of our own in front of the server: what matters here is the client's side
      const terminator = createServer((raw) => {
        raw.once('data', () => {
          raw.write('S');
          const secure = new TLSSocket(raw, { isServer: true, key: texts[0]!, cert: texts[1]! });
          const plain = connectSocket(connection.port, connection.host);
          secure.pipe(plain).on('error', () => {});
          plain.pipe(secure).on('error', () => {});
        });
      });
      await once(terminator.listen(0, '127.0.0.1'), 'listening');
      const secured = new pg.Client({
        host: '127.0.0.1',
        port: (terminator.address() as AddressInfo).port,
        user: connection.user,
        password: connection.password!,
        database: database.name,
        ssl: { rejectUnauthorized: false },
      });
      secured.on('error', () => {});
      await secured.connect();
      const stream = (secured as unknown as { connection: { stream: unknown } }).connection.stream;
      expect(stream).toBeInstanceOf(TLSSocket);
      const { totals } = await run([copyOf('SELECT g::text FROM generate_series(1, 50000) g')], {}, secured);
      expect(totals.rows).toBe(50000);
      await isIdle(secured);
      await secured.end();
      terminator.close();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('select lists, read', () => {
  test('hostile names, generated and dropped columns', async () => {
    const hostile = '"; drop table x; --\n😀';
    const name = `"${hostile.replaceAll('"', '""')}"`;
    await client.query(`
      CREATE TABLE ${name} (${name} int4, gone int, twice int GENERATED ALWAYS AS (${name} * 2) STORED,
        lazy int GENERATED ALWAYS AS (${name} * 3) ${version >= 180000 ? 'VIRTUAL' : 'STORED'});
      ALTER TABLE ${name} DROP COLUMN gone; INSERT INTO ${name} VALUES (7)`);
    const { cells } = await read(hostile);
    const values = [...cells].map(([column, [cell]]) => [column, cell?.value?.readInt32BE()]);
    expect(values).toEqual([
      [hostile, 7],
      ['twice', 14],
      ['lazy', 21],
    ]);
  });

  test('a table without columns still has rows', async () => {
    await client.query(
      'CREATE TABLE nothing (); INSERT INTO nothing DEFAULT VALUES; INSERT INTO nothing DEFAULT VALUES',
    );
    expect((await read('nothing')).counts).toEqual([2]);
  });

  test('1,600 columns, guarded, come in several COPYs under one snapshot', async () => {
    const list = (of: (i: number) => string) => Array.from({ length: 1600 }, (_, i) => of(i)).join(', ');
    await client.query(`
      CREATE TABLE wide (${list((i) => `c${i} text`)}); INSERT INTO wide (c0, c1599) VALUES ('first', 'last');
      INSERT INTO wide (c7) SELECT string_agg(md5(i::text), '') FROM generate_series(1, 1000) i`);
    const { cells, counts, part } = await read('wide');
    expect(part.guarded).toBe(true);
    expect(counts).toEqual([2, 2, 2, 2, 2, 2, 2]);
    expect(cells.size).toBe(1600);
    expect(cells.get('c1599')?.map((cell) => cell.value?.toString())).toEqual(['last', undefined]);
    expect(cells.get('c7')?.[1]).toMatchObject({ length: 32000 });
  });

  test('domains, enums and other native types send the binary form of their base type', async () => {
    await client.query(`
      CREATE DOMAIN positive AS int8 CHECK (VALUE > 0); CREATE DOMAIN tiny AS positive CHECK (VALUE < 100);
      CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN feeling AS mood; CREATE DOMAIN price AS numeric(9, 2);
      CREATE DOMAIN label AS varchar(10); CREATE DOMAIN code AS char(5);
      CREATE TABLE based (a tiny, b mood, c feeling, d price, e label, f code, g name, h char(5));
      INSERT INTO based VALUES (42, 'ok', 'sad', 12.34, 'é', 'x', 'n', 'y')`);
    const { cells } = await read('based');
    const value = (column: string) => cells.get(column)?.[0]?.value;
    expect(value('a')?.readBigInt64BE()).toBe(42n);
    expect(['b', 'c', 'e', 'f', 'g', 'h'].map((column) => value(column)?.toString())).toEqual([
      ...['ok', 'sad', 'é', 'x    ', 'n', 'y    '],
    ]);
    expect(value('d')).toEqual(Buffer.from([0, 2, 0, 0, 0, 0, 0, 2, 0, 12, 3400 >> 8, 3400 & 255]));
  });

  test('the same table sends the same values guarded and not', async () => {
    await client.query(`
      CREATE TABLE twice (a text, b char(5), c label, d bytea, e jsonb, f int[], g int4range, h name, i code);
      INSERT INTO twice VALUES ('ä', 'x', 'l', '\\x00ff', '{"a": 1}', '{1,NULL,3}', '[1,5)', 'n', 'c'); INSERT INTO twice DEFAULT VALUES`);
    const { part, table } = await read('twice');
    const rowsOf = async (guarded: boolean) => {
      const list = selectList(table.columns, guarded, 1024);
      const { rows } = await run([copyStatement(part, list)]);
      const cells = rows.copies[0]!.map((row) => list.fields.map((field) => row[field.value]));
      const cut = rows.copies[0]!.map((row) =>
        list.fields.filter((field, i) => table.columns[i]!.kind !== 'array' && row[field.length]),
      );
      return { cells, cut: cut.flat() };
    };
    expect((await rowsOf(true)).cells).toEqual((await rowsOf(false)).cells);
    expect((await rowsOf(true)).cut).toEqual([]);
  });

  test('arrays bring their number of elements', async () => {
    await client.query(`CREATE TABLE lists (a int[], b text[][], c mood[])`);
    await client.query(`INSERT INTO lists VALUES ('{1,2,3}', '{{a,b},{c,d}}', '{}'), (NULL, '{NULL}', '{ok}')`);
    const { cells } = await read('lists');
    expect([...cells.values()].map((list) => list.map((cell) => [cell.value?.toString(), cell.length]))).toEqual([
      [
        ['{1,2,3}', 3],
        [undefined, null],
      ],
      [
        ['{{a,b},{c,d}}', 4],
        ['{NULL}', 1],
      ],
      [
        ['{}', 0],
        ['{ok}', 1],
      ],
    ]);
  });

  test('every type has a text', async () => {
    await client.query(`
      CREATE TYPE pair AS (a int, b text); CREATE DOMAIN paired AS pair;
      CREATE TABLE every AS SELECT int4range(1, 5) AS c_range, ${version >= 140000 ? "'{[1,2),[5,6)}'::int4multirange" : "'{[1,2),[5,6)}'::text"} AS c_multi, point(1, 2) AS c_point,
        ROW (1, 'x')::pair AS c_pair, ROW (1, 'x')::pair::paired AS c_paired, 'a & b'::tsquery AS c_query,
        'x y'::tsvector AS c_vector, '12.50'::money AS c_money, 'c'::"char" AS c_char, B'101' AS c_bit,
        '10.0.0.1'::inet AS c_inet, '<a/>'::xml AS c_xml, 'pg_class'::regclass AS c_class, '0/1'::pg_lsn AS c_lsn,
        '1 2'::oidvector AS c_oids, '08:00:2b:01:02:03'::macaddr AS c_mac, '$.a'::jsonpath AS c_path, '(1,2)'::tid AS c_tid,
        '1:3:'::txid_snapshot AS c_snap, '{"a": 1}'::json AS c_json, ARRAY[ROW (1, 'x')::pair] AS c_pairs`);
    const { cells, part } = await read('every');
    const texts = Object.fromEntries([...cells].map(([name, [cell]]) => [name.slice(2), cell?.value?.toString()]));
    expect(texts).toEqual({
      ...{ range: '[1,5)', multi: '{[1,2),[5,6)}', point: '(1,2)', pair: '(1,x)', paired: '(1,x)', query: "'a' & 'b'" },
      ...{ vector: "'x' 'y'", money: expect.stringContaining('12.50'), char: 'c', bit: '101', inet: '10.0.0.1/32' },
      ...{ xml: '<a/>', class: 'pg_class', lsn: '0/1', oids: '1 2', mac: '08:00:2b:01:02:03', path: '$."a"' },
      ...{ tid: '(1,2)', snap: '1:3:', json: '{"a": 1}', pairs: '{"(1,x)"}' },
    });
    const list = selectList((await tableNamed('every')).columns, true, 2);
    expect((await run([copyStatement(part, list)])).totals.rows).toBe(1);
  });

  test('of a large value only its prefix and length travel', async () => {
    await client.query(`
      CREATE TABLE large (t text, b bytea, j jsonb, d json, a int[], c char(3000));
      ALTER TABLE large ALTER t SET STORAGE EXTERNAL;
      INSERT INTO large (t) SELECT string_agg(md5(i::text), '') FROM generate_series(1, 2097152) i;
      UPDATE large SET b = convert_to(left(t, 5000), 'UTF8'), j = to_jsonb(left(t, 5000)), d = to_json(left(t, 5000)),
        a = ARRAY(SELECT generate_series(1, 2000)), c = 'x';
      INSERT INTO large (t, j, d) SELECT repeat('é', 600), to_jsonb(left(hex, 1022)), to_json(left(hex, 1023))
        FROM (SELECT string_agg(md5(i::text), '') AS hex FROM generate_series(1, 40) i) AS digits`);
    const { cells, part, totals } = await read('large');
    expect(part.guarded).toBe(true);
    expect(totals.bytes).toBeLessThan(20_000);
    const at = (row: number) =>
      Object.fromEntries([...cells].map(([name, list]) => [name, [list[row]?.value?.length, list[row]?.length]]));
    const none = [undefined, null];
    expect(at(0)).toEqual({
      t: [1024, 64 * 1024 * 1024],
      b: [1024, 5000],
      j: [1025, 5002],
      d: [1025, 5002],
      a: [1025, 2000],
      c: [1, 3000],
    });
    // 1,200 bytes of 600 characters count as cut; 1,024 bytes of jsonb are whole, 1,025 of json are not
    expect(at(1)).toEqual({ t: [1200, 1200], b: none, j: [1024, null], d: [1025, 1025], a: none, c: none });
  });

  test('a numeric of 131,072 digits passes natively', async () => {
    await client.query(`CREATE TABLE digits AS SELECT repeat('9', 131072)::numeric AS n`);
    expect((await read('digits')).cells.get('n')?.[0]?.value?.length).toBe(8 + 2 * 32768);
  });

  test('a view, and the ranges of a heap', async () => {
    await client.query(`CREATE TABLE chunked AS SELECT i, repeat('x', 500) AS pad FROM generate_series(1, 1000) i;
      CREATE VIEW over_chunked AS SELECT i FROM chunked`);
    expect((await read('over_chunked')).counts).toEqual([1000]);
    const table = await tableNamed('chunked');
    const list = selectList(table.columns.slice(0, 1), false, 1024);
    const bounds = [0, 10, 30, null];
    const ranges = bounds.slice(0, -1).map((fromBlock, i) => ({ fromBlock: fromBlock!, toBlock: bounds[i + 1]! }));
    const statements = ranges.map((range) => copyStatement(table.parts[0]!, list, range));
    const { rows } = await run(statements);
    const seen = rows.copies.map((copy) => copy.map(([value]) => value!.readInt32BE()));
    expect(seen.flat()).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1));
    expect(seen.every((chunk) => chunk.length > 0)).toBe(true);
    const query = statements[1]!.slice('COPY ('.length, statements[1]!.indexOf(') TO STDOUT'));
    const plan = (await client.query(`EXPLAIN ${query}`)).rows.map((row) => row['QUERY PLAN']).join('\n');
    expect(plan).toContain(version >= 140000 ? 'Tid Range Scan' : 'Seq Scan');
    expect(table.parts[0]?.chunkable).toBe(version >= 140000);
  });
});

describe('encodings', () => {
  test('LATIN1 arrives as UTF-8, and is guarded', async () => {
    const latin = await (await testServer()).createDatabase(undefined, { encoding: 'LATIN1' });
    const own = await latin.client();
    await own.query(`CREATE TABLE cities (name text); INSERT INTO cities VALUES ('Málaga'), (repeat('é', 2000))`);
    const { cells, part } = await read('cities', 1024, own);
    expect(part.guarded).toBe(true);
    const [short, long] = cells.get('name')!;
    expect(short).toEqual({ value: Buffer.from('Málaga'), length: null });
    expect(long?.value?.toString()).toBe('é'.repeat(1024));
    expect(long?.length).toBe(2000);
  });

  test('bytes that are no UTF-8 pass through an SQL_ASCII database', async () => {
    const ascii = await (await testServer()).createDatabase(undefined, { encoding: 'SQL_ASCII' });
    const own = await ascii.client();
    await own.query(`CREATE TABLE raw (t text); INSERT INTO raw VALUES (E'a\\xff\\xfeb'), (repeat(E'\\xff', 2000))`);
    // with client_encoding UTF8 the server would check what it cannot convert, and refuse it
    const { cells } = await read('raw', 1024, own, `${BEGIN}; SET LOCAL client_encoding = 'SQL_ASCII'`);
    const [short, long] = cells.get('t')!;
    expect(short?.value).toEqual(Buffer.from([0x61, 0xff, 0xfe, 0x62]));
    expect([long?.value?.length, long?.length]).toEqual([1024, 2000]);
  });
});
