import type pg from 'pg';
import { sqlFunctions } from '#src/demo/sql-functions.js';

/** A Monday. */
const FIRST = Date.UTC(2026, 3, 6);
const HOUR_MS = 3_600_000;
/** Hours that are there before the first run: five weeks. */
export const PAST_HOURS = 24 * 35;

/** Ten minutes past an hour, counted from the first run's. */
export function clockOf(run: number): string {
  return new Date(FIRST + (PAST_HOURS + run) * HOUR_MS + 600_000).toISOString();
}

/** The beginning of an hour. */
export function hourOf(run: number): string {
  return new Date(FIRST + (PAST_HOURS + run) * HOUR_MS).toISOString();
}

/** Rows of hour `h`, about `count` of them, more by day than by night where `daily`. */
function rowsOf(table: string, h: number, count: number, salt: number, daily = true): string {
  const curve = daily ? 1 + 0.8 * Math.sin((2 * Math.PI * ((h % 24) - 9)) / 24) : 1;
  return `INSERT INTO ${table}
    SELECT ${h}::bigint * 10000 + k, pg_temp.u(k, ${salt}), timestamptz '${new Date(FIRST + h * HOUR_MS).toISOString()}' + interval '1 hour' * ((k - 0.5) / n)
    FROM (SELECT round(greatest(0, ${count * curve} * (1 + 0.08 * pg_temp.normal(${h}, ${salt}))))::bigint AS n) AS hour, generate_series(1, n) AS k`;
}

/** What comes in during hour `h`, some of it about hours before. */
function hour(h: number): string[] {
  const ofDay = h % 24;
  const rows = [rowsOf('stream', h, 200, 1)];
  if (h >= 2) rows.push(rowsOf('two_hours_late', h - 2, 150, 2));
  if (Math.floor(h / 24) % 7 < 5 && ofDay >= 8 && ofDay < 18) rows.push(rowsOf('office', h, 120, 3, false));
  if (ofDay === 3 && h > 24) for (let back = 24; back > 0; back--) rows.push(rowsOf('nightly', h - 3 - back, 100, 4));
  if (ofDay % 4 === 0 && h > 4)
    for (let back = 4; back > 0; back--) rows.push(rowsOf('every_four_hours', h - back, 90, 5, false));
  return rows;
}

/** Tables that get their rows at once, late, in office hours, every night, every four hours, as they are at the first run. */
export async function makeQuietHours(client: pg.Client): Promise<void> {
  for (const sql of sqlFunctions(5)) await client.query(sql);
  for (const table of ['stream', 'two_hours_late', 'office', 'nightly', 'every_four_hours'])
    await client.query(`CREATE TABLE ${table} (id bigint, value float8, created_at timestamptz NOT NULL)`);
  for (let h = 0; h < PAST_HOURS; h++) for (const sql of hour(h)) await client.query(sql);
}

/** From one run to the next. */
export async function passHour(client: pg.Client, run: number): Promise<void> {
  for (const sql of hour(PAST_HOURS + run)) await client.query(sql);
}
