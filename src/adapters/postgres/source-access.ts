import type { Guards, RetrySettings } from '#src/contract/connection.js';
import type { CustomQuery } from '#src/contract/custom-query.js';
import type { ConnectionBudget, SourceSettings } from '#src/contract/messages.js';
import type { Discovery, HeldSnapshot, LagReading, SourceAccess } from '#src/coordinator/ports.js';
import type { Failure } from '#src/core/model/failure.js';
import type { CustomFigure } from '#src/core/model/profile.js';
import type { TableSpec } from '#src/core/model/relation.js';
import { connectionBudget } from './budget.js';
import { type DiscoveryOptions, discoverTables } from './catalog.js';
import { BreakerOpenError } from './circuit-breaker.js';
import { isAlive } from './client-state.js';
import { measureCustomQuery } from './custom-query.js';
import { toFailure } from './failure.js';
import { readLag } from './replication-lag.js';
import { fullJitterDelayMs, isTransient, pause, type RetryNotice, withRetry } from './retry.js';
import { readServerFacts } from './server-facts.js';
import { SnapshotOwner } from './snapshot.js';
import { SourceError } from './source-error.js';
import { isSourceLoss } from './source-loss.js';
import { type PoolEvent, SourcePool } from './source-pool.js';
import { readOnly } from './transaction.js';
import { verifyShapes } from './verify-shape.js';

export interface SourceAccessOptions {
  readonly source: Omit<SourceSettings, keyof ConnectionBudget>;
  readonly guards: Guards;
  readonly retry: RetrySettings;
  readonly workers: number;
  /** DB_MAX_CONNECTIONS, where it is set. */
  readonly maxConnections?: number;
  readonly discovery: Omit<DiscoveryOptions, 'source'>;
  readonly signal: AbortSignal;
  readonly onRetry: (notice: RetryNotice) => void;
  readonly onPoolEvent?: (event: PoolEvent) => void;
}

/** The coordinator talks to a source one statement at a time, and holds snapshots. */
const COORDINATOR_POOL = { size: 0, maxOverflow: 4 };
/** A look at replication is a matter of milliseconds. */
const LOOK_LIMIT_MS = 5_000;
/** `pg_relation_size` is divided by the server's block size; chunks only need proportions. */
const BLOCK_BYTES = 8192;

/** The coordinator's own way into a source; its connections count against the source's ceiling like any other. */
export class PostgresSourceAccess implements SourceAccess {
  readonly name: string;
  #maxConnections = 1;
  #discovered = false;
  #inRecovery = false;
  #pool: SourcePool | null = null;
  /** What is left of the time that a run waits for this source. */
  #recoveryMs: number;

  constructor(private readonly options: SourceAccessOptions) {
    this.name = options.source.connection.name;
    this.#recoveryMs = options.source.breaker.recoveryMs;
  }

  get retries(): number {
    return this.options.retry.maxAttempts;
  }

  get maxConnections(): number {
    return this.#maxConnections;
  }

  /** As `maxConnections`; null before the server was asked. */
  get ceiling(): number | null {
    return this.#discovered ? this.#maxConnections : null;
  }

  async discover(): Promise<Discovery & { readonly lag: LagReading }> {
    const { retry, discovery, onRetry, signal, workers, maxConnections: requested } = this.options;
    const describe = { source: this.name, operation: 'list tables' };
    const pool = this.#createPool(this.#maxConnections);
    try {
      return await withRetry(
        () =>
          pool.withClient((client) =>
            readOnly(client, { ...this.options.guards, isolation: 'repeatable read' }, async () => {
              const facts = await readServerFacts(client);
              this.#maxConnections = connectionBudget(facts, {
                workers,
                ...(requested !== undefined && { requested }),
              });
              this.#discovered = true;
              this.#inRecovery = facts.inRecovery;
              const lag = await readLag(client, facts.inRecovery);
              return { ...(await discoverTables(client, { ...discovery, source: this.name })), lag };
            }),
          ),
        { settings: retry, describe, onRetry, signal },
      );
    } finally {
      await pool.end();
    }
  }

  async readLag(): Promise<LagReading> {
    const pool = this.#lasting();
    const guards = { ...this.options.guards, statementTimeoutMs: LOOK_LIMIT_MS };
    try {
      return await pool.withClient((client) => readOnly(client, guards, () => readLag(client, this.#inRecovery)));
    } catch {
      return { lags: [], unseen: null }; // whoever reads next tells what is wrong with the source
    }
  }

  async holdSnapshot(table: TableSpec): Promise<HeldSnapshot> {
    const pool = this.#lasting();
    const { guards } = this.options;
    return new Promise<HeldSnapshot>((resolve, reject) => {
      const lent = pool.withClient(async (client) => {
        const owner = await SnapshotOwner.open(client, table, guards);
        try {
          await verifyShapes(client, [table], this.options.discovery);
        } catch (error) {
          await owner.close();
          throw error;
        }
        await new Promise<void>((giveBack) =>
          resolve({
            id: owner.id,
            sizes: table.parts.map((part, index) => ({
              blocks: owner.blocks[index] ?? 0,
              blockBytes: BLOCK_BYTES,
              chunkable: part.chunkable,
            })),
            remainingMs: () => owner.remainingMs(Date.now()),
            broken: () => (isAlive(client) ? null : this.#snapshotLost(table)),
            close: async () => {
              await owner.close();
              giveBack();
              await lent;
            },
          }),
        );
      });
      lent.catch(reject);
    });
  }

  async measure(table: TableSpec, queries: readonly CustomQuery[]): Promise<readonly CustomFigure[]> {
    const { source } = this.options;
    const name = `${table.schema}.${table.name}`;
    const figures: CustomFigure[] = [];
    for (const query of queries) {
      try {
        const value = await this.#measureOne(table, query);
        figures.push({ name: query.name, value });
      } catch (error) {
        const failure = toFailure(error, { table: name, connection: source.connection });
        figures.push({
          name: query.name,
          failure: { ...failure, message: `metric ${query.name} of ${name}: ${failure.message}` },
        });
      }
    }
    return figures;
  }

  async #measureOne(table: TableSpec, query: CustomQuery): Promise<number | null> {
    const { guards, retry, onRetry, signal } = this.options;
    const describe = { source: this.name, operation: `measure ${query.name} of ${table.schema}.${table.name}` };
    const measure = () => this.#lasting().withClient((client) => measureCustomQuery(client, table, query, guards));
    for (let tries = 0; ; tries++)
      try {
        return await withRetry(measure, { settings: retry, describe, onRetry, signal, leave: isSourceLoss });
      } catch (error) {
        const mayReturn = isSourceLoss(error) && isTransient(error) && tries < this.retries;
        if (!mayReturn || (await this.recover(() => {}))) throw error;
      }
  }

  lossOf(error: unknown): Failure | null {
    return isSourceLoss(error) ? this.#failureOf(error) : null;
  }

  async recover(onAway: () => void): Promise<Failure | null> {
    const { retry, signal, onRetry, source } = this.options;
    let last: Failure | null = null;
    for (let attempt = 1; ; attempt++) {
      const error = await this.#answers(Math.max(this.#recoveryMs, this.options.guards.connectTimeoutMs));
      if (error === null) return null;
      const refused = error instanceof BreakerOpenError;
      last =
        refused && last
          ? last
          : this.#failureOf(refused && error.opened ? { ...error.opened, retryable: true } : error);
      if (!isTransient(error) || signal.aborted) return last;
      if (attempt === 1) onAway();
      const { breaker } = source;
      if (this.#recoveryMs <= 0) return breaker.recoveryMs === 0 ? last : waitedInVain(last, breaker.recoveryMs);
      const pace = Math.min(fullJitterDelayMs(attempt - 1, retry, Math.random), breaker.cooldownMs);
      const delayMs = Math.min(refused ? error.retryInMs : pace, this.#recoveryMs);
      // A refusal by the breaker is no attempt: nothing was sent.
      if (!refused) onRetry({ source: this.name, operation: 'reconnect', attempt, delayMs, cause: error });
      const startedMs = performance.now();
      await pause(delayMs, signal).catch(() => undefined);
      this.#recoveryMs -= performance.now() - startedMs;
    }
  }

  /** Cancel what runs on the server and close every connection. */
  async close(): Promise<void> {
    await this.#pool?.cancelRunning();
    await this.#pool?.end();
  }

  /** Null where the source answers, else why not; within about `limitMs`. */
  async #answers(limitMs: number): Promise<Error | null> {
    const startedMs = performance.now();
    const { signal } = this.options;
    let timer: NodeJS.Timeout | undefined;
    let onAbort: (() => void) | undefined;
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(this.#noConnection(limitMs)), limitMs);
      onAbort = () => reject(signal.reason);
      signal.addEventListener('abort', onAbort);
    });
    // The pool asks for itself where it is the one to try; else a connection that was lent is no answer yet.
    const answer = this.#lasting().withClient((client) => readOnly(client, this.options.guards, async () => {}));
    answer.catch(() => undefined);
    try {
      await Promise.race([answer, limit]);
      return null;
    } catch (error) {
      this.#recoveryMs -= performance.now() - startedMs;
      return error as Error;
    } finally {
      clearTimeout(timer);
      if (onAbort) signal.removeEventListener('abort', onAbort);
    }
  }

  #noConnection(limitMs: number): SourceError {
    const message = `no connection to ${this.name} could be had within ${Math.round(limitMs / 1000)} s`;
    return new SourceError('pool_timeout', message, true);
  }

  #snapshotLost({ schema, name }: TableSpec): Failure {
    const message = `the connection that held the snapshot of ${schema}.${name} was lost`;
    return { code: 'connection_lost', message, retryable: true, source: this.name, table: `${schema}.${name}` };
  }

  #failureOf(error: unknown): Failure {
    return toFailure(error, { connection: this.options.source.connection });
  }

  #lasting(): SourcePool {
    this.#pool ??= this.#createPool(this.#maxConnections);
    return this.#pool;
  }

  #createPool(maxConnections: number): SourcePool {
    const settings: SourceSettings = { ...this.options.source, maxConnections, keepIdle: false };
    const { guards, signal, onPoolEvent } = this.options;
    const pool = new SourcePool(settings, guards, COORDINATOR_POOL, 'sentinel/orchestrator/main', onPoolEvent);
    // One for listing and one for snapshots: few enough to listen for the life of the run.
    signal.addEventListener('abort', () => void pool.cancelRunning(), { once: true });
    return pool;
  }
}

function waitedInVain(failure: Failure, recoveryMs: number): Failure {
  const message = `${failure.message}; it was waited for ${recoveryMs / 1000} s (RECOVERY_TIMEOUT)`;
  return { ...failure, message };
}
