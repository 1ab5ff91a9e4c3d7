import { toFailure } from '#src/adapters/postgres/failure.js';
import { isTransient } from '#src/adapters/postgres/retry.js';
import type { ConnectionSettings } from '#src/contract/connection.js';
import type { Failure } from '#src/core/model/failure.js';

/** What went wrong with the metadata store, as an Error inside this thread and as data (`failure`) outside. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: string;
  readonly retryable: boolean;
  readonly failure: Failure;

  constructor(code: string, message: string, options: { readonly retryable?: boolean; readonly cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.failure = { code, message, retryable: this.retryable, source: 'metadata' };
  }
}

/** Which store it is, for messages: `metadata store "sentinel" in database "analytics_db" at localhost:5432`. */
export function storeName(connection: ConnectionSettings, schema: string): string {
  return `metadata store "${schema}" in database "${connection.database}" at ${connection.host}:${connection.port}`;
}

/** The settings a person changes to use another store, where METADATA_DB_* may be unset. */
export function storeSettings(connection: ConnectionSettings): string {
  const fallback = connection.envPrefix === 'METADATA_DB' ? '' : `, where unset ${connection.envPrefix}_*`;
  return `METADATA_DB_*${fallback}; METADATA_SCHEMA`;
}

/** SQLSTATE or Node error code; an empty string where there is none. */
export function errorCode(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

/** True where the data of this one write is at fault (bad value, size limit, constraint), not the store. */
export function isDataError(error: unknown): boolean {
  return /^(22|23|54)/.test(errorCode(error));
}

/**
 * True where the store cannot take a write, whatever the write: away, full, read-only, changed by somebody. Not where another
 * process writes instead of this one, nor where the data is at fault.
 */
export function isStoreAway(error: unknown): error is StoreError {
  const ours = ['lease_lost', 'writer_released', 'unknown_run'];
  return error instanceof StoreError && !isDataError(error) && !ours.includes(error.code);
}

/** Any error of a statement on the store as a `StoreError` that names the store, the cause and the fix. */
export function asStoreError(error: unknown, connection: ConnectionSettings, schema: string): StoreError {
  if (error instanceof StoreError) return error;
  if (refusesToWrite(error)) return onStandby(error, connection, schema);
  const fix = fixOf(errorCode(error), connection, schema);
  const failure = toFailure(error, { source: 'metadata', connection });
  const code = errorCode(error) || failure.code;
  const cause = fix === '' || !(error instanceof Error) ? failure.message : error.message;
  const name = storeName(connection, schema);
  return new StoreError(code, `${name}: ${cause}${fix || whoseSettings(failure.message, connection)}`, {
    retryable: isTransient(error),
    cause: error,
  });
}

/** What a standby answers to `BEGIN … READ WRITE`: its setting is refused. `routine`, unlike the words, is the same in every language. */
function refusesToWrite(error: unknown): boolean {
  const { routine } = (error ?? {}) as { routine?: unknown };
  return errorCode(error) === '0A000' && routine === 'call_bool_check_hook';
}

function onStandby(cause: unknown, connection: ConnectionSettings, schema: string): StoreError {
  const fix = `name its primary, or another server, by ${storeSettings(connection).replace('; METADATA_SCHEMA', '')}`;
  const message = `${storeName(connection, schema)}: that server is a standby, where nothing can be written; ${fix}`;
  return new StoreError('store_on_standby', message, { cause });
}

/** What to do about errors that mean something else here than in a source; empty for the rest. */
function fixOf(code: string, connection: ConnectionSettings, schema: string): string {
  const settings = storeSettings(connection);
  if (code === '53100') return '; nothing of this write was kept: free disk space on that server and run again';
  if (code === '25006')
    return `; that server is read-only: point the store at a primary (${settings.replace('; METADATA_SCHEMA', '')})`;
  if (code === '42501')
    return `; grant the role "${connection.user}" USAGE and CREATE on schema "${schema}" and all rights on its tables, or choose another store (${settings})`;
  if (code === '42P01' || code === '42703' || code === '3F000')
    return `; the store's tables are not as this program made them: restore them, or choose another schema (METADATA_SCHEMA)`;
  return '';
}

/** Why a message about the store names the settings of a source. */
function whoseSettings(message: string, { envPrefix }: ConnectionSettings): string {
  if (envPrefix === 'METADATA_DB' || !message.includes(envPrefix)) return '';
  return ` (the store is in that warehouse because METADATA_DB_* is not set)`;
}
