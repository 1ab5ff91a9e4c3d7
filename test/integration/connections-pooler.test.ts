import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '#src/adapters/embedded/server.js';
import { cancelUntilSettled } from '#src/adapters/postgres/cancel.js';
import { connect } from '#src/adapters/postgres/connect.js';
import { createSlotsBuffer } from '#src/adapters/postgres/connection-slots.js';
import { checkSource } from '#src/adapters/postgres/health.js';
import { SourcePool } from '#src/adapters/postgres/source-pool.js';
import { readOnly } from '#src/adapters/postgres/transaction.js';
import type { ConnectionSettings } from '#src/contract/connection.js';
import { GUARDS, rejection } from '../support/connections.js';
import { testServer } from '../support/postgres.js';

/** Runs where PgBouncer is installed. */
describe.skipIf(!pgbouncerIsHere())('behind PgBouncer', () => {
  const running: ChildProcess[] = [];
  let folder: string;
  let direct: ConnectionSettings;

  beforeAll(async () => {
    direct = (await (await testServer()).createDatabase()).connection;
    folder = mkdtempSync('/var/tmp/sentinel-pgbouncer-');
    chmodSync(folder, 0o755);
  });

  afterAll(() => {
    for (const child of running) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(mode: 'transaction' | 'session'): Promise<ConnectionSettings> {
    const port = await freePort();
    const users = join(folder, 'users');
    writeFileSync(users, `"${direct.user}" "${direct.password}"\n`);
    const config = join(folder, `${mode}.ini`);
    writeFileSync(
      config,
      `[databases]\n* = host=${direct.host} port=${direct.port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${port}\nunix_socket_dir =\nauth_type = scram-sha-256\nauth_file = ${users}\npool_mode = ${mode}\ndefault_pool_size = 5\n`,
    );
    // It refuses to run as root.
    const account = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const child = spawn('pgbouncer', [config], { stdio: 'ignore', ...account });
    running.push(child);
    const settings = { ...direct, port };
    for (;;) {
      const client = await connect(settings, GUARDS, 'sentinel/test').catch(() => null);
      if (client) return client.end().then(() => settings);
      await sleep(10);
    }
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

  test('many requests share few server connections, and a statement is cancelled through it', async () => {
    const settings = await start('transaction');
    const source = { connection: settings, openConnections: createSlotsBuffer(), maxConnections: 20, keepIdle: true };
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

function pgbouncerIsHere(): boolean {
  try {
    execFileSync('pgbouncer', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
