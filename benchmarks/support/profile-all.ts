import { openEngine } from '#src/adapters/open-engine.js';
import { toFailure } from '#src/adapters/postgres/failure.js';
import type { ConnectionSettings } from '#src/contract/connection.js';
import type { RunStore } from '#src/coordinator/ports.js';
import { profileRun } from '#src/coordinator/profile-run.js';
import { DEFAULT_CHECK_SETTINGS } from '#src/core/checks/index.js';
import type { TableProfile } from '#src/core/model/profile.js';

export interface ProfileAllOptions {
  readonly connection: ConnectionSettings;
  readonly workers: number;
  readonly chunkMinBytes?: number;
  readonly maxChunks?: number;
  readonly store?: RunStore;
  /** False: without the history by insert time. */
  readonly history?: boolean;
}

export interface ProfileAllResult {
  /** From handing out the first task to the last result; threads are up before. */
  readonly seconds: number;
  /** Of this process in that time. */
  readonly cpuSeconds: number;
  readonly profiles: readonly TableProfile[];
  readonly bytes: number;
  readonly connectionsPeak: number;
}

/** Keeps nothing: measures the engine without a store. */
const FORGET: RunStore = { addTable: async () => {}, addInventory: async () => {}, recordPresent: async () => {} };

/** Profile everything in one database with warm threads and connections, twice: the second time counts. */
export async function profileAll(options: ProfileAllOptions): Promise<ProfileAllResult> {
  const guards = {
    connectTimeoutMs: 10_000,
    statementTimeoutMs: 600_000,
    lockTimeoutMs: 5_000,
    maxTransactionAgeMs: 600_000,
  };
  const engine = openEngine({
    connections: [options.connection],
    breaker: { failures: 5, cooldownMs: 100, recoveryMs: 0 },
    settings: {
      guards,
      retry: { maxAttempts: 0, backoffFactor: 2, initialDelayMs: 1, maxDelayMs: 1 },
      pool: { size: 5, maxOverflow: 10 },
      profile: { maxValueBytes: 1024, seed: 1, stateMinBytes: 32 * 1024 * 1024 },
      discovery: { views: { maxCost: 0 }, foreignTables: false, excludeSchemas: ['sentinel'] },
      checks: { disabled: [], settings: DEFAULT_CHECK_SETTINGS },
      logLevel: 'error',
    },
    workers: options.workers,
    signal: new AbortController().signal,
    onLog: (record) => console.error(record.msg, record.fields),
    onProgress: () => {},
    onRetry: () => {},
  });
  let profiles: TableProfile[] = [];
  let bytes = 0;
  const once = () =>
    profileRun(
      engine.sources,
      engine.pool,
      options.store ?? FORGET,
      {
        sourceDiscovered() {},
        sourceLags() {},
        progress() {},
        sourceLost() {},
        sourceRecovered() {},
        sourceFailed(source, failure) {
          throw new Error(`${source}: ${failure.message}`);
        },
        tableDone(result) {
          profiles.push(result.profile);
          bytes += result.cost.bytes;
        },
      },
      {
        run: 'bench',
        workers: options.workers,
        maxTables: 1000,
        limits: {
          minBytes: options.chunkMinBytes ?? 32 * 1024 * 1024,
          maxChunks: options.maxChunks ?? 16,
          maxBytes: 4 * 1024 ** 3,
        },
        state: { maxValueBytes: 1024, seed: 1 },
        stateMinBytes: 32 * 1024 * 1024,
        now: () => performance.now(),
        signal: new AbortController().signal,
        asOfMs: Date.now(),
        wanted: () => true,
        customQueries: () => [],
        // A column that no table has: then there is no history.
        insertTime: () => (options.history === false ? '' : undefined),
        timeZone: () => 'UTC',
        database: () => options.connection.database,
        maxWaiting: 1_000,
        onStoreFailure: () => {},
        toFailure: (error, source) => toFailure(error, { source }),
      },
    );
  try {
    await once();
    profiles = [];
    bytes = 0;
    const before = process.cpuUsage();
    const startMs = performance.now();
    await once();
    const seconds = (performance.now() - startMs) / 1000;
    const { user, system } = process.cpuUsage(before);
    return {
      seconds,
      cpuSeconds: (user + system) / 1e6,
      profiles,
      bytes,
      connectionsPeak: engine.connectionsPeak(),
    };
  } finally {
    await engine.close();
  }
}
