import type { RetryNotice } from '#src/adapters/postgres/retry.js';
import { openSinks } from '#src/adapters/sinks/index.js';
import { isDataError, StoreError } from '#src/adapters/store/failure.js';
import { GroupCommit } from '#src/adapters/store/group-commit.js';
import type { StoreOptions } from '#src/adapters/store/options.js';
import type { RunRef } from '#src/adapters/store/records.js';
import { openStore, type Store } from '#src/adapters/store/store.js';
import type { StoreWriter } from '#src/adapters/store/writer.js';
import { alertPlan } from '#src/config/alert-plan.js';
import type { Config } from '#src/config/config.js';
import type { RunStore, TableRecord } from '#src/coordinator/ports.js';
import { CliError } from './exit-code.js';
import { recordPresent } from './record-present.js';

/** How long finished tables wait for others before they are committed together. */
const GROUP_INTERVAL_MS = 250;

/** Open the metadata store; ends with exit 3 where that is not possible. */
export async function openMetadata(config: Config, onRetry: (notice: RetryNotice) => void): Promise<Store> {
  return orUsageError(() => openStore(storeOptions(config, onRetry)));
}

/** How the store of a configuration is reached and written. */
export function storeOptions(config: Config, onRetry: (notice: RetryNotice) => void = () => undefined): StoreOptions {
  const { connection, schema } = config.metadata;
  const { guards, batchSize, retry } = config;
  return {
    ...{ connection, schema, guards, batchSize, retry, onRetry },
    applicationName: 'sentinel/store',
    alerts: alertPlan(config, openSinks(config.alerts)),
  };
}

/** A failure of the store before any work is the caller's to mend: its message, and exit 3. */
export async function orUsageError<T>(open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (error instanceof StoreError) throw new CliError(error.message);
    throw error;
  }
}

/** The coordinator's way to make one run's results durable: whole tables, committed in groups. */
export function runStore(
  store: Store,
  writer: StoreWriter,
  run: RunRef,
  batchSize: number,
): RunStore & { close(): Promise<void> } {
  const commit = new GroupCommit<TableRecord>((records) => writer.persistTables(run, records), {
    intervalMs: GROUP_INTERVAL_MS,
    maxRows: batchSize,
    rowsOf: (record) => record.points.length + record.profile.columns.length + 1,
    isRecordAtFault: isDataError,
  });
  return {
    addTable: (record) => commit.add(record),
    addInventory: (record) => writer.persistInventory(run, [record]),
    recordPresent: (source, present) => recordPresent(store, writer, run, source, present),
    close: () => commit.close(),
  };
}
