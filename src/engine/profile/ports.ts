import type { ColumnFields } from '#src/core/decode/column-fields.js';
import type { CopyConsumer } from '#src/core/decode/copy-stream-decoder.js';
import type { Failure } from '#src/core/model/failure.js';
import type { ColumnSpec, PartSpec, TableSpec } from '#src/core/model/relation.js';
import type { BlockRange } from '#src/core/planning/chunks.js';

/** One COPY: some columns of one part of a table, whole or a range of its blocks. */
export interface CopyRequest {
  readonly part: PartSpec;
  readonly columns: readonly ColumnSpec[];
  /** Let the server cut values longer than MAX_VALUE_BYTES. */
  readonly guarded: boolean;
  readonly range?: BlockRange;
}

export interface CopyTotals {
  readonly rows: number;
  /** CopyData payload, bytes. */
  readonly bytes: number;
}

/** An open read-only transaction. */
export interface ReadTransaction {
  /** Run the COPYs in order as one protocol string; rejects at the first that fails, after which the transaction is lost. */
  copy(requests: readonly CopyRequest[], consumer: CopyConsumer): Promise<CopyTotals>;
  /** Run one COPY in a savepoint: null where it went well, else its error, and the transaction goes on. */
  probe(request: CopyRequest, consumer: CopyConsumer): Promise<unknown>;
}

/** What the engine needs of a database; `adapters/postgres/table-reader.ts` is the real one. */
export interface TableReader {
  /** Columns in groups that fit one target list each. */
  columnGroups(columns: readonly ColumnSpec[]): ColumnSpec[][];
  /** Where each column's fields are in the rows of such a COPY. */
  fields(columns: readonly ColumnSpec[], guarded: boolean): readonly ColumnFields[];
  /**
   * Lock the tables (ACCESS SHARE), check that they still are what `tables` says, and run `body` in one snapshot. Rejects
   * with code `table_changed` where the shape is another now.
   */
  readTables<T>(source: string, tables: readonly TableSpec[], body: (tx: ReadTransaction) => Promise<T>): Promise<T>;
  /** Run `body` under a snapshot that somebody else holds open. */
  readSnapshot<T>(
    source: string,
    snapshot: { readonly id: string; readonly timeoutMs: number },
    body: (tx: ReadTransaction) => Promise<T>,
  ): Promise<T>;
  /** The table as it is now; null where it is gone. */
  rediscover(source: string, table: TableSpec): Promise<TableSpec | null>;
  /** True where the error is of the way to the database and not of what was asked: the source's other tables would meet it too. */
  isSourceLoss(error: unknown): boolean;
}

export interface ProfilePorts {
  readonly reader: TableReader;
  /** Milliseconds on a monotonic clock. */
  now(): number;
  toFailure(error: unknown, context: { source: string; table?: string }): Failure;
  /** Repeat `operation` while it fails transiently, with backoff, and the source is not given up; rejects with the last error. */
  retry<T>(what: { source: string; operation: string }, operation: (attempt: number) => Promise<T>): Promise<T>;
  /** Called often while rows arrive; the receiver decides how often to pass it on. */
  progress(source: string, rows: number, bytes: number): void;
  log(level: 'debug' | 'info' | 'warn' | 'error', fields: Readonly<Record<string, unknown>>, message: string): void;
}
