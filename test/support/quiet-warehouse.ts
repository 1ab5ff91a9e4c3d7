import type pg from 'pg';
import { sqlFunctions } from '#src/demo/sql-functions.js';

/** A Monday. */
const FIRST = Date.UTC(2026, 1, 2);
const DAY_MS = 86_400_000;
/** Days that are there before the first morning. */
export const PAST_DAYS = 91;

/** The clock of a morning's run: 06:00 UTC of day `PAST_DAYS + morning`. */
export function clockOf(morning: number): string {
  return new Date(FIRST + (PAST_DAYS + morning) * DAY_MS + 6 * 3_600_000).toISOString();
}

export function dateOf(day: number): string {
  return new Date(FIRST + day * DAY_MS).toISOString().slice(0, 10);
}

/** Rows of a day as `generate_series` with `i` (unique) and `at` (its moment), `count` being SQL in `d`. */
function rowsOf(day: number, count: string, columns: string, into: string): string {
  return `INSERT INTO ${into} SELECT ${columns} FROM (
    SELECT d * 100000 + k AS i, d, date '${dateOf(0)}' + d::int AS day,
      (date '${dateOf(0)}' + d::int)::timestamp AT TIME ZONE 'UTC' + interval '1 day' * ((k - 0.5) / n) AS at
    FROM (SELECT d, round(greatest(0, ${count}))::bigint AS n FROM (SELECT ${day}::bigint AS d) AS day) AS days, generate_series(1, n) AS k) AS rows`;
}

const WEEK = `(ARRAY[1.0, 0.95, 0.95, 1.0, 1.2, 1.3, 0.8])[1 + d % 7]`;
/** 5 % noise, another for each salt. */
const noise = (salt: number) => `(1 + 0.05 * pg_temp.normal(d, ${salt}))`;

const CREATE = `
CREATE TABLE orders (id bigint PRIMARY KEY, status text NOT NULL, amount numeric(10,2), paid_at timestamptz, shipped_at timestamptz, created_at timestamptz NOT NULL);
CREATE TABLE clicks (id bigint, page text, created_at timestamptz NOT NULL);
CREATE TABLE late_feed (id bigint, amount float8, loaded_at timestamptz NOT NULL);
CREATE TABLE invoices (id bigint PRIMARY KEY, net numeric(10,2), created_at timestamptz NOT NULL);
CREATE TABLE payouts (id bigint PRIMARY KEY, amount numeric(10,2), created_at timestamptz NOT NULL);
CREATE TABLE requests (id bigint, status int, duration_ms float8, created_at timestamptz NOT NULL);
CREATE TABLE accounts (id bigint PRIMARY KEY, balance float8, tier text, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
CREATE TABLE jobs (id bigint, payload text, created_at timestamptz NOT NULL);
CREATE TABLE countries (code text PRIMARY KEY, title text);
CREATE TABLE ranking AS SELECT 1 AS product, 1.0::float8 AS score WHERE false;
CREATE TABLE stock (snapshot_date date NOT NULL, product int, on_hand int);
CREATE TABLE visits (id bigint, campaign text, device text, created_at timestamptz NOT NULL);
CREATE TABLE readings (id bigint, celsius float8, created_at timestamptz NOT NULL);
CREATE TABLE failures (id bigint, reason text, created_at timestamptz NOT NULL);
CREATE TABLE signups (id bigint, source text, created_at timestamptz NOT NULL);
INSERT INTO countries SELECT 'C' || i, 'Country ' || i FROM generate_series(1, 50) AS i;
INSERT INTO accounts SELECT -i, 100 * pg_temp.u(i, 60), (ARRAY['free','pro','team'])[1 + pg_temp.pick(i, 61, 3)], timestamptz '2025-01-01Z' + i * interval '3 hours', timestamptz '2025-01-01Z' + i * interval '3 hours' FROM generate_series(1, 3000) AS i;
`;

/** What comes in on a day, by the end of that day. */
function day(d: number): string[] {
  const end = `timestamptz '${dateOf(d + 1)}Z'`;
  return [
    rowsOf(d, `400 * ${WEEK} * ${noise(1)}`, `i, 'pending', pg_temp.money(i, 2, 40), NULL, NULL, at`, 'orders'),
    // statuses move on for days
    `UPDATE orders SET status = 'paid', paid_at = ${end} WHERE status = 'pending' AND created_at < ${end} - interval '20 hours'`,
    `UPDATE orders SET status = 'shipped', shipped_at = ${end} WHERE status = 'paid' AND created_at < ${end} - interval '1 day' * (1 + 2 * pg_temp.u(id, 3))`,
    `UPDATE orders SET status = 'delivered' WHERE status = 'shipped' AND shipped_at < ${end} - interval '2 days'`,
    // one row in twenty comes a day late
    rowsOf(
      d,
      `600 * ${WEEK} * ${noise(5)}`,
      `i, (ARRAY['home','search','item','cart'])[1 + pg_temp.pick(i, 6, 4)], at - CASE WHEN pg_temp.u(i, 7) < 0.05 THEN interval '1 day' ELSE interval '0' END`,
      'clicks',
    ),
    rowsOf(d, `CASE WHEN d % 7 < 5 THEN 250 * ${noise(8)} ELSE 0 END`, 'i, pg_temp.money(i, 9, 300), at', 'invoices'),
    rowsOf(
      d,
      `CASE WHEN (date '${dateOf(0)}' + d::int)::text LIKE '%-01' THEN 400 ELSE 0 END`,
      'i, pg_temp.money(i, 10, 900), at',
      'payouts',
    ),
    rowsOf(
      d,
      `500 * ${noise(11)}`,
      'i, (ARRAY[200,200,200,200,404,500])[1 + pg_temp.pick(i, 12, 6)], 80 * exp(pg_temp.normal(i, 13)), at',
      'requests',
    ),
    // kept for thirty days
    `DELETE FROM requests WHERE created_at < ${end} - interval '30 days'`,
    `UPDATE accounts SET balance = balance + pg_temp.normal(id + ${d} * 7919, 14), updated_at = ${end} - interval '1 day' * pg_temp.u(id, ${d}) WHERE pg_temp.u(id + ${d} * 104729, 15) < 0.1`,
    rowsOf(d, `20 * ${noise(16)}`, `i, 100 * pg_temp.u(i, 17), 'free', at, at`, 'accounts'),
    'TRUNCATE jobs',
    rowsOf(d, '250 + 150 * pg_temp.u(d, 18)', `i, 'job ' || i, at`, 'jobs'),
    'DROP TABLE ranking',
    `CREATE TABLE ranking AS SELECT i AS product, pg_temp.u(i, ${d}) AS score FROM generate_series(1, 1000 + ${(d * 37) % 40}) AS i`,
    rowsOf(d, '200', 'day, (i % 100000)::int, pg_temp.skewed(i, 19, 400)', 'stock'),
    // a campaign a week
    rowsOf(
      d,
      `450 * ${WEEK} * ${noise(20)}`,
      `i, CASE WHEN pg_temp.u(i, 21) < 0.4 THEN 'week-' || to_char(day, 'IYYY-IW') ELSE 'none' END, (ARRAY['phone','phone','desktop','tablet'])[1 + pg_temp.pick(i, 22, 4)], at`,
      'visits',
    ),
    rowsOf(
      d,
      '480',
      `i, 12 + 0.05 * d + 6 * sin(2 * pi() * extract(hour FROM at) / 24) + 1.5 * pg_temp.normal(d, 23) + pg_temp.normal(i, 24), at`,
      'readings',
    ),
    rowsOf(d, '3 * pg_temp.u(d, 25)', `i, 'timeout', at`, 'failures'),
    rowsOf(
      d,
      `80 * power(1.02, d) * ${noise(26)}`,
      `i, (ARRAY['ad','mail','friend'])[1 + pg_temp.pick(i, 27, 3)], at`,
      'signups',
    ),
  ];
}

/** What comes after the morning's run: yesterday's feed. */
function later(d: number): string[] {
  return [rowsOf(d, `300 * ${noise(28)}`, 'i, pg_temp.money(i, 29, 20), at', 'late_feed')];
}

/** A warehouse in which tables change in all the ways that are no incident, as it is on the first morning. */
export async function makeQuietWarehouse(client: pg.Client, seed: number): Promise<void> {
  for (const sql of [...sqlFunctions(seed), CREATE]) await client.query(sql);
  for (let d = 0; d < PAST_DAYS; d++) {
    for (const sql of day(d)) await client.query(sql);
    if (d < PAST_DAYS - 1) for (const sql of later(d)) await client.query(sql);
  }
}

/** From one morning to the next. */
export async function passDay(client: pg.Client, morning: number): Promise<void> {
  for (const sql of [...later(PAST_DAYS + morning - 1), ...day(PAST_DAYS + morning)]) await client.query(sql);
}
