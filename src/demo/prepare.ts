import { createHash } from 'node:crypto';
import pg from 'pg';
import { LAST_DAY, morningAfter } from './calendar.js';
import { connected, databaseExists, HISTORY, recreateDatabase } from './database.js';
import type { Planted } from './plants/index.js';
import { caughtUp, dropReplication, reconnect, replicate } from './replication.js';
import { type DemoServers, ROLE, WATCHED } from './servers.js';
import { type WarehouseSql, warehouseSql } from './warehouse.js';

/** The shop's own database, which feeds the second warehouse. Nobody looks at it. */
const SHOP = 'shop_production';
/** The history as the run of the day before left it. It bears the mark of what it belongs to as its comment. */
const HISTORY_BEFORE = 'sentinel_history_before';

export interface PrepareOptions {
  readonly seed: number;
  readonly planted: readonly Planted[];
  /** A real run as of this time. */
  readonly look: (asOf: Date) => Promise<void>;
  readonly say: (line: string) => void;
}

/**
 * Brings the warehouses to the morning after their last day, with a history of one real run on the morning before. What an
 * earlier call prepared for the same seed and incidents is used again; anything else is replaced.
 */
export async function prepareWarehouses(servers: DemoServers, options: PrepareOptions): Promise<void> {
  const { seed, planted } = options;
  const sql = { batch: warehouseSql('batch', seed, planted), cdc: warehouseSql('cdc', seed, planted) };
  const mark = createHash('sha256').update(JSON.stringify(sql)).digest('hex');
  if (await isPrepared(servers, mark)) {
    await onBoth(servers, (shop, warehouse) => reconnect(shop, warehouse, { server: servers.batch, database: SHOP }));
  } else {
    await emptyServers(servers);
    await prepareAnew(servers, sql, options);
    await setMark(servers, mark);
  }
  await connected(servers.batch, 'postgres', (client) =>
    recreateDatabase(client, HISTORY, { template: HISTORY_BEFORE, owner: ROLE }),
  );
}

async function prepareAnew(
  servers: DemoServers,
  sql: Readonly<Record<'batch' | 'cdc', WarehouseSql>>,
  { look, say }: PrepareOptions,
): Promise<void> {
  say('Loading 119 days of a retailer, a batch warehouse and one fed by logical replication …');
  const [batch, cdc] = await together([
    timed(() =>
      connected(servers.batch, WATCHED.batch, async (client) => {
        await inTransaction(client, [...sql.batch.create, ...sql.batch.history]);
        await client.query('VACUUM (ANALYZE)');
      }),
    ),
    timed(() =>
      onBoth(servers, async (shop, warehouse) => {
        await inTransaction(shop, [...sql.cdc.create, ...sql.cdc.history]);
        await inTransaction(warehouse, sql.cdc.create);
        await replicate(shop, warehouse, { server: servers.batch, database: SHOP });
        await warehouse.query('VACUUM (ANALYZE)');
      }),
    ),
  ]);
  say(`Loaded ${WATCHED.batch} in ${batch} s and, by replication, ${WATCHED.cdc} in ${cdc} s.`);

  const yesterday = morningAfter(LAST_DAY - 1);
  say(`Looking at everything for the first time, as of ${yesterday.toISOString().slice(0, 16)}Z …`);
  await look(yesterday);
  await connected(servers.batch, 'postgres', (client) =>
    recreateDatabase(client, HISTORY_BEFORE, { template: HISTORY }),
  );

  say('Loading the last day, with what goes wrong on it …');
  await together([
    connected(servers.batch, WATCHED.batch, async (client) => {
      await inTransaction(client, sql.batch.lastDay);
      await oneByOne(client, sql.batch.changes);
    }),
    onBoth(servers, async (shop, warehouse) => {
      await inTransaction(shop, sql.cdc.lastDay);
      await caughtUp(shop);
      await oneByOne(warehouse, sql.cdc.changes);
    }),
  ]);
}

/** Databases as they are before the first row. All of them are there from the start: a new one would be news. */
async function emptyServers({ batch, cdc }: DemoServers): Promise<void> {
  await connected(batch, 'postgres', (onBatch) =>
    connected(cdc, 'postgres', async (onCdc) => {
      await onBatch.query(`DROP DATABASE IF EXISTS ${HISTORY_BEFORE}`);
      if (await databaseExists(onCdc, WATCHED.cdc))
        await connected(cdc, WATCHED.cdc, (warehouse) => dropReplication(onBatch, warehouse));
      else await dropReplication(onBatch, null);
      for (const name of [WATCHED.batch, SHOP, HISTORY_BEFORE]) await recreateDatabase(onBatch, name);
      await recreateDatabase(onBatch, HISTORY, { owner: ROLE });
      await recreateDatabase(onCdc, WATCHED.cdc);
    }),
  );
}

/** Both sides must bear the mark: one server's data may have been removed alone. */
async function isPrepared(servers: DemoServers, mark: string): Promise<boolean> {
  const marked = await Promise.all(
    marks(servers).map(([server, database]) =>
      connected(server, 'postgres', async (client) => {
        const { rows } = await client.query<{ mark: string | null }>(
          `SELECT shobj_description(oid, 'pg_database') AS mark FROM pg_database WHERE datname = $1`,
          [database],
        );
        return rows[0]?.mark === mark;
      }),
    ),
  );
  return marked.every(Boolean);
}

async function setMark(servers: DemoServers, mark: string): Promise<void> {
  for (const [server, database] of marks(servers))
    await connected(server, 'postgres', (client) =>
      client.query(`COMMENT ON DATABASE ${database} IS ${pg.escapeLiteral(mark)}`),
    );
}

function marks({ batch, cdc }: DemoServers) {
  return [[cdc, WATCHED.cdc] as const, [batch, HISTORY_BEFORE] as const];
}

function onBoth<T>(
  { batch, cdc }: DemoServers,
  work: (shop: pg.Client, warehouse: pg.Client) => Promise<T>,
): Promise<T> {
  return connected(batch, SHOP, (shop) => connected(cdc, WATCHED.cdc, (warehouse) => work(shop, warehouse)));
}

async function inTransaction(client: pg.Client, statements: readonly string[]): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query('SET LOCAL synchronous_commit = off');
    for (const sql of statements) await client.query(sql);
    await client.query('COMMIT');
    await client.query('DISCARD ALL');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {}); // the connection may be what failed
    throw error;
  }
}

/** What no transaction may hold together: a slot, for one. */
async function oneByOne(client: pg.Client, statements: readonly string[]): Promise<void> {
  for (const sql of statements) await client.query(sql);
}

/** All of them, to their ends: none goes on unseen where another fails. */
async function together<T>(works: readonly Promise<T>[]): Promise<T[]> {
  const outcomes = await Promise.allSettled(works);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  return outcomes.map((outcome) => (outcome as PromiseFulfilledResult<T>).value);
}

/** Seconds that it took. */
async function timed(work: () => Promise<unknown>): Promise<string> {
  const started = performance.now();
  await work();
  return ((performance.now() - started) / 1000).toFixed(1);
}
