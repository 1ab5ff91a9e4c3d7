import { join } from 'node:path';
import type { Config } from '#src/config/config.js';
import type { DatabaseManagerConfig } from './postgres/database-manager.js';
import { STATE_DIR } from './process-state.js';

/** What a configuration watches, whole. */
export function managerConfig(config: Config): DatabaseManagerConfig {
  const { sources, guards, metadata, logs, directory } = config;
  return {
    sources,
    guards,
    metadata,
    excludeSchemas: [metadata.schema],
    logs: { dir: logs.dir, maxBytes: logs.maxBytes },
    stateDir: join(directory, STATE_DIR),
  };
}
