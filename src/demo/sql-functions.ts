/**
 * Temporary SQL functions that give the same figures for the same seed, row and salt on every machine: they hash instead
 * of drawing (`random()` depends on the order of rows). Simple enough that the planner puts them in line.
 */
export function sqlFunctions(seed: number): string[] {
  const define = (signature: string, type: string, body: string) =>
    `CREATE FUNCTION pg_temp.${signature} RETURNS ${type} IMMUTABLE LANGUAGE sql AS $$ SELECT ${body} $$`;
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
    // an amount of money around `middle`
    define(
      'money(i bigint, salt int, middle float8)',
      'numeric',
      'round((middle * exp(0.55 * pg_temp.normal(i, salt)))::numeric, 2)',
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
  ];
}
