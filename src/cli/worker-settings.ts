import type { Config } from '#src/config/config.js';
import type { DiscoverySettings, WorkerSettings } from '#src/contract/messages.js';
import { GENTLE } from './gentle.js';

/** The same seed gives the same figures, whatever the machine or the number of workers. */
export const SKETCH_SEED = 0x5e17;
/** Smaller heaps are read again quicker than their state is stored and fetched. */
export const STATE_MIN_BYTES = 32 * 1024 * 1024;

/** Which relations are looked at besides tables; our own schema never is. */
export function discoverySettings(config: Config): DiscoverySettings {
  return {
    views: config.policy.views,
    foreignTables: config.policy.foreignTables,
    excludeSchemas: [config.metadata.schema],
  };
}

/** What each worker thread is started with. */
export function workerSettings(config: Config): Omit<WorkerSettings, 'sources'> {
  return {
    guards: config.guards,
    retry: config.retry,
    pool: config.pool,
    profile: { maxValueBytes: config.profile.maxValueBytes, seed: SKETCH_SEED, stateMinBytes: STATE_MIN_BYTES },
    discovery: discoverySettings(config),
    ...(config.gentle && { pace: { share: GENTLE.share } }),
    checks: config.policy.checks,
    logLevel: config.logs.level,
    componentLevels: config.logs.componentLevels,
  };
}
