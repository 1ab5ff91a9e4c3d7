import { resolve } from 'node:path';
import type {
  BreakerLimits,
  ConnectionSettings,
  Guards,
  PoolSettings,
  RetrySettings,
} from '#src/contract/connection.js';
import type { ComponentLevels, LogLevel } from '#src/contract/log-levels.js';
import type { LagLimits } from '#src/core/planning/lag.js';
import { type AlertSettings, alertSettings, checkRoutes } from './alert-settings.js';
import { type ConnectionContext, isLoopback, metadataConnection, sourceConnection } from './connections.js';
import { type DbtSettings, readDbtManifest } from './dbt-manifest.js';
import { type Environment, type EnvironmentInput, readEnvironment } from './load-env.js';
import { unknownComponents } from './log-levels.js';
import { suggest } from './names.js';
import { parseVariables, type Values } from './parse-variables.js';
import type { Policy, TablePolicy } from './policy.js';
import { POLICY_FILE } from './policy-file.js';
import { ConfigError, isReported, type Problem } from './problem.js';
import { maskSecretFields } from './redact.js';
import { type Schedule, scheduleOfVariable } from './schedules.js';
import { findUnknownNames } from './unknown-names.js';
import { VARIABLES } from './variables.js';
import { readPolicy } from './yaml-policy.js';

export interface LogSettings {
  /** Absolute path. */
  readonly dir: string;
  readonly maxBytes: number;
  /** gzip archives kept of each file; 0: none. */
  readonly backupCount: number;
  readonly level: LogLevel;
  /** By component; they beat `level`. */
  readonly componentLevels: ComponentLevels;
  /** `auto`: text on the console, JSON in files. */
  readonly format: 'auto' | 'text' | 'json';
}

export interface ProfilePolicy {
  readonly mode: 'auto' | 'full';
  readonly incremental: 'off';
  readonly fullScanMaxBytes: number;
  /** 0 < rate <= 1. */
  readonly sampleRate: number;
  readonly maxValueBytes: number;
  /** Heaps above this are read in chunks. */
  readonly chunkMinBytes: number;
  readonly maxChunks: number;
}

export interface HttpSettings {
  readonly host: string;
  readonly port: number;
  readonly token?: string;
  /** Host names, lower case; absent: on loopback its names, else any. */
  readonly allowedHosts?: readonly string[];
}

/** Where OpenLineage events go, besides `namespace` nothing must be set. */
export interface LineageSettings {
  readonly url?: string;
  readonly apiKey?: string;
  /** Absolute path. */
  readonly file?: string;
  readonly namespace: string;
}

/** The whole configuration: plain data, frozen, safe to clone to a worker thread. */
export interface Config {
  readonly environment: Environment;
  /** Working directory, absolute: where .env, sentinel.yaml and .sentinel are. */
  readonly directory: string;
  readonly sources: readonly ConnectionSettings[];
  readonly metadata: { readonly connection: ConnectionSettings; readonly schema: string };
  readonly guards: Guards;
  readonly lag: LagLimits;
  /** Runs spare the databases (`--gentle`). */
  readonly gentle: boolean;
  readonly retry: RetrySettings;
  readonly breaker: BreakerLimits;
  readonly pool: PoolSettings;
  readonly workers: number;
  readonly batchSize: number;
  /** Ceiling for one source over all workers; undefined: found out when connecting. */
  readonly maxConnections?: number;
  readonly logs: LogSettings;
  readonly profile: ProfilePolicy;
  readonly http: HttpSettings;
  /** Of the daemon, that of SCHEDULE first. */
  readonly schedules: readonly Schedule[];
  readonly alerts: AlertSettings;
  readonly lineage: LineageSettings;
  readonly retention: { readonly pointDays: number };
  readonly policy: Omit<Policy, 'schedules' | 'dbtManifest'>;
  readonly dbt?: DbtSettings;
}

/** Read, check and freeze the configuration. Throws one ConfigError with every problem. */
export function loadConfig(options: EnvironmentInput): Config {
  const cwd = resolve(options.cwd);
  const raw = readEnvironment({ ...options, cwd });
  const problems: Problem[] = [...raw.problems];
  const { SENTINEL_ENV: _, ...variables } = VARIABLES;
  const values: GeneralValues = parseVariables(variables, raw.variables, '', problems);
  const names = values.SENTINEL_SOURCES ?? [];
  problems.push(...findUnknownNames(raw, names));
  const context: ConnectionContext = { cwd, raw, problems };
  const sources = names.map((name) => sourceConnection(name, context));
  const batch = sources[Math.max(0, names.indexOf('batch'))];
  const connection = metadataConnection(batch, context);
  checkTogether(values, problems);
  problems.push(...unknownComponents(values.LOG_LEVELS ?? {}, names, raw.variables.get('LOG_LEVELS')));
  const { schedules, dbtManifest, ...policy } = readPolicy(cwd, problems, options.drafts?.[POLICY_FILE]);
  checkSourceNames(policy.sources, names, problems);
  checkScheduledSources(schedules, names, problems);
  const alerts = alertSettings(values, context);
  checkRoutes(policy.alerts, alerts, names, problems);
  const isKnown = problems.length === 0; // without its sources a manifest says nothing
  const dbt =
    isKnown && dbtManifest !== null
      ? readDbtManifest(resolve(cwd, dbtManifest), sources as ConnectionSettings[], problems)
      : undefined;
  if (problems.length > 0) throw new ConfigError(problems);
  return deepFreeze({
    environment: raw.environment,
    directory: cwd,
    sources: sources as ConnectionSettings[],
    metadata: { connection: connection as ConnectionSettings, schema: values.METADATA_SCHEMA },
    ...fromValues(values, cwd),
    schedules: [
      ...(values.SCHEDULE === undefined ? [] : [scheduleOfVariable(values.SCHEDULE)]),
      ...structuredClone(schedules),
    ],
    alerts,
    ...(dbt && { dbt }),
    policy: structuredClone(policy),
  });
}

type GeneralValues = Values<Omit<typeof VARIABLES, 'SENTINEL_ENV'>>;

function fromValues(values: GeneralValues, cwd: string) {
  return {
    guards: {
      connectTimeoutMs: values.CONNECT_TIMEOUT,
      statementTimeoutMs: values.STATEMENT_TIMEOUT,
      lockTimeoutMs: values.LOCK_TIMEOUT,
      maxTransactionAgeMs: values.MAX_TRANSACTION_AGE,
    },
    gentle: values.GENTLE === 'true',
    lag: {
      replicaMs: values.MAX_REPLICA_LAG,
      slotBytes: values.MAX_SLOT_LAG,
      waitMs: values.MAX_LAG_WAIT,
    },
    retry: {
      maxAttempts: values.MAX_RETRY_ATTEMPTS,
      backoffFactor: values.RETRY_BACKOFF_FACTOR,
      initialDelayMs: values.INITIAL_RETRY_DELAY,
      maxDelayMs: values.MAX_RETRY_DELAY,
    },
    breaker: {
      failures: values.BREAKER_FAILURES,
      cooldownMs: values.BREAKER_COOLDOWN,
      recoveryMs: values.RECOVERY_TIMEOUT,
    },
    pool: { size: values.DB_POOL_SIZE, maxOverflow: values.DB_MAX_OVERFLOW },
    workers: values.CONCURRENT_WORKERS,
    batchSize: values.BATCH_SIZE,
    ...(values.DB_MAX_CONNECTIONS !== undefined && { maxConnections: values.DB_MAX_CONNECTIONS }),
    logs: {
      dir: resolve(cwd, values.LOG_DIR),
      maxBytes: values.LOG_MAX_BYTES,
      backupCount: values.LOG_BACKUP_COUNT,
      level: values.LOG_LEVEL,
      componentLevels: values.LOG_LEVELS ?? {},
      format: values.LOG_FORMAT,
    },
    profile: {
      mode: values.PROFILE_MODE,
      incremental: values.INCREMENTAL,
      fullScanMaxBytes: values.FULL_SCAN_MAX_BYTES,
      sampleRate: values.SAMPLE_RATE,
      maxValueBytes: values.MAX_VALUE_BYTES,
      chunkMinBytes: values.CHUNK_MIN_BYTES,
      maxChunks: values.MAX_CHUNKS,
    },
    http: {
      host: values.HTTP_HOST,
      port: values.HTTP_PORT,
      ...(values.HTTP_TOKEN !== undefined && { token: values.HTTP_TOKEN }),
      ...(values.HTTP_ALLOWED_HOSTS !== undefined && { allowedHosts: values.HTTP_ALLOWED_HOSTS }),
    },
    lineage: {
      namespace: values.OPENLINEAGE_NAMESPACE,
      ...(values.OPENLINEAGE_URL !== undefined && { url: values.OPENLINEAGE_URL }),
      ...(values.OPENLINEAGE_API_KEY !== undefined && { apiKey: values.OPENLINEAGE_API_KEY }),
      ...(values.OPENLINEAGE_FILE !== undefined && { file: resolve(cwd, values.OPENLINEAGE_FILE) }),
    },
    retention: { pointDays: values.POINT_RETENTION_DAYS },
  };
}

/** Rules over several variables; a variable that is wrong by itself is undefined here and was reported. */
function checkTogether(values: GeneralValues, problems: Problem[]): void {
  if (values.INITIAL_RETRY_DELAY > values.MAX_RETRY_DELAY)
    problems.push({
      setting: 'MAX_RETRY_DELAY',
      found: `${values.MAX_RETRY_DELAY / 1000}`,
      allowed: `at least INITIAL_RETRY_DELAY, which is ${values.INITIAL_RETRY_DELAY / 1000}`,
      fix: 'raise MAX_RETRY_DELAY or lower INITIAL_RETRY_DELAY',
    });
  const isOpen = values.HTTP_HOST !== undefined && !isLoopback(values.HTTP_HOST) && values.HTTP_TOKEN === undefined;
  if (isOpen && !isReported('HTTP_TOKEN', problems))
    problems.push({
      setting: 'HTTP_TOKEN',
      found: 'not set',
      allowed: `a secret text, as HTTP_HOST is ${values.HTTP_HOST} and not loopback`,
      fix: 'set HTTP_TOKEN, or HTTP_HOST=127.0.0.1',
    });
}

/** A misspelt source must not pass for one without settings. */
function checkSourceNames(sources: Policy['sources'], names: readonly string[], problems: Problem[]): void {
  for (const name of Object.keys(sources).filter((each) => !names.includes(each))) {
    const nearest = suggest(name, names);
    problems.push({
      setting: `sources.${name}`,
      file: POLICY_FILE,
      found: 'no source in SENTINEL_SOURCES',
      allowed: names.join(', '),
      fix: nearest === undefined ? 'remove it' : `rename it to ${nearest}`,
    });
  }
}

/** The same of a source that a schedule names. */
function checkScheduledSources(schedules: readonly Schedule[], names: readonly string[], problems: Problem[]): void {
  for (const { name, sources } of schedules)
    for (const source of sources.filter((each) => !names.includes(each))) {
      const nearest = suggest(source, names);
      problems.push({
        setting: `schedules (${name}).sources`,
        file: POLICY_FILE,
        found: `${source}, which is no source in SENTINEL_SOURCES`,
        allowed: names.join(', '),
        fix: nearest === undefined ? 'remove it' : `write ${nearest}`,
      });
    }
}

/** Every secret of a configuration, for a redactor. */
export function configSecrets(config: Config): string[] {
  const { alerts, http, lineage, metadata, sources } = config;
  const passwords = [...sources, metadata.connection].map(({ password }) => password);
  const { webhookUrl, webhookSecret, slackWebhookUrl, pagerdutyRoutingKey, pagerdutyUrl, heartbeatUrl, email } = alerts;
  const urls = [webhookUrl, slackWebhookUrl, pagerdutyUrl, heartbeatUrl].filter((url) => url !== undefined);
  const keys = [http.token, webhookSecret, pagerdutyRoutingKey, email?.password];
  const { url = '', apiKey } = lineage;
  const all = [...passwords, ...keys, apiKey, ...secretsOfUrl(url), ...urls, ...urls.flatMap(secretsOfUrl)];
  return [...new Set(all.filter((secret) => secret !== undefined && secret !== ''))] as string[];
}

/** Shorter parts of a path (`hooks`, `v1`) are words. */
const MIN_TOKEN_LENGTH = 12;

/** What of a URL lets somebody in: its password, and tokens in its path and query, as they are and decoded. */
function secretsOfUrl(text: string): string[] {
  if (!URL.canParse(text)) return [];
  const { password, pathname, searchParams } = new URL(text);
  const tokens = [...pathname.split('/'), ...searchParams.values()].filter(({ length }) => length >= MIN_TOKEN_LENGTH);
  return [password, ...tokens].flatMap((part) => [part, decoded(part)]);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The configuration as the audit trail keeps it: every password, token and alert URL replaced by `***`. */
export function maskedConfig(config: Config): unknown {
  const { dbt, ...rest } = config;
  // What dbt says of thousands of tables is no setting.
  return maskSecretFields({ ...rest, ...(dbt && { dbt: { ...dbt, tables: dbt.tables.length } }) });
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const field of Object.values(value)) deepFreeze(field);
  }
  return value;
}

/** Settings of single tables: those of sentinel.yaml before those of dbt. */
export function tablePolicies({ policy, dbt }: Pick<Config, 'policy' | 'dbt'>): readonly TablePolicy[] {
  return [...policy.tables, ...(dbt?.tables ?? [])];
}
