import { setMaxListeners } from 'node:events';
import pg from 'pg';
import type { Guards, PoolSettings } from '#src/contract/connection.js';
import type { SourceSettings } from '#src/contract/messages.js';
import { isAlive, isBusy, settled } from './client-state.js';
import { ConnectionSlots } from './connection-slots.js';
import { isServerError, SourceClient } from './source-client.js';
import { SourceError } from './source-error.js';

/** What happens to a pool's connections. */
export type PoolEvent =
  | { readonly type: 'open' | 'close'; readonly source: string }
  /** A connection broke while nobody used it. */
  | { readonly type: 'lost'; readonly source: string; readonly error: Error };

/** SQLSTATEs after which a cancel request may still be under way: `query_canceled`, `transaction_timeout`. */
const CANCELLED: ReadonlySet<unknown> = new Set(['57014', '25P04']);

/** How often idle connections are offered to other threads that wait for a slot. */
const YIELD_EVERY_MS = 50;
/** How long a connection may take to be ready again after a failed statement before it is given up. */
const SETTLE_MS = 1_000;
/** How long an unused connection is kept. */
const IDLE_MS = 30_000;

/**
 * One thread's connections to one source: at most `size + maxOverflow`, at most `size` of them kept when unused, and over
 * all threads never more than the source's ceiling. A slot is taken before connecting and given back when the socket is gone.
 */
export class SourcePool {
  readonly #source: SourceSettings;
  readonly #guards: Guards;
  readonly #size: number;
  readonly #slots: ConnectionSlots;
  readonly #pool: pg.Pool;
  readonly #open = new Set<SourceClient>();
  readonly #inUse = new Set<SourceClient>();
  readonly #ending = new AbortController();
  #yielding: NodeJS.Timeout | undefined;
  #ended: Promise<void> | undefined;

  constructor(
    source: SourceSettings,
    guards: Guards,
    pool: PoolSettings,
    applicationName: string,
    onEvent?: (event: PoolEvent) => void,
  ) {
    const slots = new ConnectionSlots(source.openConnections, source.maxConnections);
    const { name } = source.connection;
    this.#source = source;
    this.#guards = guards;
    this.#size = source.keepIdle ? pool.size : 0;
    this.#slots = slots;
    const { signal } = this.#ending;
    setMaxListeners(0, signal); // each request that waits listens
    const open = this.#open;
    this.#pool = new pg.Pool({
      max: Math.max(1, Math.min(pool.size + pool.maxOverflow, source.maxConnections)),
      idleTimeoutMillis: IDLE_MS,
      Client: class extends PooledClient {
        constructor() {
          super(source.connection, guards, applicationName);
          this.slots = slots;
          this.signal = signal;
          this.onOpen = () => {
            open.add(this);
            onEvent?.({ type: 'open', source: name });
          };
          void this.closed.then(() => {
            if (open.delete(this)) onEvent?.({ type: 'close', source: name });
          });
        }
      },
    });
    // Without this listener a server that ends an idle connection ends the thread.
    this.#pool.on('error', (error) => onEvent?.({ type: 'lost', source: name, error }));
  }

  /**
   * Run `fn` with a connection of its own. The connection goes back to the pool unless its state is in doubt: broken,
   * still busy, inside a transaction, or its statement was cancelled (a late cancel would hit the next statement).
   */
  async withClient<T>(fn: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = await this.#checkOut();
    this.#inUse.add(client);
    let cancelled = false;
    try {
      return await fn(client);
    } catch (error) {
      if (isServerError(error)) await settled(client, SETTLE_MS);
      cancelled = CANCELLED.has((error as { code?: unknown } | null)?.code);
      // node-postgres says of a broken connection only that it is not usable; the first error says why.
      throw client.lost && (error as { code?: unknown } | null)?.code === undefined ? client.lost : error;
    } finally {
      this.#inUse.delete(client);
      const doubtful = cancelled || !isAlive(client) || isBusy(client) || client.getTransactionStatus() !== 'I';
      client.release(doubtful || !this.#mayKeep());
      this.#watchIdle();
    }
  }

  /** Cancel every statement that runs on this pool now. Resolves within the connect timeout; never rejects. */
  async cancelRunning(): Promise<void> {
    const running = [...this.#inUse].filter(isBusy);
    await Promise.all(running.map((client) => client.cancelRunning(this.#guards.connectTimeoutMs)));
  }

  /** Refuse new work, wait for what runs (`cancelRunning` first where that must not take long), close everything. */
  end(): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  stats(): { readonly open: number; readonly idle: number; readonly waiting: number } {
    const { idleCount, totalCount, waitingCount } = this.#pool;
    const connecting = Math.max(0, totalCount - this.#open.size);
    return { open: this.#open.size, idle: idleCount, waiting: waitingCount + connecting };
  }

  async #end(): Promise<void> {
    clearInterval(this.#yielding);
    this.#ending.abort(new SourceError('pool_ended', 'the connection pool is closed', false));
    await this.#pool.end();
    await Promise.all([...this.#open].map((client) => client.closed));
  }

  /** Waits at most as long as another may hold a connection; then SourceError `pool_timeout`, which is transient. */
  async #checkOut(): Promise<PooledClient & pg.PoolClient> {
    this.#ending.signal.throwIfAborted();
    const { connectTimeoutMs, statementTimeoutMs, maxTransactionAgeMs } = this.#guards;
    const limitMs = connectTimeoutMs + Math.max(statementTimeoutMs, maxTransactionAgeMs);
    const checkedOut = this.#pool.connect() as Promise<PooledClient & pg.PoolClient>;
    const { signal } = this.#ending;
    return new Promise((resolve, reject) => {
      let waiting = true;
      const settle = () => {
        waiting = false;
        clearTimeout(timer);
        signal.removeEventListener('abort', onEnd);
      };
      const giveUp = (error: unknown) => {
        settle();
        reject(error);
      };
      const timer = setTimeout(() => giveUp(this.#timeoutError(limitMs)), limitMs);
      // pg.Pool forgets those who still wait for a connection when it ends.
      const onEnd = () => giveUp(signal.reason);
      signal.addEventListener('abort', onEnd);
      checkedOut.then((client) => {
        if (!waiting) return client.release(true);
        settle();
        resolve(client);
      }, giveUp);
    });
  }

  #timeoutError(limitMs: number): SourceError {
    const message = `no connection to ${this.#source.connection.name} became free within ${limitMs / 1000} s; raise DB_MAX_CONNECTIONS or lower CONCURRENT_WORKERS`;
    return new SourceError('pool_timeout', message, true);
  }

  #mayKeep(): boolean {
    if (this.#size === 0) return false;
    if (this.#pool.waitingCount > 0) return true;
    return this.#pool.idleCount < this.#size && !this.#slots.wanted();
  }

  /** While connections are idle here and another thread waits for a slot, close one at a time. */
  #watchIdle(): void {
    if (this.#yielding || this.#pool.idleCount === 0) return;
    this.#yielding = setInterval(() => {
      if (this.#pool.idleCount === 0) {
        clearInterval(this.#yielding);
        this.#yielding = undefined;
      } else if (this.#slots.wanted()) {
        this.#pool.connect().then(
          (client) => client.release(true),
          () => undefined,
        );
      }
    }, YIELD_EVERY_MS).unref();
  }
}

/** Takes a slot before it connects and gives it back when it is closed. */
class PooledClient extends SourceClient {
  protected slots!: ConnectionSlots;
  protected signal!: AbortSignal;
  protected onOpen!: () => void;

  override connect(): Promise<pg.Client>;
  override connect(callback: ((error: Error) => void) | ((error: null, client: pg.Client) => void)): void;
  override connect(callback?: (error: never, client: pg.Client) => void): Promise<pg.Client> | undefined {
    const opened = this.#connect();
    if (!callback) return opened;
    opened.then(
      () => callback(null as never, this),
      (error: unknown) => callback(error as never, this),
    );
    return undefined;
  }

  async #connect(): Promise<pg.Client> {
    await this.slots.acquire(this.signal);
    void this.closed.then(() => this.slots.release());
    await super.connect();
    this.onOpen();
    return this;
  }
}
