import { beforeAll, describe, expect, test } from 'vitest';
import { migrate } from '#src/adapters/store/migrate.js';
import { MIGRATIONS } from '#src/adapters/store/migrations/index.js';
import { type TestServer, testServer } from '../support/postgres.js';
import { day, openTestStore, storeOptions, tableRecord } from '../support/store-records.js';

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});

describe('migrations', () => {
  test('five processes open a new store at once; each step is applied once', async () => {
    const database = await server.createDatabase();
    const stores = await Promise.all(Array.from({ length: 5 }, () => openTestStore(database)));
    const again = await openTestStore(database);
    const client = await database.client();
    const { rows } = await client.query('SELECT version, name FROM sentinel.migration ORDER BY version');
    expect(rows).toEqual(MIGRATIONS.map(({ version, name }) => ({ version, name })));
    for (const store of [...stores, again]) await store.close();
  });

  test('are numbered from 1 without gaps, and a step that fails leaves nothing', async () => {
    expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, i) => i + 1));
    const database = await server.createDatabase();
    const client = await database.client();
    const broken = { version: 1, name: 'broken', sql: (s: string) => `CREATE TABLE ${s}.half (); SELECT 1 / 0` };
    const { connection } = storeOptions(database);
    await expect(migrate(client, connection, 'sentinel', [broken])).rejects.toThrow(/SQLSTATE 22012/);
    expect((await client.query(`SELECT FROM pg_namespace WHERE nspname = 'sentinel'`)).rowCount).toBe(0);
    await migrate(client, connection, 'sentinel');
  });

  test('what was told before a delivery could tell of several incidents is known by its incident', async () => {
    const database = await server.createDatabase();
    const client = await database.client();
    const { connection } = storeOptions(database);
    await migrate(client, connection, 'sentinel', MIGRATIONS.slice(0, 7));
    await client.query(`INSERT INTO sentinel.run (label, command, state, started_at, as_of)
      VALUES ('r', 'run', 'finished', now(), now())`);
    await client.query(`INSERT INTO sentinel.incident (label, fingerprint, source, state, severity, score, title, first_run,
      last_run, opened_at, last_seen_at) VALUES ('INC-1', 'f', 'batch', 'open', 'warn', 1, 't', 1, 1, now(), now())`);
    await client.query(`INSERT INTO sentinel.alert_delivery (incident, sink, dedup_key, payload, state, created_at)
      VALUES (1, 'webhook', 'INC-1/1', '{}', 'delivered', now())`);
    await migrate(client, connection, 'sentinel');
    const { rows } = await client.query('SELECT incident, incidents FROM sentinel.alert_delivery');
    expect(rows).toEqual([{ incident: '1', incidents: ['1'] }]);
  });

  test('a store that a newer program made is refused', async () => {
    const database = await server.createDatabase();
    await (await openTestStore(database)).close();
    await (await database.client()).query(`INSERT INTO sentinel.migration (version, name) VALUES (999, 'future')`);
    await expect(openTestStore(database)).rejects.toMatchObject({
      code: 'store_newer',
      message: expect.stringMatching(/schema version 999.*newer Sentinel.*METADATA_SCHEMA/s),
    });
  });

  test('a role without the right to create gets the statement that mends it, and it does', async () => {
    const database = await server.createDatabase();
    const admin = await database.client();
    const role = `limited ${database.name}`;
    await admin.query(`CREATE ROLE "${role}" LOGIN PASSWORD 'limited'`);
    const connection = { ...storeOptions(database).connection, user: role, password: 'limited' };
    const refused = await openTestStore(database, { connection }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'store_forbidden', failure: { retryable: false, source: 'metadata' } });
    const { message } = refused as Error;
    expect(message).toContain('METADATA_DB_*; METADATA_SCHEMA');
    await admin.query(/CREATE SCHEMA .*?;/.exec(message)![0]);
    await (await openTestStore(database, { connection })).close();

    await admin.query(`CREATE SCHEMA other`);
    const closed = await openTestStore(database, { connection, schema: 'other' }).catch((error: unknown) => error);
    await admin.query(/GRANT USAGE.*?;/.exec((closed as Error).message)![0]);
    await (await openTestStore(database, { connection, schema: 'other' })).close();
    await admin.query(`DROP OWNED BY "${role}" CASCADE`);
    await admin.query(`DROP ROLE "${role}"`);
  });

  test('two stores with hostile schema names live in one database; a LATIN1 database holds any name', async () => {
    const database = await server.createDatabase(undefined, { encoding: 'LATIN1' });
    for (const schema of [`"; DROP SCHEMA public; --`, `it's $1 \\ a\nschema`]) {
      const store = await openTestStore(database, { schema });
      const writer = await store.acquireWriter('test');
      const run = await writer.beginRun({ command: 'run', startedAt: day(0), asOf: day(0) });
      await writer.persistTables(run, [tableRecord('Łódź → 東京 🎉')]);
      expect((await store.listDatasets()).map(({ table }) => table)).toEqual(['Łódź → 東京 🎉']);
      expect(
        (await store.latestProfile({ source: 'batch', schema: 'public', table: 'Łódź → 東京 🎉' }))?.profile,
      ).toEqual(tableRecord('Łódź → 東京 🎉').profile);
      await writer.release();
      await store.close();
    }
  });

  test('the audit trail takes no change', async () => {
    const database = await server.createDatabase();
    await (await openTestStore(database)).close();
    const client = await database.client();
    const { rows } = await client.query(`SELECT action, details ->> 'version' AS version FROM sentinel.incident_event`);
    expect(rows).toEqual(MIGRATIONS.map(({ version }) => ({ action: 'migrated', version: String(version) })));
    for (const change of [
      `UPDATE sentinel.incident_event SET actor = 'x'`,
      'DELETE FROM sentinel.incident_event',
      'TRUNCATE sentinel.incident_event',
    ])
      await expect(client.query(change)).rejects.toThrow(/append-only/);
  });
});
