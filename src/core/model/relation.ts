/** How a column's values are decoded; everything that is not listed is `other` and travels as its text. */
export type ValueKind =
  | 'int2'
  | 'int4'
  | 'int8'
  | 'oid'
  | 'float4'
  | 'float8'
  | 'numeric'
  | 'bool'
  | 'text'
  | 'bpchar'
  | 'bytea'
  | 'date'
  | 'time'
  | 'timetz'
  | 'timestamp'
  | 'timestamptz'
  | 'interval'
  | 'uuid'
  | 'json'
  | 'jsonb'
  | 'array'
  | 'enum'
  | 'other';

export type RelationKind = 'table' | 'partitioned table' | 'materialized view' | 'view' | 'foreign table';

export interface ColumnSpec {
  readonly name: string;
  /** `pg_attribute.attnum`, 1-based. */
  readonly position: number;
  /** As `format_type()` prints it, e.g. `numeric(12,2)`. A domain keeps its own name here. */
  readonly type: string;
  /** Decoder, after domains are resolved to their base type. */
  readonly kind: ValueKind;
  readonly notNull: boolean;
  /** False where the role may not SELECT this column. */
  readonly readable: boolean;
  /** What the planner knows of a date or timestamp; absent elsewhere, and where the table was never analysed. */
  readonly statistics?: ColumnStatistics;
}

/** As the last ANALYZE estimated it. */
export interface ColumnStatistics {
  /** 0 to 1. */
  readonly nullShare: number;
  /** Between the column's order and that of the rows on disk, −1 to 1; absent where it is unknown. */
  readonly correlation?: number;
}

/** One heap that is read: the table itself, a partition leaf, or an inheritance child. */
export interface PartSpec {
  readonly schema: string;
  readonly name: string;
  readonly oid: number;
  readonly kind: RelationKind;
  /** Main fork, in bytes, from `pg_relation_size`. 0 for views and foreign tables. */
  readonly bytes: number;
  /** True where `FROM ONLY` applies (plain tables and leaves). */
  readonly only: boolean;
  /** True where values may be larger than a page (TOAST in use, not UTF-8, a view …): the server cuts them to MAX_VALUE_BYTES. */
  readonly guarded: boolean;
  /** True where ctid ranges are possible and cheap: a heap on server 14 or newer. */
  readonly chunkable: boolean;
}

/** A table as the catalog describes it; `parts` is what is read to profile it. */
export interface TableSpec {
  readonly source: string;
  readonly schema: string;
  readonly name: string;
  readonly oid: number;
  readonly kind: RelationKind;
  /** Sum over `parts`, bytes. */
  readonly bytes: number;
  /** The planner's estimate; −1 where it has none. */
  readonly estimatedRows: number;
  readonly columns: readonly ColumnSpec[];
  readonly parts: readonly PartSpec[];
  /** False where `LOCK TABLE … IN ACCESS SHARE MODE` is refused (materialised view, view, foreign table, column privileges only). */
  readonly lockable: boolean;
  /** Names of the primary key's columns, in order; empty where there is none. */
  readonly primaryKey: readonly string[];
  /** SQL that would let the role read all of it; absent where the role may. */
  readonly grant?: string;
}
