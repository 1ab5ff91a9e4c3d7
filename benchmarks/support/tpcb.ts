import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { ConnectionSettings } from '#src/contract/connection.js';

/** Rows of each table for a scale of 1, as the TPC-B benchmark has them. */
const TELLERS = 10;
const ACCOUNTS = 100_000;
/** Wait before a lost connection is made anew. */
const AGAIN_MS = 100;

export interface Load {
  /** Transactions committed so far. */
  transactions(): number;
  /** Transactions a second from now on for so long. */
  rate(seconds: number): Promise<number>;
  stop(): Promise<void>;
}

/** Tables of a bank with `scale` branches, some 15 MB for each. */
export async function makeBank(client: pg.Client, scale: number): Promise<void> {
  await client.query(`
    CREATE TABLE branches (bid int PRIMARY KEY, balance int NOT NULL, filler char(88)) WITH (fillfactor = 50);
    CREATE TABLE tellers (tid int PRIMARY KEY, bid int NOT NULL, balance int NOT NULL, filler char(84)) WITH (fillfactor = 50);
    CREATE TABLE accounts (aid int PRIMARY KEY, bid int NOT NULL, balance int NOT NULL, filler char(84) NOT NULL);
    CREATE TABLE history (tid int, bid int, aid int, delta int, at timestamptz, filler char(22));
    INSERT INTO branches SELECT i, 0, '' FROM generate_series(1, ${scale}) AS i;
    INSERT INTO tellers SELECT i, (i - 1) / ${TELLERS} + 1, 0, '' FROM generate_series(1, ${scale * TELLERS}) AS i;
    INSERT INTO accounts SELECT i, (i - 1) / ${ACCOUNTS} + 1, 0, '' FROM generate_series(1, ${scale * ACCOUNTS}) AS i`);
  await client.query('VACUUM (ANALYZE)');
}

/**
 * `clients` connections that change balances as quickly as the server lets them, or with a pause after each transaction. One that
 * is lost is made anew.
 */
export async function startLoad(
  connection: Pick<ConnectionSettings, 'host' | 'port' | 'user' | 'password' | 'database'>,
  { scale, clients, pauseMs = 0 }: { readonly scale: number; readonly clients: number; readonly pauseMs?: number },
): Promise<Load> {
  const { host, port, user, password, database } = connection;
  let going = true;
  let transactions = 0;
  const session = async () => {
    const client = new pg.Client({ host, port, user, password, database, application_name: 'load' });
    client.on('error', () => {});
    try {
      await client.connect();
      while (going) {
        await client.query(transaction(scale));
        transactions++;
        if (pauseMs > 0) await sleep(pauseMs);
      }
    } finally {
      await client.end().catch(() => {});
    }
  };
  const work = Array.from({ length: clients }, async () => {
    while (going) await session().catch(() => sleep(AGAIN_MS));
  });
  return {
    transactions: () => transactions,
    async rate(seconds) {
      const [before, startMs] = [transactions, performance.now()];
      await sleep(seconds * 1000);
      return ((transactions - before) * 1000) / (performance.now() - startMs);
    },
    async stop() {
      going = false;
      await Promise.all(work);
    },
  };
}

/** One string for one round trip: the server is to be the bottleneck, not this process. */
function transaction(scale: number): string {
  const any = (count: number) => 1 + Math.floor(Math.random() * count);
  const [aid, tid, bid] = [any(scale * ACCOUNTS), any(scale * TELLERS), any(scale)];
  const delta = any(10_001) - 5_001;
  return `BEGIN;
    UPDATE accounts SET balance = balance + ${delta} WHERE aid = ${aid};
    SELECT balance FROM accounts WHERE aid = ${aid};
    UPDATE tellers SET balance = balance + ${delta} WHERE tid = ${tid};
    UPDATE branches SET balance = balance + ${delta} WHERE bid = ${bid};
    INSERT INTO history (tid, bid, aid, delta, at) VALUES (${tid}, ${bid}, ${aid}, ${delta}, now());
    COMMIT`;
}
