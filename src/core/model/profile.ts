import type { Failure } from './failure.js';

export type TableStatus = 'ok' | 'failed' | 'skipped';
export type ProfileMode = 'full' | 'sample' | 'stats' | 'incremental' | 'unchanged';

/** A value as JSON can carry it without loss: integers beyond 2^53 and numerics are strings. */
export type JsonValue = number | string | boolean;

export interface TopValue {
  readonly value: JsonValue;
  readonly count: number;
  /** False where the count is a lower bound, or the value was cut. */
  readonly exact: boolean;
}

export interface Quantiles {
  readonly p01: JsonValue;
  readonly p05: JsonValue;
  readonly p25: JsonValue;
  readonly p50: JsonValue;
  readonly p75: JsonValue;
  readonly p95: JsonValue;
  readonly p99: JsonValue;
}

/** What is known of one column; fields that do not apply to its type are left out. */
export interface ColumnProfile {
  readonly name: string;
  readonly type: string;
  readonly nullCount?: number;
  readonly distinct?: { readonly value: number; readonly exact: boolean };
  readonly min?: JsonValue;
  readonly max?: JsonValue;
  readonly mean?: number;
  /** Sample standard deviation (n − 1), as SQL's `stddev`. */
  readonly stddev?: number;
  readonly stdError?: number;
  readonly quantiles?: Quantiles;
  readonly zeros?: number;
  readonly negatives?: number;
  /** NaN values; they are in `distinct` and `topValues` and in no other figure. */
  readonly nan?: number;
  /** ±infinity (numbers, dates, timestamps); in `distinct` and `topValues` and in no other figure. */
  readonly infinite?: number;
  readonly length?: {
    readonly min: number;
    readonly mean: number;
    readonly max: number;
    readonly unit: 'characters' | 'bytes' | 'elements';
  };
  /** Empty strings, zero-length bytea, arrays without elements. */
  readonly empty?: number;
  readonly topValues?: readonly TopValue[];
  /** How many values were longer than MAX_VALUE_BYTES and are known by their prefix and length only. */
  readonly truncated?: number;
  /** What its values look like (`e-mail`), where those that would show them were left out. */
  readonly masked?: string;
  readonly failure?: Failure;
}

/** What a metric of sentinel.yaml came to; `value` is null where its query gave NULL, which is unknown. */
export type CustomFigure =
  | { readonly name: string; readonly value: number | null }
  | { readonly name: string; readonly failure: Failure };

/** The outcome for one table of one run. Figures are absent unless `status` is `ok`. */
export interface TableProfile {
  readonly source: string;
  readonly schema: string;
  readonly table: string;
  readonly status: TableStatus;
  readonly mode: ProfileMode;
  /** True where every figure is of one snapshot. */
  readonly consistent: boolean;
  readonly rowCount?: number;
  readonly durationMs: number;
  readonly columns: readonly ColumnProfile[];
  /** Metrics that sentinel.yaml defines for the table; absent where there are none. */
  readonly metrics?: readonly CustomFigure[];
  readonly failure?: Failure;
}
