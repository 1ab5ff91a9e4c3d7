import { chmodSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { reachableDataDir, runningServer } from '#src/adapters/embedded/server.js';
import type { DemoDatabase } from '#src/demo/relations.js';
import { runDemo } from '#src/demo/run-demo.js';
import { BATCH, CDC, loadDatabase } from '#src/demo/warehouse.js';
import { testServer } from '../support/postgres.js';

const ANCHOR = '2026-03-01T12:00:00.000Z';

/** Kind, name and content of every relation outside the system's schemas. */
async function content(client: pg.Client): Promise<Record<string, string>> {
  const { rows } = await client.query<{ kind: string; name: string }>(
    `SELECT relkind AS kind, oid::regclass::text AS name FROM pg_class
     WHERE relkind IN ('r', 'p', 'v', 'm') AND relnamespace::regnamespace::text = ANY ($1) ORDER BY 2`,
    [[...BATCH.groups, ...CDC.groups].map((group) => group.schema)],
  );
  const found: Record<string, string> = {};
  for (const { kind, name } of rows) {
    const sum = await client.query(
      `SELECT count(*) AS rows, sum(hashtextextended(r::text, 0)) AS hash FROM ${name} AS r`,
    );
    found[name] = `${kind} ${sum.rows[0].rows} ${sum.rows[0].hash}`;
  }
  return found;
}

describe('generated data', () => {
  const load = async (database: DemoDatabase, seed: number) => {
    const made = await (await testServer()).createDatabase();
    const client = await made.client();
    await client.query(`SET timezone = 'UTC'`);
    const as = { ...database, name: made.name };
    expect(await loadDatabase(client, as, { seed, anchor: ANCHOR })).toBe(true);
    expect(await loadDatabase(client, as, { seed, anchor: ANCHOR })).toBe(false);
    return content(client);
  };

  test('is the same for the same seed', async () => {
    const [first, second] = await Promise.all([load(BATCH, 1), load(BATCH, 1)]);
    expect(second).toEqual(first);
    expect(new Set(Object.values(first).map((text) => text[0]))).toEqual(new Set(['m', 'p', 'r', 'v']));
  });

  test('is different for another seed, in every table', async () => {
    const [first, other] = await Promise.all([load(CDC, 1), load(CDC, 2)]);
    expect(Object.keys(other)).toEqual(Object.keys(first));
    expect(Object.keys(first).filter((name) => first[name] === other[name])).toEqual([]);
  });
});

describe('the demo', () => {
  let cwd: string;
  beforeEach(() => {
    cwd = mkdtempSync('/var/tmp/sentinel-demo-');
    chmodSync(cwd, 0o755);
  });
  afterEach(() => rmSync(cwd, { recursive: true, force: true }));

  const said: string[] = [];
  const demo = <T>(
    run: (environment: Readonly<Record<string, string>>) => Promise<T>,
    seed = 1,
    signal?: AbortSignal,
  ) => {
    said.length = 0;
    return runDemo({
      cwd,
      seed,
      now: new Date(ANCHOR),
      run,
      say: (line) => said.push(line),
      ...(signal && { signal }),
    });
  };
  const running = () =>
    ['batch', 'cdc'].map((source) => runningServer(reachableDataDir(join(cwd, '.sentinel/demo', source)).path));

  test('runs on two servers that hold their data from one call to the next, and stops them', async () => {
    const answer = await demo(async (environment) => {
      expect(statSync(join(cwd, '.sentinel/demo/admin-password')).mode & 0o777).toBe(0o600);
      const batch = await connect(environment, 'BATCH_DB');
      const cdc = await connect(environment, 'CDC_DB');
      const { rows } = await cdc.query('SELECT count(*)::int AS n, current_database() AS name FROM shop.orders');
      expect(rows).toEqual([{ n: 60_000, name: 'warehouse_db' }]);
      await batch.query('CREATE SCHEMA sentinel; CREATE TABLE sentinel.history AS SELECT 1 AS run');
      await expect(batch.query('DELETE FROM sales.returns')).rejects.toThrow('permission denied');
      await expect(cdc.query('CREATE SCHEMA sentinel')).rejects.toThrow('permission denied');
      await batch.end();
      await cdc.end();
      expect(environment).toMatchObject({ METADATA_DB_PORT: environment.BATCH_DB_PORT, BATCH_DB_NAME: 'analytics_db' });
      return 'done';
    });
    expect(answer).toBe('done');
    expect(said).toEqual([expect.stringContaining('Loaded'), expect.stringContaining('Loaded')]);
    expect(running()).toEqual([null, null]);

    await expect(demo(() => Promise.reject(new Error('the run failed')))).rejects.toThrow('the run failed');
    expect(said).toEqual([]);
    expect(running()).toEqual([null, null]);

    await demo(async (environment) => {
      const batch = await connect(environment, 'BATCH_DB');
      expect((await batch.query('SELECT run FROM sentinel.history')).rows).toEqual([{ run: 1 }]);
      await batch.end();
    }, 2);
    expect(said).toHaveLength(2);
  });

  test('can be ended while it loads; the next call loads in full', async () => {
    const abort = new AbortController();
    const started = demo(async () => 'not reached', 1, abort.signal);
    while (!existsSync(join(cwd, '.sentinel/demo/batch/postmaster.pid')))
      await new Promise((done) => setTimeout(done, 20));
    setTimeout(() => abort.abort(), 1_000);
    await expect(started).rejects.toThrow('aborted');
    expect(running()).toEqual([null, null]);
    const tables = await demo(async (environment) => {
      const batch = await connect(environment, 'BATCH_DB');
      const { rows } = await batch.query('SELECT count(*)::int AS n FROM finance.payments');
      await batch.end();
      return rows;
    });
    expect(tables).toEqual([{ n: 27_000 }]);
  });
});

async function connect(environment: Readonly<Record<string, string>>, prefix: string): Promise<pg.Client> {
  const setting = (name: string) => environment[`${prefix}_${name}`] ?? '';
  const client = new pg.Client({
    host: setting('HOST'),
    port: Number(setting('PORT')),
    database: setting('NAME'),
    user: setting('USER'),
    password: setting('PASSWORD'),
  });
  client.on('error', () => {}); // where a test fails, the servers are stopped under it
  await client.connect();
  return client;
}
