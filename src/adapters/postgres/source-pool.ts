import { setMaxListeners } from 'node:events';
import pg from 'pg';
import type { Guards, PoolSettings } from '#src/contract/connection.js';
import type { SourceSettings } from '#src/contract/messages.js';
import { type Admission, type BreakerTransition, CircuitBreaker, probeLimitMs } from './circuit-breaker.js';
import { isAlive, isBusy, settled } from './client-state.js';
import { ConnectionSlots } from './connection-slots.js';
import { toFailure } from './failure.js';
import { isTransient } from './retry.js';
import { isServerError, SourceClient } from './source-client.js';
import { SourceError } from './source-error.js';
import { breakage, isSourceLoss, refusal } from './source-loss.js';
import { answers } from './transaction.js';

/** What happens to a pool's connections. */
export type PoolEvent =
  | { readonly type: 'open' | 'close'; readonly source: string }
  /** A connection broke while nobody used it. */
  | { readonly type: 'lost'; readonly source: string; readonly error: Error }
  /** The source was away or a connection of before is dead: those that idle here are closed, others are made as they are needed. */
  | { readonly type: 'renewed'; readonly source: string; readonly idle: number }
  | { readonly type: 'breaker'; readonly source: string; readonly transition: BreakerTransition };

/** SQLSTATEs after which a cancel request may still be under way: `query_canceled`, `transaction_timeout`. */
const CANCELLED: ReadonlySet<unknown> = new Set(['57014', '25P04']);

/** How often idle connections are offered to other threads that wait for a slot. */
const YIELD_EVERY_MS = 50;
/** How long a connection may take to be ready again after a failed statement before it is given up. */
const SETTLE_MS = 1_000;
/** How long an unused connection is kept. */
const IDLE_MS = 30_000;
/** A connection that was not used for so long is asked whether it still lives before it is lent. */
const TRUSTED_MS = 2_000;

/**
 * One thread's connections to one source: at most `size + maxOverflow`, at most `size` of them kept when unused, and over
 * all threads never more than the source's ceiling. A slot is taken before connecting and given back when the socket is gone.
 * While the source's circuit breaker is open all work is refused at once; when it has closed again, connections are made anew.
 */
export class SourcePool {
  readonly #source: SourceSettings;
  readonly #guards: Guards;
  readonly #size: number;
  readonly #slots: ConnectionSlots;
  readonly #breaker: CircuitBreaker;
  readonly #onEvent: ((event: PoolEvent) => void) | undefined;
  readonly #pool: pg.Pool;
  readonly #open = new Set<PooledClient>();
  readonly #inUse = new Set<PooledClient>();
  readonly #ending = new AbortController();
  /** The breaker's when this pool was last made anew. */
  #generation: number;
  /** Connections last used before this are not lent any more; a monotonic clock, milliseconds. */
  #trustedSinceMs = 0;
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
    this.#onEvent = onEvent;
    this.#breaker = new CircuitBreaker(name, source.breaker, {
      probeLimitMs: probeLimitMs(guards),
      onTransition: (transition) => onEvent?.({ type: 'breaker', source: name, transition }),
    });
    this.#generation = this.#breaker.generation();
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
   * Rejects with BreakerOpenError, and sends nothing, while the source is known to be away.
   */
  async withClient<T>(fn: (client: pg.Client) => Promise<T>): Promise<T> {
    this.#ending.signal.throwIfAborted();
    const { client, admission } = await this.#admitted();
    this.#inUse.add(client);
    this.#slots.addUsed(1);
    let cancelled = false;
    try {
      const result = await fn(client);
      this.#breaker.succeeded(admission);
      return result;
    } catch (error) {
      if (isServerError(error)) await settled(client, SETTLE_MS);
      cancelled = CANCELLED.has((error as { code?: unknown } | null)?.code);
      // node-postgres says of a broken connection only that it is not usable; the first error says why.
      const cause = client.lost && (error as { code?: unknown } | null)?.code === undefined ? client.lost : error;
      if (isAlive(client)) {
        if (isServerError(error)) this.#breaker.succeeded(admission);
        throw cause;
      }
      const broken = breakage(cause);
      this.#countLoss(admission, broken);
      throw broken;
    } finally {
      this.#inUse.delete(client);
      this.#slots.addUsed(-1);
      client.usedMs = performance.now();
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

  /** A connection, where the breaker lets this request through; where it is the probe, the connection has answered. */
  async #admitted(): Promise<{ client: PooledClient & pg.PoolClient; admission: Admission }> {
    const admission = this.#breaker.enter();
    const isProbe = admission.probeAt !== null;
    let client: (PooledClient & pg.PoolClient) | undefined;
    try {
      client = await this.#checkOut();
      if (!isProbe) return { client, admission };
      await this.#ask(client);
    } catch (error) {
      client?.release(true);
      const refused = refusal(error);
      // A server that refuses for good is there again: each request is to hear why for itself.
      if (isProbe && isSourceLoss(refused) && !isTransient(refused)) this.#breaker.succeeded(admission);
      else this.#countLoss(admission, refused);
      throw refused;
    }
    this.#breaker.succeeded(admission);
    this.#renew();
    client.usedMs = performance.now();
    return { client, admission: { generation: this.#generation, probeAt: null } };
  }

  #countLoss(admission: Admission, error: unknown): void {
    if (isSourceLoss(error) && isTransient(error))
      this.#breaker.failed(admission, toFailure(error, { connection: this.#source.connection }));
    else this.#breaker.withdrawn(admission);
  }

  async #checkOut(): Promise<PooledClient & pg.PoolClient> {
    for (;;) {
      if (this.#breaker.generation() !== this.#generation) this.#renew();
      const client = await this.#lend();
      if (await this.#isUsable(client)) return client;
      client.release(true);
    }
  }

  /** A connection whose other end is gone without a word would cost its next statement the whole statement timeout. */
  async #isUsable(client: PooledClient): Promise<boolean> {
    if (client.usedMs === undefined) return true;
    if (client.usedMs < this.#trustedSinceMs) return false;
    if (performance.now() - client.usedMs < TRUSTED_MS) return true;
    try {
      await this.#ask(client);
      return true;
    } catch (error) {
      this.#onEvent?.({ type: 'lost', source: this.#source.connection.name, error: error as Error });
      this.#renew(); // the others have been idle for longer
      return false;
    }
  }

  async #ask(client: pg.Client): Promise<void> {
    const { connectTimeoutMs } = this.#guards;
    if (await answers(client, this.#guards)) return;
    const message = `a connection to ${this.#source.connection.name} did not answer within ${connectTimeoutMs / 1000} s (CONNECT_TIMEOUT); the network or the server is gone`;
    throw new SourceError('ETIMEDOUT', message, true);
  }

  /** From now on no connection is lent that was last used before. Those in use finish. */
  #renew(): void {
    this.#generation = this.#breaker.generation();
    this.#trustedSinceMs = performance.now();
    this.#onEvent?.({ type: 'renewed', source: this.#source.connection.name, idle: this.#pool.idleCount });
    this.#watchIdle();
  }

  /** Waits at most as long as another may hold a connection; then SourceError `pool_timeout`, which is transient. */
  async #lend(): Promise<PooledClient & pg.PoolClient> {
    const { connectTimeoutMs, statementTimeoutMs, maxTransactionAgeMs } = this.#guards;
    const limitMs = connectTimeoutMs + Math.max(statementTimeoutMs, maxTransactionAgeMs);
    const checkedOut = this.#pool.connect() as Promise<PooledClient & pg.PoolClient>;
    const { signal } = this.#ending;
    return new Promise((resolve, reject) => {
      let waiting = true;
      this.#slots.addWaiting(1);
      const settle = () => {
        if (waiting) this.#slots.addWaiting(-1);
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

  /** While connections are idle here, close one at a time where another thread waits for a slot or they are not to be lent any more. */
  #watchIdle(): void {
    if (this.#yielding || this.#pool.idleCount === 0) return;
    this.#yielding = setInterval(() => {
      if (this.#pool.idleCount === 0) {
        clearInterval(this.#yielding);
        this.#yielding = undefined;
      } else if (this.#slots.wanted() || this.#hasDistrusted()) {
        this.#pool.connect().then(
          (client) => client.release(true),
          () => undefined,
        );
      }
    }, YIELD_EVERY_MS).unref();
  }

  #hasDistrusted(): boolean {
    for (const client of this.#open)
      if (!this.#inUse.has(client) && (client.usedMs ?? Number.POSITIVE_INFINITY) < this.#trustedSinceMs) return true;
    return false;
  }
}

/** Takes a slot before it connects and gives it back when it is closed. */
class PooledClient extends SourceClient {
  protected slots!: ConnectionSlots;
  protected signal!: AbortSignal;
  protected onOpen!: () => void;
  /** When it was last given back, on a monotonic clock; undefined for a new one. */
  usedMs: number | undefined;

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
