import { SSL_MODES } from '#src/contract/connection.js';
import { LOG_LEVELS } from '#src/contract/log-levels.js';
import { componentLevels } from './log-levels.js';
import type { Validator } from './validators.js';
import {
  accessToken,
  bytes,
  cron,
  durationOrOff,
  emailAddress,
  emailAddresses,
  hostNames,
  hostname,
  int,
  listenAddress,
  oneOf,
  path,
  port,
  positiveNumber,
  seconds,
  sourceNames,
  text,
  url,
} from './validators.js';

export const GROUPS = [
  'General',
  'Sources',
  'Metadata store',
  'Workers and connections',
  'Query guards',
  'Retries',
  'Profiling',
  'Logs',
  'Retention',
  'Daemon',
  'Alerts',
  'Lineage',
] as const;
export type Group = (typeof GROUPS)[number];

/** One environment variable. */
export interface Variable<T = unknown> {
  readonly group: Group;
  /** One line, for `.env.example` and the reference. */
  readonly meaning: string;
  readonly validator: Validator<T>;
  /** As it would be written in a .env file; undefined where there is none. */
  readonly default?: string;
  /** Shown in the reference where there is no default to write down. */
  readonly defaultText?: string;
  /** True where it must be set. */
  readonly required: boolean;
  /** Never shown, not even in an error message. */
  readonly secret: boolean;
}

/** A variable that always has a value; or, with `T | undefined`, one that may be unset (an empty value is then the same). */
export interface SetVariable<T> extends Variable<T> {
  readonly always: true;
}
export interface OptionalVariable<T> extends Variable<T> {
  readonly always: false;
}

interface Details {
  readonly defaultText?: string;
  readonly secret?: boolean;
}

function variable<T>(group: Group, fallback: string, validator: Validator<T>, meaning: string): SetVariable<T> {
  return { group, meaning, validator, default: fallback, required: false, secret: false, always: true };
}

function required<T>(group: Group, validator: Validator<T>, meaning: string): SetVariable<T> {
  return { group, meaning, validator, required: true, secret: false, always: true };
}

function optional<T>(
  group: Group,
  validator: Validator<T>,
  meaning: string,
  details: Details = {},
): OptionalVariable<T> {
  return { group, meaning, validator, required: false, secret: false, ...details, always: false };
}

/** Longest timer of Node and longest timeout of Postgres: 2^31 − 1 ms. */
const MAX_SECONDS = 2_147_483;
const MAX_VALUE_BYTES = 64 * 2 ** 20;

const timeout = { min: 0.001, max: MAX_SECONDS };
const delay = { min: 0, max: MAX_SECONDS };
const secret = { secret: true };

/** Every variable whose name is fixed. Those of one source are in `connectionVariables`. */
export const VARIABLES = {
  SENTINEL_ENV: variable(
    'General',
    'development',
    oneOf(['development', 'staging', 'production']),
    'which .env.<env> files are read; production refuses weak passwords and unencrypted connections',
  ),
  SENTINEL_SOURCES: variable(
    'Sources',
    'batch,cdc',
    sourceNames(),
    'the databases to watch; each name reads its own <NAME>_DB_* variables',
  ),
  METADATA_SCHEMA: variable(
    'Metadata store',
    'sentinel',
    text('the name of a schema'),
    'schema of the history; it is made when absent and never profiled',
  ),
  CONCURRENT_WORKERS: variable('Workers and connections', '4', int({ min: 1, max: 256 }), 'worker threads'),
  BATCH_SIZE: variable(
    'Workers and connections',
    '1000',
    int({ min: 1, max: 100_000 }),
    'rows per bulk write, and the most tables in one worker batch',
  ),
  DB_POOL_SIZE: variable(
    'Workers and connections',
    '5',
    int({ min: 1, max: 1000 }),
    'connections kept open per worker and source',
  ),
  DB_MAX_OVERFLOW: variable(
    'Workers and connections',
    '10',
    int({ min: 0, max: 1000 }),
    'extra connections per worker and source under load, closed after use',
  ),
  DB_MAX_CONNECTIONS: optional(
    'Workers and connections',
    int({ min: 1, max: 10_000 }),
    'ceiling over all workers for one source, never exceeded',
    { defaultText: 'min(workers + 2, a quarter of the free slots, role and database limits), at least 1' },
  ),
  CONNECT_TIMEOUT: variable('Query guards', '10', seconds(timeout), 'longest wait for a connection, seconds'),
  STATEMENT_TIMEOUT: variable('Query guards', '600', seconds(timeout), 'longest statement, seconds'),
  LOCK_TIMEOUT: variable('Query guards', '5', seconds(timeout), 'longest wait for a lock, seconds'),
  MAX_TRANSACTION_AGE: variable('Query guards', '300', seconds(timeout), 'longest time one snapshot is held, seconds'),
  GENTLE: variable(
    'Query guards',
    'false',
    oneOf(['false', 'true']),
    'true: every run is as with --gentle, one reader a source and rests, in place of CONCURRENT_WORKERS',
  ),
  MAX_REPLICA_LAG: variable(
    'Query guards',
    '30',
    seconds(delay),
    'while a replica of a source, or a source that is a standby, is further behind, nothing more of it is read, seconds; 0: read on',
  ),
  MAX_SLOT_LAG: variable(
    'Query guards',
    '1GiB',
    bytes({ min: 0 }),
    'the same for WAL that the reader of an active replication slot has not confirmed; 0: read on',
  ),
  MAX_LAG_WAIT: variable(
    'Query guards',
    '300',
    seconds(delay),
    'longest such wait of a run for one source, all together, seconds; then it reads on and says so; 0: never wait',
  ),
  MAX_RETRY_ATTEMPTS: variable(
    'Retries',
    '3',
    int({ min: 0, max: 100 }),
    'retries of a transient failure after the first try',
  ),
  RETRY_BACKOFF_FACTOR: variable(
    'Retries',
    '2.0',
    positiveNumber({ min: 1, max: 100 }),
    'growth of the delay from one retry to the next',
  ),
  INITIAL_RETRY_DELAY: variable('Retries', '1.0', seconds(delay), 'ceiling of the first delay, seconds'),
  MAX_RETRY_DELAY: variable('Retries', '60.0', seconds(delay), 'ceiling of every delay, seconds'),
  BREAKER_FAILURES: variable(
    'Retries',
    '5',
    int({ min: 1, max: 10_000 }),
    'failed connections in a row after which a source is left alone',
  ),
  BREAKER_COOLDOWN: variable(
    'Retries',
    '2.0',
    seconds({ min: 0.001, max: MAX_SECONDS }),
    'how long it is left alone before one connection is tried, seconds',
  ),
  RECOVERY_TIMEOUT: variable(
    'Retries',
    '60.0',
    seconds(delay),
    'how long a run waits in all for a source that went away in the middle, seconds',
  ),
  PROFILE_MODE: variable(
    'Profiling',
    'auto',
    oneOf(['auto', 'full'], {
      sample: 'sample is not available in this version; use full or auto',
      stats: 'stats is not available in this version; use full or auto',
    }),
    'how tables are read: auto (full at present) or full',
  ),
  INCREMENTAL: variable(
    'Profiling',
    'off',
    oneOf(['off'], {
      proof: 'proof is not available in this version; use off',
      counters: 'counters is not available in this version; use off',
    }),
    'whether unchanged rows are read again: off reads every table in full',
  ),
  FULL_SCAN_MAX_BYTES: variable('Profiling', '64GiB', bytes({ min: 1 }), 'largest table that auto reads in full'),
  SAMPLE_RATE: variable(
    'Profiling',
    '0.01',
    positiveNumber({ min: 0.000001, max: 1 }),
    'share of the blocks that a sample reads',
  ),
  MAX_VALUE_BYTES: variable(
    'Profiling',
    '1024',
    bytes({ min: 16, max: MAX_VALUE_BYTES }),
    'longer values are known by this prefix and their length',
  ),
  CHUNK_MIN_BYTES: variable('Profiling', '32MiB', bytes({ min: 8192 }), 'larger heaps are read in chunks, in parallel'),
  MAX_CHUNKS: variable('Profiling', '16', int({ min: 1, max: 1024 }), 'most chunks of one table'),
  LOG_DIR: variable('Logs', 'logs', path('folder'), 'folder of the log files'),
  LOG_MAX_BYTES: variable(
    'Logs',
    '10485760',
    bytes({ min: 1024, max: 2 ** 40 }),
    'size at which a log file is rotated',
  ),
  LOG_BACKUP_COUNT: variable('Logs', '5', int({ min: 0, max: 1000 }), 'gzip archives kept of each log file'),
  LOG_LEVEL: variable('Logs', 'info', oneOf(LOG_LEVELS), 'least severe level that is logged'),
  LOG_LEVELS: optional('Logs', componentLevels(), 'levels of single components, e.g. profiler=debug,batch_db=warn', {
    defaultText: 'LOG_LEVEL for all',
  }),
  LOG_FORMAT: variable(
    'Logs',
    'auto',
    oneOf(['auto', 'text', 'json']),
    'auto: text lines on the console, JSON lines in files; text or json: that everywhere',
  ),
  POINT_RETENTION_DAYS: variable('Retention', '400', int({ min: 1, max: 36_500 }), 'days that raw points are kept'),
  SCHEDULE: optional(
    'Daemon',
    cron(),
    'when the daemon runs everything, in UTC, e.g. 0 6 * * *; more in schedules of sentinel.yaml',
    { defaultText: 'schedules of sentinel.yaml alone' },
  ),
  HTTP_HOST: variable('Daemon', '127.0.0.1', listenAddress(), 'address the daemon listens on'),
  HTTP_PORT: variable('Daemon', '8787', port({ min: 0 }), 'port the daemon listens on; 0: any free one'),
  HTTP_TOKEN: optional('Daemon', accessToken(), 'bearer token; required where HTTP_HOST is not loopback', secret),
  HTTP_ALLOWED_HOSTS: optional(
    'Daemon',
    hostNames(),
    'names by which the daemon may be asked, e.g. that of a proxy before it',
    { defaultText: 'on loopback localhost and loopback addresses, else any' },
  ),
  WEBHOOK_URL: optional('Alerts', url('https', 'http'), 'receives each alert as JSON', secret),
  WEBHOOK_SECRET: optional('Alerts', text('a secret text'), 'key of the HMAC that signs webhook alerts', secret),
  SLACK_WEBHOOK_URL: optional('Alerts', url('https'), 'Slack incoming webhook', secret),
  PAGERDUTY_ROUTING_KEY: optional('Alerts', text('a secret text'), 'PagerDuty Events v2 integration key', secret),
  PAGERDUTY_URL: variable(
    'Alerts',
    'https://events.pagerduty.com/v2/enqueue',
    url('https', 'http'),
    'where events for PagerDuty go; https://events.eu.pagerduty.com/v2/enqueue for accounts in the EU',
  ),
  SMTP_URL: optional(
    'Alerts',
    url('smtp', 'smtps'),
    'mail server for alerts by e-mail, as smtp://user:password@host:port; in place of SMTP_HOST, _PORT, _USER and _PASSWORD',
    secret,
  ),
  SMTP_HOST: optional('Alerts', hostname(), 'mail server for alerts by e-mail'),
  SMTP_PORT: optional('Alerts', port(), 'its port', { defaultText: '465 with SMTP_TLS=tls, otherwise 587' }),
  SMTP_USER: optional('Alerts', text('the name of an account'), 'account on the mail server; unset: no login'),
  SMTP_PASSWORD: optional('Alerts', text('a secret text'), 'password of SMTP_USER', secret),
  SMTP_PASSWORD_FILE: optional('Alerts', path('file'), 'file with the password of SMTP_USER, in place of it'),
  SMTP_TLS: optional(
    'Alerts',
    oneOf(['starttls', 'tls', 'none']),
    'starttls: encrypted from its first command on, or not used; tls: from the first byte on; none: never encrypted',
    { defaultText: 'tls where SMTP_URL begins with smtps://, otherwise starttls' },
  ),
  SMTP_SSLROOTCERT: optional('Alerts', path('file'), 'certificate authorities of the mail server', {
    defaultText: 'those that Node knows',
  }),
  ALERT_EMAIL_FROM: optional('Alerts', emailAddress(), 'sender of alerts by e-mail'),
  ALERT_EMAIL_TO: optional('Alerts', emailAddresses(), 'recipients of alerts by e-mail; switches it on'),
  ALERT_FILE: optional('Alerts', path('file'), 'file that gets each alert as one line of JSON at its end'),
  ALERT_REMINDER: variable(
    'Alerts',
    '24h',
    durationOrOff(),
    'an incident that is open and not acknowledged is told again after this; off: never',
  ),
  REPORT_URL: optional(
    'Alerts',
    url('https', 'http'),
    'where people open the report or the dashboard; alerts link to it',
  ),
  HEARTBEAT_URL: optional('Alerts', url('https', 'http'), "called after each complete run (dead man's switch)", secret),
  OPENLINEAGE_URL: optional(
    'Lineage',
    url('https', 'http'),
    'server that takes OpenLineage events of each run; without a path: /api/v1/lineage',
    secret,
  ),
  OPENLINEAGE_API_KEY: optional('Lineage', text('a secret text'), 'bearer token for it', secret),
  OPENLINEAGE_FILE: optional('Lineage', path('file'), 'file to which the same events are appended, one a line'),
  OPENLINEAGE_NAMESPACE: variable('Lineage', 'sentinel', text('a name'), 'namespace of the jobs in these events'),
};

/** What a source is unless its variables say otherwise. An absent name or user must be set. */
export interface ConnectionDefaults {
  readonly host: string;
  readonly port: string;
  readonly name?: string;
  readonly user?: string;
}

const FURTHER_SOURCE: ConnectionDefaults = { host: 'localhost', port: '5432' };

const KNOWN_SOURCES: Readonly<Record<string, ConnectionDefaults>> = {
  batch: { host: 'localhost', port: '5432', name: 'analytics_db', user: 'airflow' },
  cdc: { host: 'localhost', port: '5433', name: 'warehouse_db', user: 'postgres' },
};

/** Defaults of a source by its name. */
export function sourceDefaults(source: string): ConnectionDefaults {
  return Object.hasOwn(KNOWN_SOURCES, source) ? KNOWN_SOURCES[source]! : FURTHER_SOURCE;
}

/** The variables of one source, by what follows `<NAME>_DB_`. */
export function connectionVariables(defaults: ConnectionDefaults, what: string) {
  const group = 'Sources';
  const name = text('the name of a database');
  const user = text('the name of a role');
  return {
    HOST: variable(group, defaults.host, hostname(), `${what}: server`),
    PORT: variable(group, defaults.port, port(), `${what}: port`),
    NAME:
      defaults.name === undefined
        ? required(group, name, `${what}: database`)
        : variable(group, defaults.name, name, `${what}: database`),
    USER:
      defaults.user === undefined
        ? required(group, user, `${what}: role`)
        : variable(group, defaults.user, user, `${what}: role`),
    SSLMODE: variable(group, 'prefer', oneOf(SSL_MODES), `${what}: TLS, with libpq's meanings`),
    ...credentialVariables(group, what),
  };
}

/** The variables of the metadata store, by what follows `METADATA_DB_`: all may be unset. */
export function metadataVariables() {
  const group = 'Metadata store';
  const what = 'metadata store';
  const inherited = { defaultText: 'that of the batch warehouse' };
  return {
    HOST: optional(group, hostname(), `${what}: server`, inherited),
    PORT: optional(group, port(), `${what}: port`, inherited),
    NAME: optional(group, text('the name of a database'), `${what}: database`, inherited),
    USER: optional(group, text('the name of a role'), `${what}: role`, inherited),
    SSLMODE: optional(group, oneOf(SSL_MODES), `${what}: TLS, with libpq's meanings`, inherited),
    ...credentialVariables(group, what),
  };
}

function credentialVariables(group: Group, what: string) {
  return {
    PASSWORD: optional(group, text('a secret text'), `${what}: password`, secret),
    PASSWORD_FILE: optional(group, path('file'), `${what}: file with the password, in place of it`),
    SSLROOTCERT: optional(
      group,
      path('file'),
      `${what}: certificate authorities, for verify-ca and verify-full; system: those of the machine`,
    ),
    SSLCERT: optional(group, path('file'), `${what}: client certificate`),
    SSLKEY: optional(group, path('file'), `${what}: key of the client certificate`),
  };
}

/** What follows `<SOURCE>_DB_` in a variable's name. */
export const CONNECTION_SUFFIXES = Object.keys(metadataVariables());

/** `batch` → `BATCH_DB`. */
export function envPrefix(source: string): string {
  return `${source.toUpperCase()}_DB`;
}
