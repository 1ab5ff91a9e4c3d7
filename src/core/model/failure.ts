/**
 * A failure as plain data, so that it survives a thread boundary (a custom Error arrives there without name or code).
 * `code` is a SQLSTATE, a Node error code (`ECONNREFUSED`), or a lower-case word of ours (`row_security`).
 */
export interface Failure {
  readonly code: string;
  /** One sentence for a person: the cause and, where known, the fix. Never a secret. */
  readonly message: string;
  /** True where the same call may succeed later without anybody changing anything. */
  readonly retryable: boolean;
  readonly source?: string;
  readonly table?: string;
}
