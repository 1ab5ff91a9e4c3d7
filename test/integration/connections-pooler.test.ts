import { beforeAll, describe, expect, test } from 'vitest';
import { cancelUntilSettled } from '#src/adapters/postgres/cancel.js';
import { createBreakerBuffer } from '#src/adapters/postgres/circuit-breaker.js';
import { connect } from '#src/adapters/postgres/connect.js';
import { createSlotsBuffer } from '#src/adapters/postgres/connection-slots.js';
import { toFailure } from '#src/adapters/postgres/failure.js';
import { checkSource } from '#src/adapters/postgres/health.js';
import { SourcePool } from '#src/adapters/postgres/source-pool.js';
import { readOnly } from '#src/adapters/postgres/transaction.js';
import type { ConnectionSettings } from '#src/contract/connection.js';
import { GUARDS, rejection } from '../support/connections.js';
import { type PoolMode, pgbouncerIsHere, startPgbouncer } from '../support/pgbouncer.js';
import { ownServer, testServer } from '../support/postgres.js';

/** Runs where PgBouncer is installed. */
describe.skipIf(!pgbouncerIsHere())('behind PgBouncer', () => {
  let direct: ConnectionSettings;
  beforeAll(async () => {
    direct = (await (await testServer()).createDatabase()).connection;
  });

  async function start(mode: PoolMode, poolSettings = {}): Promise<ConnectionSettings> {
    return { ...direct, port: (await startPgbouncer(direct, mode, poolSettings)).port };
  }

  test.each(['transaction', 'session'] as const)('%s pooling is seen and named', async (mode) => {
    const health = await checkSource(await start(mode), GUARDS);
    expect(health).toMatchObject({ status: 'ok', pooler: mode, readOnlyGuards: true });
  });

  test('guards hold in each transaction and leave nothing behind for the next client', async () => {
    const settings = await start('transaction');
    const [one, other] = await Promise.all([1, 2].map(() => connect(settings, GUARDS, 'sentinel/test')));
    const guards = { ...GUARDS, statementTimeoutMs: 12_345 };
    const timeout = async (client = one!) =>
      (await client.query<{ v: string }>(`SELECT current_setting('statement_timeout') AS v`)).rows[0]!.v;
    for (let n = 0; n < 5; n++) {
      expect(await readOnly(one!, guards, () => timeout())).toBe('12345ms');
      expect(await timeout(other)).toBe('0');
    }
    await Promise.all([one!.end(), other!.end()]);
  });

  test('its own errors are told as what they are, and tried again where that helps', async () => {
    const server = await ownServer();
    const own = (await server.createDatabase()).connection;
    const settings = { default_pool_size: 1, query_wait_timeout: 1, server_login_retry: 1, max_client_conn: 2 };
    const pooled = { ...own, port: (await startPgbouncer(own, 'transaction', settings)).port };
    const open = (changes: Partial<ConnectionSettings> = {}) =>
      connect({ ...pooled, ...changes }, GUARDS, 'sentinel/test');
    const failure = async (work: Promise<unknown>) => toFailure(await rejection(work), { connection: pooled });
    expect(await failure(open({ password: 'wrong' }))).toMatchObject({ code: '28P01', retryable: false });
    const absent = open({ database: 'absent' }).then((client) => client.query('SELECT 1'));
    expect(await failure(absent)).toMatchObject({ code: '3D000', retryable: false });
    const [holder, waiting] = [await open(), await open()];
    await holder.query('BEGIN');
    expect(await failure(open())).toMatchObject({ code: '53300', retryable: true });
    const full = await failure(waiting.query('SELECT 1'));
    expect(full).toMatchObject({ code: '53300', retryable: true });
    expect(full.message).toContain('default_pool_size');
    const killed = failure(holder.query('SELECT pg_sleep(3600)'));
    const watcher = await connect(own, GUARDS, 'sentinel/test');
    const asleep = "SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    while ((await watcher.query(asleep)).rowCount === 0) {}
    await watcher.end();
    await server.stop();
    expect(await killed).toMatchObject({ code: '08006', retryable: true });
    expect(await failure(open().then((client) => client.query('SELECT 1')))).toMatchObject({ retryable: true });
  });

  test('many requests share few server connections, and a statement is cancelled through it', async () => {
    const settings = await start('transaction');
    const source = {
      connection: settings,
      openConnections: createSlotsBuffer(),
      breaker: { state: createBreakerBuffer(), failures: 5, cooldownMs: 100, recoveryMs: 0 },
      maxConnections: 20,
      keepIdle: true,
    };
    const pool = new SourcePool(source, GUARDS, { size: 5, maxOverflow: 10 }, 'sentinel/test');
    const work = (n: number) =>
      pool.withClient((client) =>
        readOnly(client, GUARDS, async () => (await client.query('SELECT $1::int AS n', [n])).rows[0].n),
      );
    expect(await Promise.all(Array.from({ length: 30 }, (_, n) => work(n)))).toEqual(
      Array.from({ length: 30 }, (_, n) => n),
    );
    await pool.end();
    const client = await connect(settings, GUARDS, 'sentinel/test');
    const cancelled = rejection(client.query('SELECT pg_sleep(3600)'));
    await cancelUntilSettled(client, settings, 5_000);
    expect((await cancelled).code).toBe('57014');
    await client.end();
  });
});
