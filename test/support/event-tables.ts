import type pg from 'pg';

/** The clock of the runs over these tables: nine days after the clocks of Berlin went back. */
export const AS_OF = Date.UTC(2026, 10, 3, 10, 20);

/** Columns whose figures by insert time are compared: whether they have a mean, and whether their values are few enough to be counted. */
export const EVENT_COLUMNS = [
  { name: 'id', type: 'int4', counted: false, number: true, value: 'i' },
  { name: 'flag', type: 'bool', counted: true, number: false, value: 'CASE WHEN i % 4 > 0 THEN h % 3 = 0 END' },
  {
    name: 'kind',
    type: 'text',
    counted: true,
    number: false,
    value: `CASE WHEN i % 9 > 0 THEN (ARRAY['a','ß','','late'])[1 + h % 3] END`,
  },
  { name: 'late', type: 'text', counted: true, number: false, value: `CASE WHEN i > 6000 THEN 'new' ELSE 'old' END` },
  { name: 'small', type: 'int2', counted: true, number: true, value: '(h % 12)::int2 - 3' },
  { name: 'fifty', type: 'int4', counted: true, number: true, value: '(h % 50)::int4' },
  { name: 'crowded', type: 'int4', counted: false, number: true, value: '(h % 51)::int4' },
  {
    name: 'crowding',
    type: 'int4',
    counted: false,
    number: true,
    value: 'CASE WHEN i < 10000 THEN (h % 9)::int4 ELSE (h % 7000)::int4 END',
  },
  {
    name: 'price',
    type: 'numeric(12,2)',
    counted: false,
    number: true,
    value: 'CASE WHEN i % 3 > 0 THEN (h % 1000000) / 100.0 END',
  },
  {
    name: 'rate',
    type: 'float4',
    counted: false,
    number: true,
    value: `CASE WHEN i % 50 = 0 THEN 'NaN' ELSE (h % 1009) / 7.0 END`,
  },
  {
    name: 'level',
    type: 'float8',
    counted: true,
    number: true,
    value: `CASE i % 90 WHEN 0 THEN 'Infinity' WHEN 1 THEN '-Infinity' ELSE (1e9 + h % 5)::float8 END`,
  },
  { name: 'wide', type: 'int8', counted: false, number: true, value: '9000000000000 + h % 100000' },
  { name: 'code', type: 'char(3)', counted: true, number: false, value: `(ARRAY['x','xy','xyz'])[1 + h % 3]` },
  { name: 'label', type: 'text', counted: false, number: false, value: `CASE WHEN i % 7 > 0 THEN md5(i::text) END` },
  { name: 'long', type: 'text', counted: false, number: false, value: `repeat((h % 2)::text, 300)` },
  { name: 'empty', type: 'int4', counted: true, number: true, value: 'NULL' },
] as const;

const TYPED = EVENT_COLUMNS.map(({ name, type }) => `${name} ${type}`).join(', ');
const VALUES = EVENT_COLUMNS.map(({ type, value }) => `(${value})::${type}`).join(', ');

/** Rows, about in order of time over 70 days, some of the last hours ahead of the clock; some without a time, some infinite. */
const ROWS = 12_000;

/**
 * Tables of the same rows with `loaded_at` of each type: `instants` and the partitioned `parted` (timestamptz), `walls`
 * (timestamp, and rows of two years ago), `dates`, and a materialised view of the first.
 */
export async function makeEventTables(client: pg.Client): Promise<void> {
  await client.query(`
    SET TimeZone = 'UTC';
    CREATE TABLE made AS
      SELECT i, (hashint8extended(i, 7) & 4294967295) AS h,
        to_timestamp(${AS_OF / 1000}) - interval '70 days' + i * interval '505 seconds'
          + (hashint8extended(i, 8) & 4095) * interval '1 second' AS at
      FROM generate_series(1, ${ROWS}) AS i;
    CREATE TABLE instants (loaded_at timestamptz, ${TYPED});
    INSERT INTO instants SELECT CASE i WHEN 5 THEN 'infinity' WHEN 6 THEN '-infinity' ELSE at END, ${VALUES}
      FROM made ORDER BY i;
    UPDATE instants SET loaded_at = NULL WHERE id % 500 = 0;
    CREATE TABLE walls (loaded_at timestamp, ${TYPED});
    INSERT INTO walls SELECT at - interval '700 days' * (i % 3 / 2), ${VALUES} FROM made ORDER BY i;
    CREATE TABLE dates (loaded_at date NOT NULL, ${TYPED});
    INSERT INTO dates SELECT CASE i WHEN 5 THEN 'infinity' WHEN 6 THEN '-infinity' ELSE at::date END, ${VALUES}
      FROM made ORDER BY i;
    CREATE TABLE parted (LIKE instants) PARTITION BY LIST (small);
    CREATE TABLE parted_low PARTITION OF parted FOR VALUES IN (-3, -2, -1, 0);
    CREATE TABLE parted_high PARTITION OF parted DEFAULT;
    INSERT INTO parted SELECT * FROM instants;
    CREATE MATERIALIZED VIEW viewed AS SELECT * FROM instants;
    DROP TABLE made;
    ANALYZE`);
}

/** One bucket as plain SQL counts it. */
export interface SqlBucket {
  readonly start: number;
  readonly rows: number;
  readonly columns: Readonly<
    Record<
      string,
      {
        readonly nonNull: number;
        readonly mean: number | null;
        readonly variance: number | null;
        readonly values: Readonly<Record<string, number>>;
      }
    >
  >;
}

/** How SQL reads `loaded_at` of each type as an instant. */
const INSTANT = {
  timestamptz: () => 'loaded_at',
  timestamp: (zone: string) => `loaded_at AT TIME ZONE '${zone}'`,
  date: (zone: string) => `loaded_at::timestamp AT TIME ZONE '${zone}'`,
} as const;

/** The buckets that have rows, of all that were closed at `AS_OF`; days of 400 days, hours of 336 hours. */
export async function sqlBuckets(
  client: pg.Client,
  table: string,
  type: keyof typeof INSTANT,
  unit: 'day' | 'hour',
  zone: string,
): Promise<SqlBucket[]> {
  const bucket = `date_trunc('${unit}', ${INSTANT[type](zone)}, '${zone}')`;
  const figures = EVENT_COLUMNS.flatMap(({ name, number }) => {
    const finite = `FILTER (WHERE ${name}::float8 NOT IN ('NaN', 'Infinity', '-Infinity'))`;
    return [
      `count(${name}) AS "${name} count"`,
      number
        ? `avg(${name}::float8::numeric) ${finite} AS "${name} mean", var_samp(${name}::float8::numeric) ${finite} AS "${name} variance"`
        : '',
    ].filter((sql) => sql !== '');
  });
  const open = `date_trunc('${unit}', to_timestamp(${AS_OF / 1000}), '${zone}')`;
  const first =
    unit === 'day'
      ? `((${open} AT TIME ZONE '${zone}') - interval '400 days') AT TIME ZONE '${zone}'`
      : `${open} - interval '336 hours'`;
  const where = `isfinite(loaded_at) AND ${bucket} >= ${first} AND ${bucket} < ${open}`;
  const { rows } = await client.query<Record<string, unknown>>(
    `SELECT extract(epoch FROM ${bucket})::float8 * 1000 AS start, count(*)::int4 AS rows, ${figures.join(', ')}
     FROM ${table} WHERE ${where} GROUP BY 1 ORDER BY 1`,
  );
  const byName = new Map<string, readonly { start: number; value: unknown; n: number }[]>();
  for (const { name } of EVENT_COLUMNS.filter(({ counted }) => counted)) {
    const counts = await client.query<{ start: number; value: unknown; n: number }>(
      `SELECT extract(epoch FROM ${bucket})::float8 * 1000 AS start, to_json(${name}) AS value, count(*)::int4 AS n
       FROM ${table} WHERE ${where} AND ${name} IS NOT NULL GROUP BY 1, ${name}`,
    );
    byName.set(name, counts.rows);
  }
  return rows.map((row) => ({
    start: row.start as number,
    rows: row.rows as number,
    columns: Object.fromEntries(
      EVENT_COLUMNS.map(({ name }) => [
        name,
        {
          nonNull: Number(row[`${name} count`]),
          mean: toNumber(row[`${name} mean`]),
          variance: toNumber(row[`${name} variance`]),
          values: Object.fromEntries(
            (byName.get(name) ?? [])
              .filter(({ start }) => start === row.start)
              .map(({ value, n }) => [String(value), n]),
          ),
        },
      ]),
    ),
  }));
}

function toNumber(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}
