import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { processIdentity } from '#src/adapters/embedded/process-identity.js';
import { freePort } from '#src/adapters/embedded/server.js';
import { openEngine } from '#src/adapters/open-engine.js';
import { connect } from '#src/adapters/postgres/connect.js';
import { getDatabaseManager } from '#src/adapters/postgres/database-manager.js';
import { checkSource } from '#src/adapters/postgres/health.js';
import { quoteIdentifier } from '#src/adapters/postgres/quote.js';
import { connectionsLeft, readServerFacts } from '#src/adapters/postgres/server-facts.js';
import { readOnly } from '#src/adapters/postgres/transaction.js';
import { publishState, readStates } from '#src/adapters/process-state.js';
import type { ConnectionSettings } from '#src/contract/connection.js';
import { DEFAULT_CHECK_SETTINGS } from '#src/core/checks/index.js';
import { GUARDS, rejection } from '../support/connections.js';
import { ownServer, SERVER_VERSION, type TestDatabase, type TestServer } from '../support/postgres.js';

let server: TestServer;
let database: TestDatabase;
let settings: ConnectionSettings;
let guest: ConnectionSettings;
const role = `"guest" ${randomBytes(4).toString('hex')}`;

beforeAll(async () => {
  server = await ownServer({ wal_level: 'logical' });
  database = await server.createDatabase();
  settings = database.connection;
  guest = { ...settings, user: role, password: 'pw' };
  const owner = await database.client();
  await owner.query(`CREATE ROLE ${quoteIdentifier(role)} LOGIN PASSWORD 'pw' CONNECTION LIMIT 3`);
  await owner.query(`CREATE SCHEMA closed; CREATE SCHEMA "Open""ed"; CREATE SCHEMA wide; CREATE SCHEMA sentinel`);
  await owner.query(`CREATE TABLE closed.t (a int); GRANT SELECT ON closed.t TO ${quoteIdentifier(role)}`);
  await owner.query(`GRANT USAGE ON SCHEMA "Open""ed", wide TO ${quoteIdentifier(role)}`);
  await owner.query(`CREATE TABLE "Open""ed"."a;b" (); CREATE TABLE "Open""ed".c (a int, b int)`);
  await owner.query(`ALTER TABLE "Open""ed"."a;b" ADD COLUMN a int; CREATE VIEW "Open""ed".v AS SELECT 1 AS n`);
  await owner.query(`GRANT SELECT (a) ON "Open""ed".c TO ${quoteIdentifier(role)}`);
  for (let n = 0; n < 21; n++) await owner.query(`CREATE TABLE wide.t${n} (a int)`);
  await owner.query(`CREATE TABLE sentinel.run (a int)`);
});

afterAll(() => server.stop());

describe('checkSource', () => {
  test('a source where all is well', async () => {
    const owner = await database.client();
    await owner.query(`SELECT pg_create_logical_replication_slot('health_test', 'pgoutput')`);
    onTestFinished(async () => void (await owner.query(`SELECT pg_drop_replication_slot('health_test')`)));
    const health = await checkSource(settings, GUARDS);
    expect(health).toMatchObject({
      source: 'batch',
      status: 'ok',
      reachable: true,
      authenticated: true,
      tls: false,
      version: expect.stringMatching(/^\d+/),
      database: settings.database,
      inRecovery: false,
      privileges: { schemas: 0, tables: 0, grants: [] },
      slots: [{ name: 'health_test', active: false, walStatus: SERVER_VERSION >= 130000 ? 'reserved' : null }],
      pooler: null,
      readOnlyGuards: true,
    });
    expect(health.latencyMs).toBeGreaterThan(0);
    expect(health.slots?.[0]?.retainedBytes).toBeGreaterThanOrEqual(0);
    expect(health.connections).toMatchObject({ max: 200 });
    expect(health).not.toHaveProperty('failure');
    expect(JSON.stringify(health)).not.toContain(settings.password);
  });

  test('what a role cannot read, and the statements that mend it', async () => {
    const before = await checkSource(guest, GUARDS, { excludeSchemas: ['sentinel'] });
    expect(before.status).toBe('degraded');
    expect(before.privileges).toMatchObject({ schemas: 1, tables: 1 + 2 + 21 });
    const owner = await database.client();
    for (const grant of before.privileges!.grants) await owner.query(grant);
    const after = await checkSource(guest, GUARDS, { excludeSchemas: ['sentinel'] });
    expect(after).toMatchObject({ status: 'ok', privileges: { schemas: 0, tables: 0, grants: [] } });
    const all = await checkSource(guest, GUARDS);
    expect(all.privileges).toMatchObject({ schemas: 1, tables: 1 });
  });

  test('connections left are what the role may still open', async () => {
    const client = await connect(guest, GUARDS, 'sentinel/test');
    onTestFinished(() => client.end());
    const facts = await readOnly(client, GUARDS, () => readServerFacts(client));
    expect(facts).toMatchObject({
      superuser: false,
      user: role,
      encoding: 'UTF8',
      roleConnectionLimit: 3,
      databaseConnectionLimit: -1,
      reservedConnections: 3,
      usedByRole: 1,
      systemIdentifier: expect.stringMatching(/^\d+$/),
      pooled: false,
    });
    expect(connectionsLeft(facts)).toBe(2);
    expect(connectionsLeft({ ...facts, roleConnectionLimit: -1 })).toBe(200 - 3 - facts.usedConnections);
    expect(connectionsLeft({ ...facts, databaseConnectionLimit: 0 })).toBe(0);
  });

  test.each<[string, Partial<ConnectionSettings>, object]>([
    ['a wrong password', { password: 'wrong' }, { reachable: true, authenticated: false, failure: { code: '28P01' } }],
    [
      'a missing database',
      { database: 'absent' },
      { reachable: true, authenticated: true, failure: { code: '3D000' } },
    ],
    [
      'a TLS setting that cannot work',
      { sslMode: 'verify-ca' },
      { reachable: false, failure: { code: 'tls_settings' } },
    ],
  ])('%s', async (_, changes, expected) => {
    expect(await checkSource({ ...settings, ...changes }, GUARDS)).toMatchObject({
      status: 'down',
      latencyMs: null,
      ...expected,
    });
  });

  test('a catalog that is locked leaves what was found before it, within the limit', async () => {
    const locker = await database.client();
    await locker.query('BEGIN; LOCK TABLE pg_stat_ssl');
    onTestFinished(async () => void (await locker.query('ROLLBACK')));
    const health = await checkSource(settings, GUARDS, { limitMs: 1_500 });
    expect(health).toMatchObject({ status: 'degraded', authenticated: true, readOnlyGuards: true, connections: null });
    expect(health.failure?.retryable).toBe(true);
  });
});

describe('getDatabaseManager', () => {
  test('all sources at once; one that is down or hangs costs the others nothing', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void silent.close());
    const manager = getDatabaseManager({
      guards: GUARDS,
      sources: [
        settings,
        { ...settings, name: 'cdc', envPrefix: 'CDC_DB', port: await freePort() },
        { ...settings, name: 'hung', envPrefix: 'HUNG_DB', port: (silent.address() as AddressInfo).port },
      ],
    });
    const report = await manager.healthCheck();
    expect(report).toMatchObject({
      status: 'down',
      sources: [
        { source: 'batch', status: 'ok' },
        { source: 'cdc', status: 'down', reachable: false, failure: { code: 'ECONNREFUSED', source: 'cdc' } },
        { source: 'hung', status: 'down', reachable: false, failure: { source: 'hung', retryable: true } },
      ],
    });
    expect(structuredClone(report)).toEqual(report);
    await manager.end();
    await expect(manager.healthCheck()).rejects.toThrow('closed');
  });
});

test('an address that drops what is sent to it is down within the limit', async () => {
  // A listener that never accepts: once its queue is full the kernel drops every further attempt.
  const script = `const s = require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    console.log(s.address().port); process.kill(process.pid, 'SIGSTOP'); });`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  const fillers: Socket[] = [];
  onTestFinished(() => {
    for (const filler of fillers) filler.destroy();
    child.kill('SIGKILL');
  });
  const port = Number(String((await once(child.stdout, 'data'))[0]));
  for (let isFull = false; !isFull; ) {
    const filler = connectTcp(port, '127.0.0.1').on('error', () => {});
    fillers.push(filler);
    isFull = await Promise.race([once(filler, 'connect').then(() => false), sleep(300, true)]);
  }
  const health = await checkSource({ ...settings, port }, GUARDS, { limitMs: 1_000 });
  expect(health).toMatchObject({ status: 'down', reachable: false, failure: { retryable: true } });
  expect(health.failure?.message).toMatch(/within 1 s.*BATCH_DB_HOST/);
});

describe('the metadata store', () => {
  const store = (connection: ConnectionSettings) => checkSource(connection, GUARDS, { storeSchema: 'history "1"' });

  test('is well where its schema can be made', async () => {
    expect(await store(settings)).toMatchObject({ status: 'ok', privileges: { schemas: 0, tables: 0, grants: [] } });
  });

  test('what a role lacks to keep it, and the statements that mend it', async () => {
    const owner = await database.client();
    const before = await store(guest);
    expect(before).toMatchObject({ status: 'degraded', privileges: { schemas: 1, tables: 0 } });
    await owner.query(`CREATE SCHEMA "history ""1"""; CREATE TABLE "history ""1""".run (a int)`);
    onTestFinished(async () => void (await owner.query(`DROP SCHEMA "history ""1""" CASCADE`)));
    const made = await store(guest);
    expect(made).toMatchObject({ status: 'degraded', privileges: { schemas: 1, tables: 1 } });
    for (const grant of [...before.privileges!.grants, ...made.privileges!.grants]) await owner.query(grant);
    expect(await store(guest)).toMatchObject({ status: 'ok', privileges: { schemas: 0, tables: 0, grants: [] } });
  });
});

describe('replication', () => {
  test('how far the reader of an active slot is behind; a role that may not see replicas is told how', async () => {
    const reader = new ReplicationReader(settings);
    await reader.start('health_reader');
    onTestFinished(() => reader.end());
    const owner = await database.client();
    await owner.query(`CREATE TABLE churn AS SELECT repeat('x', 1000) FROM generate_series(1, 1000)`);
    const health = await checkSource(settings, GUARDS);
    expect(health.monitoringGrant).toBeNull();
    const lag = health.lags?.find(({ name }) => name === 'health_reader');
    expect(lag).toMatchObject({ kind: 'slot', behindBytes: expect.any(Number) });
    expect((lag as { behindBytes: number }).behindBytes).toBeGreaterThan(100_000);
    const hidden = await checkSource(guest, GUARDS);
    expect(hidden.monitoringGrant).toBe(`GRANT pg_monitor TO ${quoteIdentifier(role)};`);
    await owner.query(hidden.monitoringGrant!);
    expect((await checkSource(guest, GUARDS)).monitoringGrant).toBeNull();
  });
});

describe('what runs', () => {
  test('pools and breaker of an engine of this process and of another, in text and data', async () => {
    const stateDir = mkdtempSync(join(tmpdir(), 'sentinel-state-'));
    onTestFinished(() => rmSync(stateDir, { recursive: true, force: true }));
    const away = { ...settings, name: 'cdc', envPrefix: 'CDC_DB', port: await freePort() };
    const breaker = { failures: 1, cooldownMs: 3_600_000, recoveryMs: 0 };
    const manager = getDatabaseManager({ sources: [settings, away], guards: GUARDS, stateDir });
    const idle = (await manager.healthCheck()).sources;
    expect(idle.map((source) => [source.breaker, source.pool])).toEqual([
      [null, null],
      [null, null],
    ]);

    // Another process: left behind by one that was killed, and one that runs.
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    onTestFinished(() => void child.kill('SIGKILL'));
    const facts = { state: 'open', failures: 7, openForMs: 2_000, retryInMs: 500, openings: 1 };
    const cause = { code: 'ECONNREFUSED', message: 'nothing listens there' };
    const pool = { open: 3, idle: 1, waiting: 2, peak: 4, ceiling: 6 };
    const { host, port, database: name } = settings;
    const told = {
      pid: child.pid!,
      host: hostname(),
      identity: processIdentity(child.pid!),
      command: 'run',
      atMs: Date.now() - 1_000,
      sources: [{ source: 'batch', host, port, database: name, breaker: { ...facts, cause }, pool }],
    };
    writeFileSync(join(stateDir, 'one.json'), JSON.stringify(told));
    writeFileSync(join(stateDir, 'dead.json'), JSON.stringify({ ...told, identity: 'another' }));
    writeFileSync(join(stateDir, 'torn.json'), '{"pid":');
    const [batch] = (await manager.healthCheck()).sources;
    expect(batch).toMatchObject({
      status: 'degraded',
      pool: { ...pool, processes: 1 },
      breaker: { state: 'open', failures: 7, cause, pid: child.pid, command: 'run', retryInMs: 0 },
    });
    expect(batch!.breaker!.openForMs).toBeGreaterThanOrEqual(3_000);
    expect(readdirSync(stateDir).sort()).toEqual(['one.json', 'torn.json']);

    const engine = openEngine({
      connections: [settings, away],
      breaker,
      settings: {
        guards: GUARDS,
        retry: { maxAttempts: 0, backoffFactor: 1, initialDelayMs: 0, maxDelayMs: 0 },
        pool: { size: 1, maxOverflow: 1 },
        profile: { maxValueBytes: 1024, seed: 1, stateMinBytes: 1e9 },
        discovery: { views: { maxCost: 0 }, foreignTables: false, excludeSchemas: [] },
        checks: { disabled: [], settings: DEFAULT_CHECK_SETTINGS },
        logLevel: 'error',
      },
      workers: 1,
      signal: new AbortController().signal,
      onLog() {},
      onProgress() {},
      onRetry() {},
      state: { dir: stateDir, command: 'profile' },
    });
    try {
      await engine.sources[0]!.discover();
      expect(await rejection(engine.sources[1]!.discover())).toMatchObject({ code: 'ECONNREFUSED' });
      const [own, other] = (await manager.healthCheck()).sources;
      expect(own!.pool).toMatchObject({ processes: 2, open: 3, ceiling: 9 });
      expect(other).toMatchObject({
        status: 'down',
        breaker: { state: 'open', failures: 1, pid: process.pid, command: 'profile', cause: { code: 'ECONNREFUSED' } },
        pool: { processes: 1, open: 0, ceiling: null },
      });
      expect((other!.breaker!.cause as { message: string }).message).toMatch(/nothing listens .*CDC_DB_HOST/);
    } finally {
      await engine.close();
    }
    expect(readdirSync(stateDir).sort()).toEqual(['one.json', 'torn.json']);
  });

  test('a folder that cannot be written fails nothing', async () => {
    const published = publishState('/proc/no/such', 'run', () => []);
    published.changed();
    expect(await readStates('/proc/no/such', 1_000)).toMatchObject([{ pid: process.pid, command: 'run' }]);
    published.end();
    expect(await readStates('/proc/no/such', 1_000)).toEqual([]);
  });
});

describe('the disk of the logs', () => {
  test.each<[string, string, number, object]>([
    ['room enough', tmpdir(), 1024, { status: 'ok', writable: true }],
    ['a folder yet to be made', join(tmpdir(), 'not', 'made', 'yet'), 1024, { status: 'ok', writable: true }],
    [
      'too little room',
      tmpdir(),
      2 ** 50,
      { status: 'degraded', message: expect.stringMatching(/nearly full.*LOG_DIR/) },
    ],
    [
      'a file',
      process.execPath,
      1024,
      { status: 'degraded', message: expect.stringMatching(/no folder; set LOG_DIR/) },
    ],
  ])('%s', async (_, dir, maxBytes, expected) => {
    const { logs, status } = await getDatabaseManager({
      sources: [],
      guards: GUARDS,
      logs: { dir, maxBytes },
    }).healthCheck();
    expect(logs).toMatchObject({ dir, freeBytes: expect.any(Number), neededBytes: 8 * maxBytes, ...expected });
    expect(status).toBe(logs!.status);
  });
});

/** Reads a slot as a consumer of changes does, and confirms nothing. */
class ReplicationReader {
  #client: pg.Client;

  constructor({ host, port, user, password, database: name }: ConnectionSettings) {
    this.#client = new pg.Client({
      host,
      port,
      user,
      password,
      database: name,
      replication: 'database',
    } as pg.ClientConfig);
    this.#client.on('error', () => {});
  }

  async start(slot: string): Promise<void> {
    await this.#client.connect();
    await this.#client.query(`CREATE_REPLICATION_SLOT ${slot} LOGICAL test_decoding`);
    void this.#client.query(`START_REPLICATION SLOT ${slot} LOGICAL 0/0`).catch(() => {});
    const owner = await database.client();
    const active = 'SELECT FROM pg_replication_slots WHERE slot_name = $1 AND active';
    while ((await owner.query(active, [slot])).rowCount === 0) {}
  }

  async end(): Promise<void> {
    this.#client.connection.stream.destroy();
    const owner = await database.client();
    for (;;)
      try {
        await owner.query(`SELECT pg_drop_replication_slot('health_reader')`);
        return;
      } catch {}
  }
}
