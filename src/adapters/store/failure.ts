import { isTransient, TRANSIENT_NETWORK_CODES } from '#src/adapters/postgres/retry.js';
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
  const fallback = connection.envPrefix === 'METADATA_DB' ? '' : `, unset: ${connection.envPrefix}_*`;
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

/** Any error of a statement on the store as a `StoreError` that names the store, the cause and the fix. */
export function asStoreError(error: unknown, connection: ConnectionSettings, schema: string): StoreError {
  if (error instanceof StoreError) return error;
  const code = errorCode(error) || 'store_error';
  const cause = error instanceof Error ? error.message : String(error);
  const message = `${storeName(connection, schema)}: ${cause}${fixOf(code, connection, schema)}`;
  return new StoreError(code, message, { retryable: isTransient(error), cause: error });
}

function fixOf(code: string, connection: ConnectionSettings, schema: string): string {
  const settings = storeSettings(connection);
  if (code === '53100') return '; nothing of this write was kept: free disk space on that server and run again';
  if (code === '25006')
    return `; that server is read-only: point the store at a primary (${settings.replace('; METADATA_SCHEMA', '')})`;
  if (code === '42501')
    return `; grant the role "${connection.user}" USAGE and CREATE on schema "${schema}" and all rights on its tables, or choose another store (${settings})`;
  if (code === '42P01' || code === '42703' || code === '3F000')
    return `; the store's tables are not as this program made them: restore them, or choose another schema (METADATA_SCHEMA)`;
  if (/^(28|3D|08|57P|53300)/.test(code) || TRANSIENT_NETWORK_CODES.has(code) || code === 'ENOTFOUND')
    return ` (settings: ${settings.replace('; METADATA_SCHEMA', '')})`;
  return '';
}
