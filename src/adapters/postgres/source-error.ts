/** An error of ours on the way to or from a database; `message` is already a sentence for a person, without secrets. */
export class SourceError extends Error {
  override readonly name = 'SourceError';
  constructor(
    /** A Node error code or a lower-case word: `connect_timeout`, `not_postgres`, `tls_settings` … */
    readonly code: string,
    message: string,
    /** True where the same call may succeed later without anybody changing anything. */
    readonly retryable: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
