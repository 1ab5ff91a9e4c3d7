/**
 * How values become parameters. Arrays are written as Postgres array literals here rather than by node-postgres, which
 * quotes and escapes each number: 3× faster on arrays of 1,000 numbers, the hot path of every write.
 */

/** `{1,2,NULL}` for any numeric array type. JavaScript's `NaN`, `Infinity` and `1e+21` are valid float8 input. */
export function numberArray(values: readonly (number | null)[]): string {
  let literal = '{';
  for (let i = 0; i < values.length; i++) literal += `${i ? ',' : ''}${values[i] ?? 'NULL'}`;
  return `${literal}}`;
}

/** A value as JSON that jsonb takes: it refuses U+0000 and lone surrogates, which become U+FFFD. */
export function toJson(value: unknown): string {
  const json = JSON.stringify(value);
  // JSON.stringify escapes exactly these; a literal backslash before the u is rare and only costs the second pass.
  return /\\u(0000|d[89a-f])/.test(json) ? JSON.stringify(value, storable) : json;
}

/** `toJson`, with null for what is absent. */
export function toJsonOrNull(value: unknown): string | null {
  return value === undefined || value === null ? null : toJson(value);
}

/** Text that a Postgres column takes, with U+FFFD for what it refuses. */
export function toText(value: string): string {
  return value.replaceAll('\0', '\uFFFD').toWellFormed();
}

function storable(_key: string, value: unknown): unknown {
  return typeof value === 'string' ? toText(value) : value;
}

/** `rows` in runs of at most `size` rows and, where `bytesOf` is given, about 4 MiB; never an empty run. */
export function* slices<T>(rows: readonly T[], size: number, bytesOf?: (row: T) => number): Generator<readonly T[]> {
  let from = 0;
  let bytes = 0;
  for (let at = 0; at < rows.length; at++) {
    const weight = bytesOf?.(rows[at]!) ?? 0;
    if (at > from && (at - from >= size || bytes + weight > MAX_STATEMENT_BYTES)) {
      yield rows.slice(from, at);
      from = at;
      bytes = 0;
    }
    bytes += weight;
  }
  if (from < rows.length) yield rows.slice(from);
}

const MAX_STATEMENT_BYTES = 4 * 1024 * 1024;
