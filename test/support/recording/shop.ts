/**
 * A small shop's warehouse for the recording: four tables with ninety days of rows up to this moment, more of them at the weekend
 * and by day than by night, a view over one, a copy that somebody left, and what a load that goes wrong does to it. Numbers come from a hash, so
 * they are the same each time.
 */
const NOISE = `CREATE FUNCTION pg_temp.noise(i bigint, salt int) RETURNS float8 IMMUTABLE LANGUAGE sql AS
  $$ SELECT (hashint8extended(i, salt) & 1048575) / 1048576.0 $$`;

/** The times of `perDay` rows a day, about: one row each. */
const times = (perDay: number, salt: number) => `
  SELECT day + (interval '1 day') * (0.3 + 0.65 * pg_temp.noise(n + 100000 * extract(epoch FROM day)::bigint, ${salt})) AS at
  FROM generate_series(date_trunc('day', now()) - interval '90 days', now(), interval '1 day') AS day,
    generate_series(1, (${perDay} * (CASE WHEN extract(isodow FROM day) > 5 THEN 1.35 ELSE 1 END)
      * (0.95 + 0.1 * pg_temp.noise(extract(epoch FROM day)::bigint, ${salt + 1})))::int) AS n`;

/** Rows between two moments; the number of a row does not depend on them. */
const rows = (perDay: number, salt: number, period: string) =>
  `FROM (SELECT row_number() OVER (ORDER BY at) AS id, at FROM (${times(perDay, salt)}) AS t) AS r WHERE ${period}`;

const country = `CASE WHEN pg_temp.noise(id, 3) < 0.46 THEN 'DE' WHEN pg_temp.noise(id, 3) < 0.8 THEN 'FR' ELSE 'PL' END`;
const yesterday = (column: string) =>
  `${column} >= date_trunc('day', now()) - interval '1 day' AND ${column} < date_trunc('day', now())`;

/** What each table gets in a period. */
const TABLES: Readonly<Record<string, (period: string) => string>> = {
  'sales.orders': (period) => `SELECT id, 1 + (40000 * pg_temp.noise(id, 4))::int AS customer_id, ${country} AS country,
    (5 + 90 * pg_temp.noise(id, 5) ^ 2)::numeric(10, 2) AS total, at AS loaded_at ${rows(1200, 1, period)}`,
  'sales.order_lines': (
    period,
  ) => `SELECT id, 1 + (id / 3) AS order_id, 1 + (700 * pg_temp.noise(id, 6))::int AS product_id,
    1 + (4 * pg_temp.noise(id, 7))::int AS quantity, at AS loaded_at ${rows(3600, 10, period)}`,
  'sales.payments': (period) => `SELECT id, id AS order_id,
    CASE WHEN pg_temp.noise(id, 8) < 0.7 THEN 'card' ELSE 'transfer' END AS method, at AS loaded_at ${rows(1150, 20, period)}`,
  'crm.customers': (period) => `SELECT id, 'c' || id || '@example.org' AS email, ${country} AS country,
    CASE WHEN pg_temp.noise(id, 9) < 0.2 THEN NULL ELSE 'newsletter' END AS consent, at AS created_at ${rows(300, 30, period)}`,
};

/** The morning of the day before, of which the first run is. */
export const MORNING = "(date_trunc('day', now()) - interval '18 hours')";

/** The warehouse as it was on that morning. */
export const SHOP: readonly string[] = [
  NOISE,
  'CREATE SCHEMA sales',
  'CREATE SCHEMA crm',
  ...Object.entries(TABLES).map(([table, select]) => `CREATE TABLE ${table} AS ${select(`at < ${MORNING}`)}`),
  'CREATE VIEW sales.daily_revenue AS SELECT loaded_at::date AS day, sum(total) AS revenue FROM sales.orders GROUP BY 1',
  'CREATE TABLE sales.orders_bak AS SELECT * FROM sales.orders LIMIT 5000',
  'ANALYZE',
];

/** What came until now, without most of one country's orders, and with a form that lost a field. */
export const MISHAP: readonly string[] = [
  NOISE,
  ...Object.entries(TABLES).map(
    ([table, select]) => `INSERT INTO ${table} ${select(`at >= ${MORNING} AND at < now()`)}`,
  ),
  `DELETE FROM sales.orders WHERE ${yesterday('loaded_at')} AND country = 'DE' AND id % 20 <> 0`,
  `UPDATE crm.customers SET consent = NULL WHERE ${yesterday('created_at')} AND id % 2 = 0`,
];

/** The load repeated, and the field filled in. */
export const REPAIR: readonly string[] = [
  NOISE,
  `INSERT INTO sales.orders SELECT * FROM (${TABLES['sales.orders']!(yesterday('at'))}) AS o
     WHERE NOT EXISTS (SELECT FROM sales.orders AS had WHERE had.id = o.id)`,
  `UPDATE crm.customers AS c SET consent = o.consent FROM (${TABLES['crm.customers']!(yesterday('at'))}) AS o WHERE o.id = c.id`,
];
