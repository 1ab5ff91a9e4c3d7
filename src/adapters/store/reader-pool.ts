import { Semaphore } from 'async-mutex';
import type pg from 'pg';
import { readOnly } from '#src/adapters/postgres/transaction.js';
import type { StoreOptions } from './options.js';
import { isReusable, openSession, retrying, UTF8_AS_IT_IS } from './session.js';

/** Sends one statement of a guarded READ ONLY transaction. */
export type Query = <R extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]) => Promise<R[]>;

const READERS = 2;

/** Up to two connections for reading, opened when first needed and kept. Every read sees one state of the store. */
export class ReaderPool {
  readonly #options: StoreOptions;
  readonly #slots = new Semaphore(READERS);
  readonly #idle: pg.Client[] = [];

  constructor(options: StoreOptions, first: pg.Client) {
    this.#options = options;
    this.#idle.push(first);
  }

  /** Run `work` in one transaction; it may run twice where the connection is lost. Rejects with `StoreError`. */
  read<T>(operation: string, work: (query: Query) => Promise<T>): Promise<T> {
    return retrying(this.#options, operation, () => this.#slots.runExclusive(() => this.#attempt(work)));
  }

  async #attempt<T>(work: (query: Query) => Promise<T>): Promise<T> {
    const client = await this.#take();
    try {
      return await readOnly(client, { ...this.#options.guards, isolation: 'repeatable read' }, async () => {
        await client.query(UTF8_AS_IT_IS);
        return work(async (sql, values = []) => (await client.query(sql, [...values])).rows);
      });
    } finally {
      if (isReusable(client)) this.#idle.push(client);
      else await client.end();
    }
  }

  async #take(): Promise<pg.Client> {
    for (let client = this.#idle.pop(); client; client = this.#idle.pop()) if (isReusable(client)) return client;
    return openSession(this.#options, 'reader');
  }

  /** Close what is open, after the reads that run. */
  async close(): Promise<void> {
    await Promise.all(Array.from({ length: READERS }, () => this.#slots.acquire().then(() => this.#idle.pop()?.end())));
  }
}
