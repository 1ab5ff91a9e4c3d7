import { chmodSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import { reachableDataDir, runningServer } from '#src/adapters/embedded/server.js';
import { type Look, runDemo } from '#src/demo/run-demo.js';

const cwd = mkdtempSync('/var/tmp/sentinel-demo-');
chmodSync(cwd, 0o755);
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const said: string[] = [];
const looks: string[] = [];

/** The demo without a program that looks: what each look would see is asked by SQL. */
function demo<T>(
  run: (look: Look) => Promise<T>,
  plants: readonly string[] = ['half load', 'duplicate load'],
  seed = 2,
) {
  said.length = 0;
  looks.length = 0;
  return runDemo({
    cwd,
    seed,
    plants,
    say: (line) => said.push(line),
    prepare: async (look) => {
      looks.push(look.asOf.toISOString());
      await asked(look, 'METADATA_DB', 'CREATE TABLE first_look AS SELECT 1 AS seen');
    },
    run,
  });
}

function running() {
  return ['batch', 'cdc'].map((source) => runningServer(reachableDataDir(join(cwd, '.sentinel/demo', source)).path));
}

test('a demo that is ended while it loads leaves no server; the next one loads in full and is kept for those after it', async () => {
  const ended = demo(async () => 'not reached');
  ended.catch(() => undefined);
  while (!existsSync(join(cwd, '.sentinel/demo/batch/postmaster.pid')))
    await new Promise((done) => setTimeout(done, 20));
  await new Promise((done) => setTimeout(done, 3_000));
  for (const server of running()) process.kill(server!.pid, 'SIGQUIT');
  await expect(ended).rejects.toThrow();
  expect(running()).toEqual([null, null]);

  await demo(async (look) => {
    expect(look.asOf.toISOString()).toBe('2026-07-01T06:00:00.000Z');
    expect(statSync(join(cwd, '.sentinel/demo/admin-password')).mode & 0o777).toBe(0o600);
    expect(look.environment).toMatchObject({ BATCH_DB_NAME: 'analytics_db', CDC_DB_NAME: 'warehouse_db' });

    // what the first look left is there
    expect(await asked(look, 'METADATA_DB', 'SELECT seen FROM first_look')).toEqual([{ seen: 1 }]);
    await asked(look, 'METADATA_DB', 'CREATE TABLE second_look AS SELECT 2 AS seen');

    // the role reads, and writes nothing
    await expect(asked(look, 'BATCH_DB', 'DELETE FROM sales.returns')).rejects.toThrow('permission denied');
    await expect(asked(look, 'CDC_DB', 'CREATE SCHEMA mine')).rejects.toThrow('permission denied');

    // the second warehouse is fed by logical replication and has all of the shop
    const [feed] = await asked(look, 'CDC_DB', 'SELECT subname, pid > 0 AS runs FROM pg_stat_subscription');
    expect(feed).toEqual({ subname: 'shop_feed', runs: true });
    const count = (environment: Look['environment']) =>
      asked(
        { ...look, environment },
        'CDC_DB',
        'SELECT count(*)::int AS orders, max(created_at)::date::text AS day FROM shop.orders',
      );
    const there = await count(look.environment);
    const shop = { CDC_DB_PORT: look.environment.BATCH_DB_PORT!, CDC_DB_NAME: 'shop_production' };
    expect(there).toEqual(
      await count({ ...look.environment, ...shop, CDC_DB_PASSWORD: look.environment.BATCH_DB_PASSWORD! }),
    );
    expect(there).toEqual([{ orders: expect.any(Number), day: '2026-06-30' }]);
  });
  expect(looks).toEqual(['2026-06-30T06:00:00.000Z']);
  expect(said.join('\n')).toMatch(/Loaded analytics_db in .* s and, by replication, warehouse_db in .* s\./);
  expect(running()).toEqual([null, null]);

  // a second call: nothing is loaded, the history is as the first look left it, replication goes on
  await demo(async (look) => {
    expect(await asked(look, 'METADATA_DB', 'SELECT seen FROM first_look')).toEqual([{ seen: 1 }]);
    await expect(asked(look, 'METADATA_DB', 'SELECT seen FROM second_look')).rejects.toThrow('does not exist');
    const slots = await asked(look, 'BATCH_DB', `SELECT slot_name, active FROM pg_replication_slots`);
    expect(slots).toEqual([{ slot_name: 'shop_feed', active: true }]);
  });
  expect([looks, said]).toEqual([[], []]);

  await expect(demo(() => Promise.reject(new Error('the run failed')))).rejects.toThrow('the run failed');
  expect(running()).toEqual([null, null]);

  // other incidents, other data
  await demo(
    async (look) => {
      const slots = await asked(look, 'BATCH_DB', 'SELECT slot_name FROM pg_replication_slots');
      const others = await asked(look, 'CDC_DB', 'SELECT slot_name FROM pg_replication_slots');
      expect([...slots, ...others]).toHaveLength(2);
    },
    ['slot left behind'],
  );
  expect(looks).toHaveLength(1);
});

async function asked({ environment }: Look, prefix: string, sql: string): Promise<Record<string, unknown>[]> {
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
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
