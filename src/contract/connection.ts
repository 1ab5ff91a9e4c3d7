/** libpq's six TLS modes. */
export const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof SSL_MODES)[number];

/** How to reach one database. Plain data: it is cloned to worker threads. */
export interface ConnectionSettings {
  /** `batch`, `cdc`, any further source, or `metadata`. */
  readonly name: string;
  /** Prefix of its environment variables, e.g. `BATCH_DB`, for messages that name the setting to change. */
  readonly envPrefix: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** Undefined where none is set: then the server must not ask for one. */
  readonly password?: string;
  /** Absolute path of the file it comes from; read again for each connection, so that it may change while a run goes on. */
  readonly passwordFile?: string;
  readonly sslMode: SslMode;
  /** File paths, checked at start-up to be readable. */
  readonly sslRootCert?: string;
  readonly sslCert?: string;
  readonly sslKey?: string;
}

/** Limits on every connection and statement; all durations in milliseconds. */
export interface Guards {
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly lockTimeoutMs: number;
  /** Longest time one snapshot is held. */
  readonly maxTransactionAgeMs: number;
}

export interface RetrySettings {
  /** Retries after the first try. */
  readonly maxAttempts: number;
  readonly backoffFactor: number;
  readonly initialDelayMs: number;
  readonly maxDelayMs: number;
}

/** When a source that does not answer is left alone, and how long a run waits for it. */
export interface BreakerLimits {
  /** Connection-level failures in a row after which the circuit breaker opens. */
  readonly failures: number;
  /** How long an open breaker lets nothing through. */
  readonly cooldownMs: number;
  /** How long a run waits for a source that went away in the middle of it. */
  readonly recoveryMs: number;
}

/** The circuit breaker of one source. */
export interface BreakerSettings extends BreakerLimits {
  /** Shared by all threads; layout in `adapters/postgres/circuit-breaker.ts`. */
  readonly state: SharedArrayBuffer;
}

export interface PoolSettings {
  /** Connections kept open per worker and source. */
  readonly size: number;
  /** Extra connections under load, closed after use. */
  readonly maxOverflow: number;
}
