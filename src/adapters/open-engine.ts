import { fileURLToPath } from 'node:url';
import type { BreakerLimits, ConnectionSettings } from '#src/contract/connection.js';
import type { LogRecord, WorkerSettings } from '#src/contract/messages.js';
import type { SourceAccess, WorkerPool } from '#src/coordinator/ports.js';
import { type BreakerFacts, CircuitBreaker, createBreakerBuffer, probeLimitMs } from './postgres/circuit-breaker.js';
import { ConnectionSlots, createSlotsBuffer } from './postgres/connection-slots.js';
import { poolRecord } from './postgres/pool-record.js';
import type { RetryNotice } from './postgres/retry.js';
import { PostgresSourceAccess } from './postgres/source-access.js';
import { publishState, type SourceUse } from './process-state.js';
import { PiscinaPool } from './threads/piscina-pool.js';

export interface EngineOptions {
  readonly connections: readonly ConnectionSettings[];
  /** All but the sources, which are made here with their shared counters. */
  readonly settings: Omit<WorkerSettings, 'sources'>;
  readonly breaker: BreakerLimits;
  readonly workers: number;
  /** DB_MAX_CONNECTIONS, where it is set. */
  readonly maxConnections?: number;
  /** The file that each thread runs, and its old-generation heap in MiB; what the program uses when absent. */
  readonly threads?: { readonly entry?: string; readonly heapMiB?: number };
  readonly signal: AbortSignal;
  readonly onLog: (record: LogRecord) => void;
  readonly onProgress: (source: string, rows: number, bytes: number) => void;
  readonly onRetry: (notice: RetryNotice) => void;
  /** Where other processes are told what this one does; absent: they are not. */
  readonly state?: { readonly dir: string; readonly command: string };
  /** Takes secrets out of the words of a worker thread that died. */
  readonly redact?: (text: string) => string;
}

export interface Engine {
  readonly pool: WorkerPool;
  readonly sources: readonly SourceAccess[];
  /** Most connections ever open at a time to one source, the largest over the sources. */
  connectionsPeak(): number;
  /** Of each source, whether calls pass. */
  breakerStates(): ReadonlyMap<string, BreakerFacts['state']>;
  /** Ask every worker to cancel what it runs on the servers. */
  cancel(): void;
  close(): Promise<void>;
}

/** Old-generation heap of a worker thread, MiB; sketches and dictionaries of the widest table need a fraction of it. */
const WORKER_HEAP_MIB = 512;

/** Worker threads and the coordinator's access to each source, sharing one count of connections per source. */
export function openEngine(options: EngineOptions): Engine {
  const { connections, settings, workers, maxConnections, signal } = options;
  const sources = connections.map((connection) => ({
    connection,
    openConnections: createSlotsBuffer(),
    breaker: { ...options.breaker, state: createBreakerBuffer() },
  }));
  const slots = sources.map((source) => new ConnectionSlots(source.openConnections, Number.POSITIVE_INFINITY));
  const breakers = sources.map(
    ({ connection, breaker }) =>
      new CircuitBreaker(connection.name, breaker, { probeLimitMs: probeLimitMs(settings.guards) }),
  );
  const pool = new PiscinaPool({
    threads: workers,
    settings: { ...settings, sources },
    entry: options.threads?.entry ?? fileURLToPath(import.meta.resolve('#workers/profile.worker.js')),
    heapMiB: options.threads?.heapMiB ?? WORKER_HEAP_MIB,
    onLog: options.onLog,
    onProgress: options.onProgress,
    ...(options.redact && { redact: options.redact }),
    onThreadExit: (threadId) => {
      for (const each of slots) each.reclaim(threadId);
      for (const each of breakers) each.reclaim(threadId);
    },
  });
  const accesses = sources.map(
    (source) =>
      new PostgresSourceAccess({
        source,
        guards: settings.guards,
        retry: settings.retry,
        workers,
        ...(maxConnections !== undefined && { maxConnections }),
        discovery: settings.discovery,
        signal,
        onRetry: options.onRetry,
        onPoolEvent: (event) => {
          const { level, fields, message } = poolRecord(event);
          if (event.type === 'breaker') published?.changed();
          if (event.type === 'open' || event.type === 'close') return; // its connections come and go with each table
          options.onLog({
            level,
            time: Date.now(),
            component: `${event.source}_db`,
            thread: 'main',
            msg: message,
            fields,
          });
        },
      }),
  );
  const use = (): SourceUse[] =>
    accesses.map((access, i): SourceUse => {
      const { host, port, database } = connections[i]!;
      const { open, used, waiting } = slots[i]!.use();
      const pool = { open, idle: Math.max(0, open - used), waiting, peak: slots[i]!.peak(), ceiling: access.ceiling };
      return { source: access.name, host, port, database, breaker: breakers[i]!.facts(), pool };
    });
  const published = options.state && publishState(options.state.dir, options.state.command, use);
  return {
    pool,
    sources: accesses,
    connectionsPeak: () => Math.max(0, ...slots.map((each) => each.peak())),
    breakerStates: () => new Map(connections.map(({ name }, i) => [name, breakers[i]!.facts().state])),
    cancel: () => pool.cancel(),
    async close() {
      published?.end();
      await Promise.all(accesses.map((access) => access.close()));
      await pool.close();
    },
  };
}
