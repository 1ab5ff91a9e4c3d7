import { Mutex } from 'async-mutex';
import type pg from 'pg';
import { isAlive, isBusy } from '#src/adapters/postgres/client-state.js';
import { quoteIdentifier } from '#src/adapters/postgres/quote.js';
import { type AlertPlan, NO_ALERTS } from '#src/core/incidents/alert-plan.js';
import { StoreError } from './failure.js';
import { type Lease, leaseLost, renewWriterLease, takeWriterLease } from './lease.js';
import type { StoreOptions } from './options.js';
import type { Query } from './reader-pool.js';
import { guarded, isReusable, openSession, retrying, storeGuards } from './session.js';
import { checkLease, releaseLease } from './sql/lease.js';

/** What a transaction body may use. */
export interface Transaction {
  /** The quoted schema, for the statements in `sql/`. */
  readonly s: string;
  readonly batchSize: number;
  /** `StoreOptions.alerts`. */
  readonly alerts: AlertPlan;
  readonly query: Query;
}

/**
 * The one connection that writes. Transactions run one at a time; each first checks, and locks until it ends, that the
 * lease is still ours. A lost connection is opened again and the transaction repeated, also where only the answer to
 * COMMIT was lost: every body must therefore be idempotent.
 */
export class WriteSession {
  readonly #options: StoreOptions;
  readonly #mutex = new Mutex();
  readonly #s: string;
  #client: pg.Client | null;
  #lease: Lease;
  /** Set once no write can succeed any more. */
  #over: StoreError | null = null;

  private constructor(options: StoreOptions, client: pg.Client, lease: Lease) {
    this.#options = options;
    this.#s = quoteIdentifier(options.schema);
    this.#client = client;
    this.#lease = lease;
  }

  static async acquire(options: StoreOptions, holder: string): Promise<WriteSession> {
    return retrying(options, 'take the lease', async () => {
      const client = await openSession(options, 'writer');
      try {
        return new WriteSession(options, client, await takeWriterLease(client, options, holder));
      } catch (error) {
        await client.end();
        throw error;
      }
    });
  }

  get epoch(): number {
    return this.#lease.epoch;
  }

  /**
   * Run `body` in one transaction; durable when this resolves, without trace when it rejects with a `StoreError`.
   * `committed` is called before the next transaction begins.
   */
  transaction<T>(
    operation: string,
    body: (transaction: Transaction) => Promise<T>,
    committed: () => void = () => undefined,
  ): Promise<T> {
    return this.#mutex.runExclusive(async () => {
      const result = await retrying(this.#options, operation, () => this.#attempt(body));
      committed();
      return result;
    });
  }

  async #attempt<T>(body: (transaction: Transaction) => Promise<T>): Promise<T> {
    if (this.#over) throw this.#over;
    const client = await this.#connected();
    try {
      const opened = (await client.query(this.#prologue())) as unknown as pg.QueryResult[];
      if (opened.at(-1)?.rowCount !== 1) throw (this.#over = leaseLost(this.#options));
      const query: Query = async (sql, values = []) => (await client.query(sql, [...values])).rows;
      const { batchSize, alerts = NO_ALERTS } = this.#options;
      const result = await body({ s: this.#s, batchSize, alerts, query });
      await client.query('COMMIT');
      return result;
    } catch (error) {
      if (isAlive(client) && !isBusy(client)) await client.query('ROLLBACK').catch(() => undefined);
      if (!isReusable(client)) {
        this.#client = null;
        await client.end();
      }
      throw error;
    }
  }

  /** One round trip. */
  #prologue(): string {
    return [
      'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE',
      storeGuards(this.#options),
      // What is acknowledged survives a crash of the server, even where the role's default says otherwise.
      `SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'`,
      checkLease(this.#s, this.#lease.epoch),
    ].join('; ');
  }

  async #connected(): Promise<pg.Client> {
    if (this.#client && isReusable(this.#client) && this.#lease.lock.isHeld()) return this.#client;
    await this.#client?.end();
    this.#client = null;
    const client = await openSession(this.#options, 'writer');
    try {
      if (!this.#lease.lock.isHeld()) this.#lease = await renewWriterLease(client, this.#options, this.#lease);
    } catch (error) {
      await client.end();
      if (error instanceof StoreError && error.code === 'lease_lost') this.#over = error;
      throw error;
    }
    return (this.#client = client);
  }

  /** Give the lock back and close the connection, after the transaction that runs. Later writes are refused. */
  async release(): Promise<void> {
    await this.#mutex.runExclusive(async () => {
      this.#over ??= new StoreError('writer_released', 'this writer has given the metadata store back');
      const client = this.#client;
      this.#client = null;
      const { epoch, lock } = this.#lease;
      // The lock goes with the connection; only the time of release may not be recorded.
      const lost = () => undefined;
      if (client && isAlive(client))
        await guarded(client, this.#options, () => client.query(releaseLease(this.#s), [epoch])).catch(lost);
      if (lock.isHeld()) await lock.release().catch(lost);
      await client?.end();
    });
  }
}
