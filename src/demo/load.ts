import { DAYS, dateOf } from './calendar.js';
import { type DemoTable, rowsOn, tableName } from './table.js';

/** How a load differs from what it should be. */
export interface Alteration {
  /** Column → SQL over the row as it should be (its columns, `i` and `d`). */
  readonly values?: Readonly<Record<string, string>>;
  /** Only these rows arrive: SQL over the row as it should be. */
  readonly where?: string;
  /** How often the load arrives; 1 when absent. */
  readonly times?: number;
}

/** Rows of one day are numbered from `day · DAY_ROWS` on; a load that comes twice numbers its rows anew. */
const DAY_ROWS = 1_000_000;
const SECOND_LOAD = 500_000;
const TYPE = /^[a-z0-9 ()_,]*?(?=\s+(?:PRIMARY|NOT|UNIQUE|REFERENCES|DEFAULT)\b|$)/;

/** CREATE statements of a table, with the partitions of all its days. */
export function createTable(table: DemoTable): string[] {
  const columns = table.columns.map(([name, type]) => `${name} ${type}`).join(', ');
  const target = tableName(table);
  if (table.partitionBy === undefined) return [`CREATE TABLE ${target} (${columns})`];
  const months = [...new Set(Array.from({ length: DAYS + 1 }, (_, day) => dateOf(day).slice(0, 7)))];
  return [
    `CREATE TABLE ${target} (${columns}) PARTITION BY RANGE (${table.partitionBy})`,
    ...months.map(
      (month) =>
        `CREATE TABLE ${target}_${month.replace('-', '')} PARTITION OF ${target} FOR VALUES FROM ('${month}-01') TO ('${nextMonth(month)}-01')`,
    ),
  ];
}

/** The INSERT of a table that is loaded at once; none for one that is loaded by day. */
export function loadAtOnce(table: DemoTable): string[] {
  if (typeof table.rows !== 'number') return [];
  return [
    `INSERT INTO ${tableName(table)} SELECT ${table.columns.map(([, , value]) => value).join(', ')} FROM generate_series(1::bigint, ${table.rows}) AS i`,
  ];
}

/** INSERTs of the days from `first` to `last`; none for a table that is loaded at once, or where nothing comes on these days. */
export function loadDays(
  table: DemoTable,
  [first, last]: readonly [number, number],
  seed: number,
  { values = {}, where, times = 1 }: Alteration = {},
): string[] {
  const days: string[] = [];
  for (let day = first; day <= last; day++) {
    const rows = rowsOn(table, day, seed);
    if (rows > 0) days.push(`(${day}, ${rows})`);
  }
  if (days.length === 0) return [];
  const made = table.columns.map(([name, type, value]) => `(${value})::${TYPE.exec(type)![0]} AS ${name}`).join(', ');
  const taken = table.columns.map(([name]) => values[name] ?? name).join(', ');
  return Array.from(
    { length: times },
    (_, time) => `INSERT INTO ${tableName(table)} SELECT ${taken} FROM (
  SELECT i, d, ${made} FROM (
    SELECT d::bigint * ${DAY_ROWS} + k + ${time * SECOND_LOAD} AS i, d, date '${dateOf(0)}' + d AS day,
      (timestamp '${dateOf(0)}' + make_interval(days => d, secs => 86400 * (p + 0.6 * sin(2 * pi() * p) / (2 * pi())))) AT TIME ZONE 'UTC' AS at
    FROM (VALUES ${days.join(', ')}) AS days (d, n), LATERAL (SELECT k, (k - 0.5) / n AS p FROM generate_series(1, n) AS k) AS rows
  ) AS moments
) AS good${where === undefined ? '' : ` WHERE ${where}`}`,
  );
}

function nextMonth(month: string): string {
  const [year, number] = month.split('-').map(Number) as [number, number];
  return new Date(Date.UTC(year, number, 1)).toISOString().slice(0, 7);
}
