import type { RetryNotice } from '#src/adapters/postgres/retry.js';
import type { ConnectionSettings, Guards, RetrySettings } from '#src/contract/connection.js';
import type { AlertPlan } from '#src/core/incidents/alert-plan.js';

export interface StoreOptions {
  readonly connection: ConnectionSettings;
  /** METADATA_SCHEMA, unquoted. */
  readonly schema: string;
  readonly guards: Guards;
  /** BATCH_SIZE: the most rows of one statement. */
  readonly batchSize: number;
  readonly applicationName: string;
  /** Who is told of what becomes of incidents; nobody where absent. */
  readonly alerts?: AlertPlan;
  /** For lost connections; `DEFAULT_RETRY` when absent. */
  readonly retry?: RetrySettings;
  readonly onRetry?: (notice: RetryNotice) => void;
}

export const DEFAULT_RETRY: RetrySettings = {
  maxAttempts: 3,
  backoffFactor: 2,
  initialDelayMs: 1000,
  maxDelayMs: 60_000,
};
