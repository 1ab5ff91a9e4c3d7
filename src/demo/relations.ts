/** What a load depends on; the same values give the same rows. */
export interface DemoSeed {
  readonly seed: number;
  /** The newest moment in the data, ISO 8601. */
  readonly anchor: string;
}

/**
 * Relations that belong together, one file each. A load drops the schema and runs the statements in order, on one
 * connection, in one transaction with all other groups of the database; groups may refer to earlier ones. The functions
 * of `randomFunctions` are in place.
 */
export interface RelationGroup {
  readonly schema: string;
  readonly statements: readonly string[];
}

export interface DemoDatabase {
  readonly name: string;
  readonly groups: readonly RelationGroup[];
}

/** Days of history before the anchor. */
export const HISTORY_DAYS = 90;

/** Fills a table from `generate_series(1, rows) AS i`: `values` is its target list. */
export function fill(table: string, rows: number, values: string): string {
  return `INSERT INTO ${table} SELECT ${values.trim()} FROM generate_series(1::bigint, ${rows}) AS i`;
}

/**
 * Temporary SQL functions that give the same figures for the same seed, row and salt on every machine: they hash instead
 * of drawing (`random()` depends on the order of rows). Simple enough that the planner puts them in line.
 */
export function randomFunctions({ seed, anchor }: DemoSeed): string[] {
  const define = (signature: string, type: string, body: string, volatility = 'IMMUTABLE') =>
    `CREATE FUNCTION pg_temp.${signature} RETURNS ${type} ${volatility} LANGUAGE sql AS $$ SELECT ${body} $$`;
  return [
    // [0, 1), 52 bits
    define(
      'u(i bigint, salt int)',
      'float8',
      `(hashint8extended(i, ${BigInt(seed)}::bigint * 1000003 + salt) & 4503599627370495)::float8 / 4503599627370496`,
    ),
    // 0 … n − 1
    define('pick(i bigint, salt int, n int)', 'int', 'floor(pg_temp.u(i, salt) * n)::int'),
    // 0 … n − 1, small ones more often
    define('skewed(i bigint, salt int, n int)', 'int', 'floor(power(pg_temp.u(i, salt), 3) * n)::int'),
    // standard normal, Box & Muller 1958
    define(
      'normal(i bigint, salt int)',
      'float8',
      'sqrt(-2 * ln(1 - pg_temp.u(i, salt))) * cos(2 * pi() * pg_temp.u(i, salt + 500))',
    ),
    define(
      'word(i bigint, salt int, words text[])',
      'text',
      'words[1 + pg_temp.pick(i, salt, array_length(words, 1))]',
    ),
    define(
      'id(i bigint, salt int)',
      'uuid',
      `encode(int8send(hashint8extended(i, ${BigInt(seed)} + salt)) || int8send(hashint8extended(i, ${BigInt(seed)} - salt)), 'hex')::uuid`,
    ),
    define('anchor()', 'timestamptz', `timestamptz '${anchor}'`, 'STABLE'),
    // row i of n comes at its turn within the history, in the order of i
    define(
      'moment(i bigint, n bigint)',
      'timestamptz',
      `pg_temp.anchor() - interval '${HISTORY_DAYS} days' * ((n - i + pg_temp.u(i, 999)) / n)`,
      'STABLE', // as time arithmetic is: declared otherwise, it would not be put in line
    ),
  ];
}
