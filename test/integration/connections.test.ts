import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '#src/adapters/embedded/server.js';
import { cancelQuery, connect } from '#src/adapters/postgres/connect.js';
import { toFailure } from '#src/adapters/postgres/failure.js';
import { isTransient } from '#src/adapters/postgres/retry.js';
import type { SilenceLimits } from '#src/adapters/postgres/silence-guard.js';
import { SourceClient } from '#src/adapters/postgres/source-client.js';
import { readOnly, type TransactionOptions } from '#src/adapters/postgres/transaction.js';
import type { ConnectionSettings } from '#src/contract/connection.js';
import { GUARDS, rejection, untilSleeping } from '../support/connections.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import { type TestDatabase, testServer } from '../support/postgres.js';

let database: TestDatabase;
let settings: ConnectionSettings;

beforeAll(async () => {
  database = await (await testServer()).createDatabase();
  settings = database.connection;
});

const open = async (guards = GUARDS, name = 'sentinel/test') => {
  const client = await connect(settings, guards, name);
  onTestFinished(() => client.end());
  return client;
};

/** What a person reads when connecting fails. */
const refusal = async (changes: Partial<ConnectionSettings>, guards = GUARDS) => {
  const changed = { ...settings, ...changes };
  const failure = toFailure(await rejection(connect(changed, guards, 'sentinel/test')), { connection: changed });
  if (changed.password) expect(failure.message).not.toContain(changed.password);
  return failure;
};

describe('connecting fails with a sentence that names what to change', () => {
  const servers: Server[] = [];
  const sockets: Socket[] = [];
  const listen = async (server: Server) => {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  };
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    for (const server of servers) server.close();
  });

  test('wrong password', async () => {
    expect(await refusal({ password: 'wrong' })).toMatchObject({
      code: '28P01',
      retryable: false,
      message: expect.stringContaining('BATCH_DB_PASSWORD'),
    });
  });
  test('no password, even where the environment has one for libpq', async () => {
    process.env.PGPASSWORD = settings.password;
    onTestFinished(() => void delete process.env.PGPASSWORD);
    const { password: _, ...without } = settings;
    const failure = toFailure(await rejection(connect(without, GUARDS, 'sentinel/test')));
    expect(failure).toMatchObject({ code: 'no_password', message: expect.stringContaining('BATCH_DB_PASSWORD_FILE') });
  });
  test('missing database', async () => {
    expect(await refusal({ database: 'no such database' })).toMatchObject({
      code: '3D000',
      message: expect.stringContaining('BATCH_DB_NAME'),
    });
  });
  test('unknown host', async () => {
    const { code, message } = await refusal({ host: 'no-such-host.invalid' });
    expect(code).toMatch(/^(ENOTFOUND|EAI_AGAIN)$/);
    expect(message).toContain('BATCH_DB_HOST');
  });
  test('a port nobody listens on', async () => {
    expect(await refusal({ port: await freePort() })).toMatchObject({
      code: 'ECONNREFUSED',
      retryable: true,
      message: expect.stringContaining('BATCH_DB_PORT'),
    });
  });
  test.each(['disable', 'prefer', 'require'] as const)('an HTTP server, sslmode %s', async (sslMode) => {
    const port = await listen(createHttpServer((_, response) => response.end('hello')));
    expect(await refusal({ port, sslMode })).toMatchObject({
      code: 'not_postgres',
      retryable: false,
      message: expect.stringContaining('an HTTP server answers'),
    });
  });
  test('a server that greets first and then waits', async () => {
    const port = await listen(createServer((socket) => void socket.on('error', () => {}).write('220 mail ready\r\n')));
    expect((await refusal({ port })).code).toBe('not_postgres');
  });
  test.each(['disable', 'prefer'] as const)('a server that says nothing, sslmode %s', async (sslMode) => {
    const port = await listen(createServer((socket) => void sockets.push(socket)));
    expect(await refusal({ port, sslMode }, { ...GUARDS, connectTimeoutMs: 200 })).toMatchObject({
      code: 'connect_timeout',
      retryable: true,
      message: expect.stringContaining('CONNECT_TIMEOUT'),
    });
  });
  test('a server that hangs in the middle of the login', async () => {
    const askForPassword = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]);
    const port = await listen(
      createServer((socket) => {
        sockets.push(socket);
        socket.write(askForPassword);
      }),
    );
    expect((await refusal({ port }, { ...GUARDS, connectTimeoutMs: 200 })).code).toBe('connect_timeout');
  });
  test('a server that hangs up', async () => {
    const port = await listen(createServer((socket) => void socket.on('error', () => {}).destroy()));
    const { code, retryable } = await refusal({ port });
    expect(code).toMatch(/^(connection_lost|ECONNRESET)$/);
    expect(retryable).toBe(true);
  });
});

describe('a connection', () => {
  test('tells its name, at most 63 bytes of it, and sends no other setting', async () => {
    process.env.PGOPTIONS = '-c geqo=off';
    onTestFinished(() => void delete process.env.PGOPTIONS);
    const client = await open(GUARDS, `sentinel/ü${'x'.repeat(80)}`);
    const { rows } = await client.query(`SELECT current_setting('application_name') AS name,
      (SELECT array_agg(name::text ORDER BY name) FROM pg_settings WHERE source = 'client') AS sent`);
    expect(rows).toEqual([{ name: `sentinel/?${'x'.repeat(53)}`, sent: ['application_name', 'client_encoding'] }]);
  });

  test('that the server ends while idle ends nothing else, and the next statement says why', async () => {
    const [victim, other] = [await open(), await open()];
    const gone = new Promise((resolve) => victim.once('end', resolve));
    await other.query('SELECT pg_terminate_backend($1)', [(victim as unknown as { processID: number }).processID]);
    await gone;
    await victim.closed;
    expect((victim.lost as { code?: string }).code).toBe('57P01');
    expect(isTransient(await rejection(victim.query('SELECT 1')))).toBe(true);
  });

  describe('on a network that went silent under a statement', () => {
    const silentUnder = async (
      limits: SilenceLimits,
      statementTimeoutMs: number,
      gone: 'black hole' | 'half-open',
      idleMs = 0,
      latencyMs = 0,
    ) => {
      const proxy = await startFaultProxy(settings);
      onTestFinished(() => proxy.close());
      const guards = {
        ...GUARDS,
        connectTimeoutMs: 1_500,
        statementTimeoutMs,
        maxTransactionAgeMs: statementTimeoutMs,
      };
      const client = new SourceClient({ ...settings, port: proxy.port }, guards, 'sentinel/test', limits);
      await client.connect();
      await proxy.setMode({ kind: 'latency', ms: latencyMs });
      await client.query('SELECT 1');
      await sleep(idleMs);
      if (gone === 'black hole') await proxy.setMode({ kind: 'black hole' });
      else proxy.halfOpenAll('server');
      const error = await rejection(client.query('SELECT 1'));
      expect(isTransient(error)).toBe(true);
      await client.closed;
      return error;
    };

    test.each([
      ['busy', 0],
      ['idle for longer than it may be silent', 300],
    ])('it is given up when the server takes no other connection either: %s before', async (_, idleMs) => {
      const error = await silentUnder({ askAfterMs: 50, marginMs: 3_600_000 }, 3_600_000, 'black hole', idleMs);
      expect(error).toMatchObject({ code: 'ETIMEDOUT', message: expect.stringMatching(/takes no new connections/) });
    });

    test('it is given up after the statement timeout where the server is well', async () => {
      const error = await silentUnder({ askAfterMs: 50, marginMs: 300 }, 300, 'half-open');
      expect(error).toMatchObject({
        code: 'ETIMEDOUT',
        message: expect.stringMatching(/longer than the statement timeo/),
      });
    });

    test('it is given up also where the statement before was asked about still when it came', async () => {
      const error = await silentUnder({ askAfterMs: 100, marginMs: 300 }, 300, 'half-open', 0, 200);
      expect(error).toMatchObject({ code: 'ETIMEDOUT' });
    });

    test('one that is merely slow is left alone', async () => {
      const client = new SourceClient(settings, GUARDS, 'sentinel/test', { askAfterMs: 20, marginMs: 0 });
      await client.connect();
      onTestFinished(() => client.end());
      expect((await client.query('SELECT pg_sleep(0.5), 1 AS one')).rows[0].one).toBe(1);
    });
  });

  test('cancelQuery ends its statement on the server', async () => {
    const client = await open();
    const sleeping = client.query('SELECT pg_sleep(3600)');
    const cancelled = rejection(sleeping);
    await untilSleeping(await database.client(), (client as unknown as { processID: number }).processID);
    expect(await cancelQuery(client, settings, 5_000)).toBe(true);
    expect((await cancelled).code).toBe('57014');
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  });

  test('cancelQuery is over within its limit where nobody answers', async () => {
    const client = await open();
    const deaf = createServer(() => {});
    await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void deaf.close());
    const elsewhere = { ...settings, port: (deaf.address() as AddressInfo).port };
    const key = client as unknown as { processID: number; secretKey: number };
    const stranger = { ...key, connection: { stream: {} }, processID: key.processID, secretKey: key.secretKey };
    expect(await cancelQuery(stranger as never, elsewhere, 100)).toBe(false);
  });

  test('that ends under a running statement takes the statement with it', async () => {
    const [client, other] = [await open(), await open()];
    const { processID } = client as unknown as { processID: number };
    const lost = rejection(client.query('SELECT pg_sleep(3600)'));
    await client.end();
    await lost;
    const { rows } = await other.query('SELECT count(*)::int AS left FROM pg_stat_activity WHERE pid = $1', [
      processID,
    ]);
    expect(rows).toEqual([{ left: 0 }]);
  });
});

describe('a read-only transaction', () => {
  const shown = async (options: Partial<TransactionOptions> = {}) => {
    const client = await open();
    const settingOf = async (name: string) =>
      (await client.query<{ value: string | null }>('SELECT current_setting($1, true) AS value', [name])).rows[0]
        ?.value;
    return readOnly(client, { ...GUARDS, ...options }, async () => {
      const names =
        'transaction_read_only transaction_isolation statement_timeout lock_timeout idle_in_transaction_session_timeout transaction_timeout row_security search_path TimeZone DateStyle IntervalStyle extra_float_digits bytea_output synchronize_seqscans jit client_encoding max_parallel_workers_per_gather';
      const values: Record<string, unknown> = {};
      for (const name of names.split(' ')) values[name] = await settingOf(name);
      return values;
    });
  };

  test('has every guard set', async () => {
    const version = (await open()).serverParameters.get('server_version');
    expect(await shown()).toEqual({
      transaction_read_only: 'on',
      transaction_isolation: 'read committed',
      statement_timeout: '30s', // capped to the age of the transaction
      lock_timeout: '5s',
      idle_in_transaction_session_timeout: '30s',
      transaction_timeout: Number.parseInt(version ?? '', 10) >= 17 ? '30s' : null,
      row_security: 'off',
      search_path: 'pg_catalog, pg_temp',
      TimeZone: 'UTC',
      DateStyle: 'ISO, MDY',
      IntervalStyle: 'postgres',
      extra_float_digits: '1',
      bytea_output: 'hex',
      synchronize_seqscans: 'off',
      jit: 'off',
      client_encoding: 'UTF8',
      max_parallel_workers_per_gather: '0',
    });
  });

  test('takes the isolation and parallelism asked for', async () => {
    expect(await shown({ isolation: 'repeatable read', parallel: true })).toMatchObject({
      transaction_isolation: 'repeatable read',
      max_parallel_workers_per_gather: '2',
    });
  });

  test('leaves the session as it was', async () => {
    const client = await open();
    const before = (await client.query('SELECT name, setting FROM pg_settings ORDER BY name')).rows;
    await readOnly(client, GUARDS, () => client.query('SELECT 1'));
    await rejection(readOnly(client, GUARDS, () => client.query('SELECT 1/0')));
    expect((await client.query('SELECT name, setting FROM pg_settings ORDER BY name')).rows).toEqual(before);
  });

  test('reads what another transaction exported', async () => {
    const [owner, reader, writer] = [await open(), await open(), await database.client()];
    await writer.query('CREATE TABLE public.seen AS SELECT 1 AS n');
    const count = () => reader.query<{ n: number }>('SELECT count(*)::int AS n FROM public.seen');
    await readOnly(owner, { ...GUARDS, isolation: 'repeatable read' }, async () => {
      const snapshot = (await owner.query<{ id: string }>('SELECT pg_export_snapshot() AS id')).rows[0]!.id;
      await writer.query('INSERT INTO public.seen VALUES (2)');
      const adopted = { ...GUARDS, isolation: 'repeatable read', snapshot } as const;
      expect((await readOnly(reader, adopted, count)).rows).toEqual([{ n: 1 }]);
      expect((await readOnly(reader, GUARDS, count)).rows).toEqual([{ n: 2 }]);
    });
  });

  test('refuses to write', async () => {
    const client = await open();
    expect((await rejection(readOnly(client, GUARDS, () => client.query('CREATE TABLE public.x ()')))).code).toBe(
      '25006',
    );
  });

  test('rolls back and tells the first error, whatever becomes of the rollback', async () => {
    const [client, killer] = [await open(), await open()];
    const { processID } = client as unknown as { processID: number };
    const first = new Error('mine');
    const failed = readOnly(client, GUARDS, async () => {
      await killer.query('SELECT pg_terminate_backend($1)', [processID]);
      throw first;
    });
    expect(await rejection(failed)).toBe(first);
  });

  test('ends a statement at its timeout and waits for a lock no longer than allowed', async () => {
    const [client, locker] = [await open(), await database.client()];
    const slow = readOnly(client, { ...GUARDS, statementTimeoutMs: 50 }, () => client.query('SELECT pg_sleep(3600)'));
    expect((await rejection(slow)).code).toBe('57014');
    await locker.query('CREATE TABLE public.locked ()');
    await locker.query('BEGIN; LOCK TABLE public.locked');
    const waiting = readOnly(client, { ...GUARDS, lockTimeoutMs: 50 }, () => client.query('SELECT FROM public.locked'));
    expect((await rejection(waiting)).code).toBe('55P03');
    await locker.query('ROLLBACK');
  });
});
