import type { StoreOptions } from '#src/adapters/store/options.js';

/** How a store is opened for a benchmark. */
export function benchStore(connection: StoreOptions['connection']): StoreOptions {
  return {
    connection: { ...connection, name: 'metadata' },
    schema: 'sentinel',
    guards: {
      connectTimeoutMs: 10_000,
      statementTimeoutMs: 600_000,
      lockTimeoutMs: 5_000,
      maxTransactionAgeMs: 600_000,
    },
    batchSize: 1_000,
    applicationName: 'sentinel/bench',
  };
}
