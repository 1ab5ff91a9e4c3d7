import type pg from 'pg';

/** Twenty columns as warehouses have them: keys, foreign keys, money, categories, text, times, with nulls here and there. */
const COLUMNS: readonly (readonly [name: string, type: string, value: string])[] = [
  ['id', 'bigint', 'i'],
  ['customer_id', 'integer', '(h % 250000)::int'],
  ['product_id', 'integer', '(h % 9000)::int'],
  ['quantity', 'smallint', '(h % 12)::int2'],
  ['price', 'numeric(12,2)', '((h % 1000000) / 100.0)::numeric(12,2)'],
  ['discount', 'numeric(5,4)', 'CASE WHEN h % 3 = 0 THEN ((h % 4000) / 10000.0)::numeric(5,4) END'],
  ['weight', 'double precision', 'ln(1 + (h % 1000003))'],
  ['score', 'real', '((h % 10007) / 97.0)::real'],
  ['status', 'text', `(ARRAY['new','paid','sent','done','void'])[1 + h % 5]`],
  ['country', 'char(2)', `(ARRAY['DE','FR','US','BR','IN','JP','GB','ES'])[1 + h % 8]`],
  ['email', 'text', `'user' || (h % 3000000) || '@example.com'`],
  ['comment', 'text', `CASE WHEN h % 4 = 0 THEN md5(i::text) END`],
  ['is_gift', 'boolean', 'h % 10 = 0'],
  ['created_at', 'timestamptz', `timestamptz '2026-01-01 00:00:00+00' + i * interval '3 seconds'`],
  [
    'shipped_at',
    'timestamp',
    `CASE WHEN h % 7 > 0 THEN timestamp '2026-01-02' + (h % 20000000) * interval '1 second' END`,
  ],
  ['due_on', 'date', `date '2026-01-01' + (h % 730)::int`],
  ['session', 'uuid', 'md5(i::text)::uuid'],
  ['ip_hash', 'bigint', 'h'],
  ['channel', 'varchar(20)', `(ARRAY['web','app','store','phone'])[1 + h % 4]`],
  ['rating', 'integer', 'CASE WHEN h % 2 = 0 THEN (h % 5)::int + 1 END'],
];

/** Make `bench.wide` with this many rows; deterministic. Returns its size in bytes. */
export async function makeWideTable(client: pg.Client, rows: number): Promise<number> {
  const names = COLUMNS.map(([name]) => name);
  await client.query(`CREATE SCHEMA bench;
    CREATE UNLOGGED TABLE bench.wide (${COLUMNS.map(([name, type]) => `${name} ${type}`).join(', ')})`);
  await client.query(`INSERT INTO bench.wide (${names.join(', ')})
    SELECT ${COLUMNS.map(([, , value]) => value).join(', ')}
    FROM (SELECT i, (hashint8extended(i, 42) & 9007199254740991) AS h FROM generate_series(1, ${rows}) AS i) AS g`);
  await client.query('VACUUM (ANALYZE) bench.wide');
  const { rows: sizes } = await client.query<{ bytes: string }>(`SELECT pg_relation_size('bench.wide') AS bytes`);
  return Number(sizes[0]!.bytes);
}

/** The statements that a tool without sketches sends for one column. */
export function perColumnSql(): string[] {
  return COLUMNS.map(([name, type]) => {
    const numeric = /int|numeric|double|real/.test(type);
    const figures = ['count(*)', `count(${name})`, `count(DISTINCT ${name})`];
    if (type !== 'boolean' && type !== 'uuid') figures.push(`min(${name})`, `max(${name})`);
    if (numeric)
      figures.push(
        `avg(${name})`,
        `stddev(${name})`,
        `percentile_disc(ARRAY[0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]) WITHIN GROUP (ORDER BY ${name})`,
      );
    if (/text|char/.test(type)) figures.push(`min(length(${name}))`, `avg(length(${name}))`, `max(length(${name}))`);
    return `SELECT ${figures.join(', ')} FROM bench.wide`;
  }).concat(COLUMNS.map(([name]) => `SELECT ${name}, count(*) FROM bench.wide GROUP BY 1 ORDER BY 2 DESC LIMIT 10`));
}
