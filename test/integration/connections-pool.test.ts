import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '#src/adapters/embedded/server.js';
import { createBreakerBuffer } from '#src/adapters/postgres/circuit-breaker.js';
import { ConnectionSlots, createSlotsBuffer } from '#src/adapters/postgres/connection-slots.js';
import { type PoolEvent, SourcePool } from '#src/adapters/postgres/source-pool.js';
import type { ConnectionSettings, Guards, PoolSettings } from '#src/contract/connection.js';
import type { SourceSettings } from '#src/contract/messages.js';
import { GUARDS, rejection } from '../support/connections.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import { type TestDatabase, testServer } from '../support/postgres.js';

let database: TestDatabase;
let settings: ConnectionSettings;
let watcher: pg.Client;

beforeAll(async () => {
  database = await (await testServer()).createDatabase();
  settings = database.connection;
  watcher = await database.client();
});

interface Setup {
  readonly max?: number;
  readonly keepIdle?: boolean;
  readonly connection?: Partial<ConnectionSettings>;
  readonly guards?: Guards;
  readonly pool?: PoolSettings;
  readonly shared?: SharedArrayBuffer;
}

let made = 0;

/** A pool with a name of its own on the server, ended with the test; its slots must all be free then. */
function createPool({ max = 100, keepIdle = true, connection, guards = GUARDS, pool, shared }: Setup = {}) {
  const openConnections = shared ?? createSlotsBuffer();
  const source: SourceSettings = {
    connection: { ...settings, ...connection },
    openConnections,
    breaker: { state: createBreakerBuffer(), failures: 5, cooldownMs: 100, recoveryMs: 0 },
    maxConnections: max,
    keepIdle,
  };
  const name = `sentinel/pool-test-${++made}`;
  const events: PoolEvent[] = [];
  const own = new SourcePool(source, guards, pool ?? { size: 5, maxOverflow: 10 }, name, (event) => events.push(event));
  const slots = new ConnectionSlots(openConnections, max);
  onTestFinished(async () => {
    await own.end();
    if (!shared) expect(slots.open()).toBe(0);
  });
  return { pool: own, slots, events, name };
}

/** Connections the server has under this application name. */
async function onServer(name: string): Promise<number> {
  const { rows } = await watcher.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = $1',
    [name],
  );
  return rows[0]!.n;
}

const until = async (condition: () => boolean | Promise<boolean>) => {
  while (!(await condition())) await sleep(5);
};

describe('SourcePool', () => {
  test.each([
    ['kept', { max: 7, keepIdle: true }],
    ['closed after each use', { max: 7, keepIdle: false }],
    ['limited by the pool', { max: 100, pool: { size: 2, maxOverflow: 3 } }],
  ])('50 requests at once never exceed the ceiling: connections %s', async (_, setup) => {
    const { pool, slots, name } = createPool(setup);
    const ceiling = Math.min(setup.max, 'pool' in setup ? 5 : 15);
    let done = false;
    let most = 0;
    const sampling = (async () => {
      while (!done) most = Math.max(most, await onServer(name));
    })();
    const work = Array.from({ length: 50 }, (_, n) =>
      pool.withClient(
        async (client) => (await client.query<{ n: number }>('SELECT $1::int AS n, pg_sleep(0.01)', [n])).rows[0]!.n,
      ),
    );
    expect(await Promise.all(work)).toEqual(Array.from({ length: 50 }, (_, n) => n));
    done = true;
    await sampling;
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(ceiling);
    expect(slots.peak()).toBe(ceiling);
  });

  test('keeps at most `size` connections, none where they must not be kept', async () => {
    for (const [keepIdle, kept] of [
      [true, 2],
      [false, 0],
    ] as const) {
      const { pool, slots, name } = createPool({ keepIdle, pool: { size: 2, maxOverflow: 4 } });
      await Promise.all(
        Array.from({ length: 6 }, () => pool.withClient((client) => client.query('SELECT pg_sleep(0.05)'))),
      );
      expect(slots.peak()).toBe(6);
      await until(() => slots.open() === kept);
      expect(pool.stats()).toEqual({ open: kept, idle: kept, waiting: 0 });
      expect(await onServer(name)).toBe(kept);
    }
  });

  test('two pools under one ceiling: neither starves while the other is idle', async () => {
    const shared = createSlotsBuffer();
    const [one, other] = [createPool({ max: 2, shared }), createPool({ max: 2, shared })];
    const twice = (pool: SourcePool) =>
      Promise.all([1, 2].map(() => pool.withClient((client) => client.query('SELECT pg_sleep(0.02)'))));
    await twice(one.pool);
    expect(one.pool.stats().idle).toBe(2);
    await twice(other.pool);
    expect(one.slots.peak()).toBe(2);
  });

  test('a connection the server ends while idle is replaced, and its slot comes back', async () => {
    const { pool, slots, events, name } = createPool({ max: 1 });
    const pid = async () =>
      pool.withClient(
        async (client) => (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]!.pid,
      );
    const first = await pid();
    await watcher.query('SELECT pg_terminate_backend($1)', [first]);
    await until(() => slots.open() === 0);
    expect(await pid()).not.toBe(first);
    expect(await onServer(name)).toBe(1);
    expect(events.map(({ type }) => type)).toEqual(['open', 'lost', 'close', 'open']);
  });

  test('a connection the server ends in use fails its work with the reason', async () => {
    const { pool, slots } = createPool({ max: 1 });
    const killed = pool.withClient(async (client) => {
      const { processID } = client as unknown as { processID: number };
      await watcher.query('SELECT pg_terminate_backend($1)', [processID]);
      await sleep(20);
      await client.query('SELECT 1');
    });
    expect((await rejection(killed)).code).toBe('57P01');
    await until(() => slots.open() === 0);
    await pool.withClient((client) => client.query('SELECT 1'));
  });

  test('failed connections keep no slot', async () => {
    const silent = createServer();
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void silent.close());
    const silentPort = (silent.address() as AddressInfo).port;
    const failures: [Setup, string][] = [
      [{ connection: { port: await freePort() } }, 'ECONNREFUSED'],
      [{ connection: { password: 'wrong' } }, '28P01'],
      [{ connection: { database: 'absent' } }, '3D000'],
      [{ connection: { port: silentPort }, guards: { ...GUARDS, connectTimeoutMs: 50 } }, 'connect_timeout'],
      [{ connection: { sslMode: 'verify-full' } }, 'tls_settings'],
    ];
    for (const [setup, code] of failures) {
      const { pool, slots } = createPool({ ...setup, max: 1 });
      for (let attempt = 0; attempt < 3; attempt++) {
        expect((await rejection(pool.withClient(async () => {}))).code).toBe(code);
      }
      await until(() => slots.open() === 0);
      expect(pool.stats()).toEqual({ open: 0, idle: 0, waiting: 0 });
    }
  });

  test.each<[string, (client: pg.Client) => Promise<unknown>]>([
    ['an open transaction', (client) => client.query('BEGIN')],
    ['a failed transaction', (client) => client.query('BEGIN; SELECT 1/0')],
    ['a statement that timed out', (client) => client.query('SET statement_timeout = 20; SELECT pg_sleep(3600)')],
    [
      'a statement that still runs',
      async (client) => {
        client.query('SELECT pg_sleep(3600)').catch(() => {});
        throw new Error('gave up');
      },
    ],
  ])('a connection left with %s is closed', async (_, leave) => {
    const { pool, slots, name } = createPool();
    await pool.withClient(leave).catch(() => {});
    await until(() => slots.open() === 0);
    expect(await onServer(name)).toBe(0);
  });

  test('a connection whose statement merely failed is used again', async () => {
    const { pool, events } = createPool();
    for (let n = 0; n < 3; n++)
      expect((await rejection(pool.withClient((client) => client.query('SELECT 1/0')))).code).toBe('22012');
    expect(events.map(({ type }) => type)).toEqual(['open']);
  });

  test('cancelRunning ends what runs on the server', async () => {
    const { pool, name } = createPool();
    const running = [1, 2, 3].map(() => rejection(pool.withClient((client) => client.query('SELECT pg_sleep(3600)'))));
    await until(async () => (await onServer(name)) === 3);
    await until(
      async () =>
        (
          await watcher.query(`SELECT FROM pg_stat_activity WHERE application_name = $1 AND wait_event = 'PgSleep'`, [
            name,
          ])
        ).rowCount === 3,
    );
    await pool.cancelRunning();
    expect((await Promise.all(running)).map(({ code }) => code)).toEqual(['57014', '57014', '57014']);
  });

  test('end waits for what runs, turns away what waits, and leaves nothing open', async () => {
    const { pool, slots, name } = createPool({ max: 1 });
    const running = pool.withClient(async (client) => {
      await client.query('SELECT pg_sleep(0.1)');
      return 'done';
    });
    const waiting = rejection(pool.withClient(async () => {}));
    await until(() => pool.stats().open === 1);
    await pool.end();
    expect(await running).toBe('done');
    expect((await waiting).code).toBe('pool_ended');
    expect((await rejection(pool.withClient(async () => {}))).code).toBe('pool_ended');
    expect([slots.open(), await onServer(name)]).toEqual([0, 0]);
  });

  test('a wait for a connection ends by itself', async () => {
    const guards = { connectTimeoutMs: 50, statementTimeoutMs: 50, maxTransactionAgeMs: 50, lockTimeoutMs: 50 };
    const shared = createSlotsBuffer();
    const holder = createPool({ max: 1, shared });
    const { pool } = createPool({ max: 1, shared, guards });
    await holder.pool.withClient(async () => {
      expect(await rejection(pool.withClient(async () => {}))).toMatchObject({ code: 'pool_timeout', retryable: true });
    });
    // The request that gave up must not keep the connection it was promised.
    await until(() => pool.stats().waiting === 0);
    await pool.end();
    expect(pool.stats().open).toBe(0);
  });
});

describe('a pool and the circuit breaker of its source', () => {
  test('failures of statements do not count, connections that cannot be made or break do; then nothing is sent', async () => {
    const proxy = await startFaultProxy(settings);
    onTestFinished(() => proxy.close());
    const { pool, events } = createPool({ connection: { port: proxy.port } });
    const states = () => events.flatMap((event) => (event.type === 'breaker' ? [event.transition.to] : []));
    const codes = async (times: number, work: (client: pg.Client) => Promise<unknown>) => {
      const found: (string | undefined)[] = [];
      for (let n = 0; n < times; n++) found.push((await rejection(pool.withClient(work))).code);
      return found;
    };
    const raise = (state: string) => (client: pg.Client) =>
      client.query(`DO $$ BEGIN RAISE 'x' USING ERRCODE = '${state}'; END $$`);
    // 08001 is what a foreign table says whose own server is away.
    for (const state of ['08001', '55P03', '40P01', '57014', '53400'])
      expect(await codes(6, raise(state))).toEqual(Array(6).fill(state));
    const dawdle = async (client: pg.Client) => {
      await client.query('SET idle_in_transaction_session_timeout = 1; BEGIN');
      await sleep(50);
      await client.query('SELECT 1');
    };
    expect(await codes(6, dawdle)).toEqual(Array(6).fill('25P03'));
    expect(states()).toEqual([]);

    await proxy.setMode({ kind: 'refuse' });
    proxy.resetAll();
    const refused = await codes(7, (client) => client.query('SELECT 1'));
    expect(refused.slice(-2)).toEqual(['breaker_open', 'breaker_open']);
    expect(states()).toEqual(['open']);
    const { accepted } = proxy.counts;
    await proxy.setMode({ kind: 'pass' });
    await until(async () => (await pool.withClient((client) => client.query('SELECT 1')).catch(() => null)) !== null);
    expect(states().slice(-2)).toEqual(['half-open', 'closed']);
    expect(proxy.counts.accepted - accepted).toBe(1);
    expect(events.filter(({ type }) => type === 'renewed')).toHaveLength(1);
  });

  test('idle connections whose other end is gone without a word cost one wait, and none is lent', async () => {
    const proxy = await startFaultProxy(settings);
    onTestFinished(() => proxy.close());
    const guards = { ...GUARDS, connectTimeoutMs: 1_000 };
    const { pool, events, slots } = createPool({ connection: { port: proxy.port }, guards });
    await Promise.all([1, 2, 3].map(() => pool.withClient((client) => client.query('SELECT pg_sleep(0.1)'))));
    expect(pool.stats().idle).toBe(3);
    await sleep(2_100);
    proxy.halfOpenAll('server');
    const { rows } = await pool.withClient((client) => client.query<{ one: number }>('SELECT 1 AS one'));
    expect(rows).toEqual([{ one: 1 }]);
    expect(events.filter(({ type }) => type === 'lost')).toHaveLength(1);
    await until(() => slots.open() === 1);
  });
});
