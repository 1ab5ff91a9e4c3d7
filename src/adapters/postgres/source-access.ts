import type { Guards, RetrySettings } from '#src/contract/connection.js';
import type { CustomQuery } from '#src/contract/custom-query.js';
import type { SourceSettings } from '#src/contract/messages.js';
import type { Discovery, HeldSnapshot, LagReading, SourceAccess } from '#src/coordinator/ports.js';
import type { TableSpec } from '#src/core/model/relation.js';
import type { CustomFigure } from '#src/core/model/profile.js';
import { connectionBudget } from './budget.js';
import { type DiscoveryOptions, discoverTables } from './catalog.js';
import { measureCustomQuery } from './custom-query.js';
import { toFailure } from './failure.js';
import { readLag } from './replication-lag.js';
import { type RetryNotice, withRetry } from './retry.js';
import { readServerFacts } from './server-facts.js';
import { SnapshotOwner } from './snapshot.js';
import { SourcePool } from './source-pool.js';
import { readOnly } from './transaction.js';
import { verifyShapes } from './verify-shape.js';

export interface SourceAccessOptions {
  readonly source: Pick<SourceSettings, 'connection' | 'openConnections'>;
  readonly guards: Guards;
  readonly retry: RetrySettings;
  readonly workers: number;
  /** DB_MAX_CONNECTIONS, where it is set. */
  readonly maxConnections?: number;
  readonly discovery: Omit<DiscoveryOptions, 'source'>;
  readonly signal: AbortSignal;
  readonly onRetry: (notice: RetryNotice) => void;
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
  #inRecovery = false;
  #pool: SourcePool | null = null;

  constructor(private readonly options: SourceAccessOptions) {
    this.name = options.source.connection.name;
  }

  get maxConnections(): number {
    return this.#maxConnections;
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
    const pool = (this.#pool ??= this.#createPool(this.#maxConnections));
    const guards = { ...this.options.guards, statementTimeoutMs: LOOK_LIMIT_MS };
    try {
      return await pool.withClient((client) => readOnly(client, guards, () => readLag(client, this.#inRecovery)));
    } catch {
      return { lags: [], unseen: null }; // whoever reads next tells what is wrong with the source
    }
  }

  async holdSnapshot(table: TableSpec): Promise<HeldSnapshot> {
    const pool = (this.#pool ??= this.#createPool(this.#maxConnections));
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
    const pool = (this.#pool ??= this.#createPool(this.#maxConnections));
    const { guards, retry, onRetry, signal, source } = this.options;
    const name = `${table.schema}.${table.name}`;
    const figures: CustomFigure[] = [];
    for (const query of queries) {
      const describe = { source: this.name, operation: `measure ${query.name} of ${name}` };
      try {
        const value = await withRetry(
          () => pool.withClient((client) => measureCustomQuery(client, table, query, guards)),
          { settings: retry, describe, onRetry, signal },
        );
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

  /** Cancel what runs on the server and close every connection. */
  async close(): Promise<void> {
    await this.#pool?.cancelRunning();
    await this.#pool?.end();
  }

  #createPool(maxConnections: number): SourcePool {
    const settings: SourceSettings = { ...this.options.source, maxConnections, keepIdle: false };
    const { guards, signal } = this.options;
    const pool = new SourcePool(settings, guards, COORDINATOR_POOL, 'sentinel/orchestrator/main');
    // One for listing and one for snapshots: few enough to listen for the life of the run.
    signal.addEventListener('abort', () => void pool.cancelRunning(), { once: true });
    return pool;
  }
}
