import { managerConfig } from './adapters/manager-config.js';
import {
  getDatabaseManager as createDatabaseManager,
  type DatabaseManager,
  type DatabaseManagerConfig,
  type HealthReport,
} from './adapters/postgres/database-manager.js';
import type { HealthStatus, SourceHealth } from './adapters/postgres/health.js';
import { type Config, loadConfig } from './config/config.js';
import { ConfigError, type Problem } from './config/problem.js';

export type { Failure } from './core/model/failure.js';
export type { Finding, Severity } from './core/model/finding.js';
export type { ColumnProfile, TableProfile } from './core/model/profile.js';
export {
  type Config,
  ConfigError,
  type DatabaseManager,
  type HealthReport,
  type HealthStatus,
  loadConfig,
  type Problem,
  type SourceHealth,
};

/**
 * The databases that Sentinel watches. Without an argument they are those of the environment and the .env files of the working
 * directory; throws ConfigError, with every problem, where these are wrong.
 */
export function getDatabaseManager(config?: DatabaseManagerConfig): DatabaseManager {
  if (config) return createDatabaseManager(config);
  return createDatabaseManager(managerConfig(loadConfig({ cwd: process.cwd(), env: process.env })));
}
