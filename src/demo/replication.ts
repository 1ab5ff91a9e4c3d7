import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { EmbeddedServer } from '../adapters/embedded/server.js';

const PUBLICATION = 'warehouse';
const SUBSCRIPTION = 'shop_feed';
/** Longest wait for rows to arrive, milliseconds. */
const CATCH_UP_MS = 120_000;

/** Publishes every table of the shop's own database and lets the warehouse subscribe to it, rows that are there first. */
export async function replicate(publisher: pg.Client, subscriber: pg.Client, from: Publisher): Promise<void> {
  await publisher.query(`CREATE PUBLICATION ${PUBLICATION} FOR ALL TABLES`);
  await subscriber.query(
    `CREATE SUBSCRIPTION ${SUBSCRIPTION} CONNECTION ${pg.escapeLiteral(conninfo(from))} PUBLICATION ${PUBLICATION}`,
  );
  await waitUntil('the first copy of the shop', async () => {
    const { rows } = await subscriber.query<{ waiting: number }>(
      `SELECT count(*)::int AS waiting FROM pg_subscription_rel WHERE srsubstate <> 'r'`,
    );
    return rows[0]!.waiting === 0;
  });
}

/** Tells the subscription where its publisher is now: a server that starts again has another port. */
export async function reconnect(publisher: pg.Client, subscriber: pg.Client, from: Publisher): Promise<void> {
  await subscriber.query(`ALTER SUBSCRIPTION ${SUBSCRIPTION} CONNECTION ${pg.escapeLiteral(conninfo(from))}`);
  await caughtUp(publisher);
}

/** Resolves when all that the publisher has committed is in the warehouse. */
export async function caughtUp(publisher: pg.Client): Promise<void> {
  const { rows } = await publisher.query<{ lsn: string }>('SELECT pg_current_wal_lsn()::text AS lsn');
  await waitUntil('the changes of the shop', async () => {
    const { rows: slots } = await publisher.query<{ done: boolean }>(
      `SELECT active AND confirmed_flush_lsn >= $1::pg_lsn AS done FROM pg_replication_slots WHERE slot_name = $2`,
      [rows[0]!.lsn, SUBSCRIPTION],
    );
    return slots[0]?.done === true;
  });
}

/** Ends a subscription of an earlier demo and its slot, so that both databases can be dropped. */
export async function dropReplication(publisher: pg.Client, subscriber: pg.Client | null): Promise<void> {
  if (subscriber) {
    const { rows } = await subscriber.query('SELECT FROM pg_subscription WHERE subname = $1', [SUBSCRIPTION]);
    if (rows.length > 0) {
      await subscriber.query(`ALTER SUBSCRIPTION ${SUBSCRIPTION} DISABLE`);
      await subscriber.query(`ALTER SUBSCRIPTION ${SUBSCRIPTION} SET (slot_name = NONE)`);
      await subscriber.query(`DROP SUBSCRIPTION ${SUBSCRIPTION}`);
    }
  }
  for (const client of subscriber ? [publisher, subscriber] : [publisher]) await dropSlots(client);
}

async function dropSlots(client: pg.Client): Promise<void> {
  await waitUntil('replication slots to be free', async () => {
    const { rows } = await client.query<{ active: boolean }>('SELECT active FROM pg_replication_slots');
    await client.query('SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active');
    return !rows.some(({ active }) => active);
  });
}

export interface Publisher {
  readonly server: EmbeddedServer;
  readonly database: string;
}

function conninfo({ server, database }: Publisher): string {
  const { host, port, user, password } = server;
  return `host=${host} port=${port} dbname=${database} user=${user} password=${password} application_name=${SUBSCRIPTION}`;
}

async function waitUntil(what: string, done: () => Promise<boolean>): Promise<void> {
  const limit = performance.now() + CATCH_UP_MS;
  while (!(await done())) {
    if (performance.now() > limit) throw new Error(`${what}: not there after ${CATCH_UP_MS / 1000} s`);
    await delay(50);
  }
}
