import { randomBytes } from 'node:crypto';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '#src/adapters/embedded/server.js';
import { connect } from '#src/adapters/postgres/connect.js';
import { getDatabaseManager } from '#src/adapters/postgres/database-manager.js';
import { checkSource } from '#src/adapters/postgres/health.js';
import { quoteIdentifier } from '#src/adapters/postgres/quote.js';
import { connectionsLeft, readServerFacts } from '#src/adapters/postgres/server-facts.js';
import { readOnly } from '#src/adapters/postgres/transaction.js';
import type { ConnectionSettings } from '#src/contract/connection.js';
import { GUARDS } from '../support/connections.js';
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
