import pg from 'pg';

/** Which figures a type has, by what Postgres says of it. */
export type Group = 'number' | 'time' | 'oid' | 'text' | 'bytea' | 'uuid' | 'bool' | 'enum' | 'array' | 'as text';

/** A column as the catalog describes it; SQL texts call its value `x`. */
export interface Column {
  readonly name: string;
  readonly type: string;
  /** `typname` under all domains. */
  readonly base: string;
  /** The type under all domains, as a cast needs it. */
  readonly sqlType: string;
  readonly group: Group;
  /** Has `min` and `max`. */
  readonly ordered: boolean;
  readonly quantiles: boolean;
  /** What tells values apart, and its type. */
  readonly key: string;
  readonly keyType: string;
  readonly sort: string;
  /** True for values that are neither null, NaN nor infinite. */
  readonly finite: string;
  /** Length while no value is cut; null where the type has none. */
  readonly length: { readonly sql: string; readonly unit: 'characters' | 'bytes' | 'elements' } | null;
  /** True for empty values; null where that is not counted. */
  readonly empty: string | null;
}

export interface Aggregates {
  readonly values: number;
  readonly nan: number;
  readonly infinite: number;
  readonly zeros: number;
  readonly negatives: number;
  readonly mean: number | null;
  readonly stddev: number | null;
  readonly empty: number;
  readonly truncated: number;
  /** Null where the type has none, or no value. */
  readonly length: { min: number; mean: number; max: number; unit: string } | null;
}

const GROUPS: Readonly<Record<string, Group>> = {
  ...Object.fromEntries(['int2', 'int4', 'int8', 'float4', 'float8', 'numeric'].map((name) => [name, 'number'])),
  ...Object.fromEntries(
    ['date', 'time', 'timetz', 'timestamp', 'timestamptz', 'interval'].map((name) => [name, 'time']),
  ),
  ...Object.fromEntries(['text', 'varchar', 'bpchar', 'name'].map((name) => [name, 'text'])),
  oid: 'oid',
  bytea: 'bytea',
  uuid: 'uuid',
  bool: 'bool',
};
const INFINITIES: Readonly<Record<string, readonly string[]>> = {
  float4: ['Infinity', '-Infinity'],
  float8: ['Infinity', '-Infinity'],
  numeric: ['Infinity', '-Infinity'],
  date: ['infinity', '-infinity'],
  timestamp: ['infinity', '-infinity'],
  timestamptz: ['infinity', '-infinity'],
  interval: ['infinity', '-infinity'],
};
const WITH_NAN = ['float4', 'float8', 'numeric'];

/** Columns of a table in order, without dropped ones. */
export async function readColumns(client: pg.Client, table: string): Promise<Column[]> {
  const { rows } = await client.query(
    `SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, b.typname AS base, b.typtype,
       b.typcategory AS category, quote_ident(n.nspname) || '.' || quote_ident(b.typname) AS sql_type
     FROM pg_attribute a
     CROSS JOIN LATERAL (
       WITH RECURSIVE d AS (SELECT t.* FROM pg_type t WHERE t.oid = a.atttypid
         UNION ALL SELECT t.* FROM d JOIN pg_type t ON d.typtype = 'd' AND t.oid = d.typbasetype)
       SELECT * FROM d WHERE typtype <> 'd') b
     JOIN pg_namespace n ON n.oid = b.typnamespace
     WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
    [table],
  );
  return rows.map(({ name, type, base, typtype, category, sql_type: sqlType }): Column => {
    const group = typtype === 'e' ? 'enum' : category === 'A' ? 'array' : (GROUPS[base] ?? 'as text');
    const byText = group === 'array' || group === 'as text';
    const isText = group === 'text';
    const special = [...(WITH_NAN.includes(base) ? ['NaN'] : []), ...(INFINITIES[base] ?? [])];
    const collated = base === 'bpchar' ? 'x COLLATE "C"' : 'x::text COLLATE "C"';
    return {
      name,
      type,
      base,
      sqlType,
      group,
      ordered: ['number', 'time', 'oid', 'text', 'bytea', 'uuid'].includes(group),
      quantiles: ['number', 'time', 'oid'].includes(group),
      key: byText ? 'x::text COLLATE "C"' : isText ? collated : 'x',
      keyType: byText || (isText && base !== 'bpchar') ? 'text' : sqlType,
      sort: isText ? collated : 'x',
      finite: special.length > 0 ? `x::text NOT IN (${special.map(pg.escapeLiteral)})` : 'x IS NOT NULL',
      length: lengthOf(group),
      empty: isText
        ? `x = ''`
        : group === 'bytea'
          ? `octet_length(x) = 0`
          : group === 'array'
            ? 'cardinality(x) = 0'
            : null,
    };
  });
}

function lengthOf(group: Group): Column['length'] {
  if (group === 'text') return { sql: 'char_length(x)', unit: 'characters' };
  if (group === 'as text') return { sql: 'char_length(x::text)', unit: 'characters' };
  if (group === 'bytea') return { sql: 'octet_length(x)', unit: 'bytes' };
  return group === 'array' ? { sql: 'cardinality(x)', unit: 'elements' } : null;
}

/** The value as a text that a prefix can be compared with. */
export function valueText(column: Column): string {
  return column.group === 'text' ? `rpad(x::text, char_length(x::text))` : 'x::text';
}

export async function aggregatesQuery(
  client: pg.Client,
  from: string,
  column: Column,
  cap: number,
): Promise<Aggregates> {
  const { group, base, finite, length, empty } = column;
  const count = (condition: string | null) => (condition === null ? '0' : `count(*) FILTER (WHERE ${condition})::int`);
  const octets = octetsOf(column);
  const number = group === 'number';
  // a float's shortest text is nearer to it than its cast to numeric, which keeps 15 or 6 digits
  const exact = base.startsWith('float') ? 'x::text::numeric' : 'x::numeric';
  const infinities = INFINITIES[base]?.map(pg.escapeLiteral);
  const { rows } = await client.query(
    `SELECT count(x)::int AS "values",
      ${count(WITH_NAN.includes(base) ? `x = 'NaN'` : null)} AS nan,
      ${count(infinities ? `x::text IN (${infinities})` : null)} AS infinite,
      ${count(number ? `x = 0` : null)} AS zeros,
      ${count(number ? `x < 0 AND ${finite}` : null)} AS negatives,
      ${number ? `(avg(${exact}) FILTER (WHERE ${finite}))::float8` : 'NULL'} AS mean,
      ${number ? `(stddev_samp(${exact}) FILTER (WHERE ${finite}))::float8` : 'NULL'} AS stddev,
      ${count(empty)} AS empty, ${count(octets && `${octets} > ${cap}`)} AS truncated,
      ${length ? `min(${length.sql})::int AS shortest, avg(${length.sql})::float8 AS mean_length, max(${length.sql})::int AS longest` : '0 AS shortest'},
      ${octets ? `min(${octets})::int AS fewest, avg(${octets})::float8 AS mean_octets, max(${octets})::int AS most` : '0 AS fewest'}
    FROM ${from}`,
  );
  const [row] = rows;
  const cut = row.truncated > 0 && length?.unit === 'characters';
  const figures = cut
    ? { min: row.fewest, mean: row.mean_octets, max: row.most, unit: 'bytes' }
    : { min: row.shortest, mean: row.mean_length, max: row.longest, unit: length?.unit ?? '' };
  return { ...row, length: length === null || row.values === 0 ? null : figures };
}

/** Bytes as they are compared with the cap; null for types that are never cut. */
function octetsOf({ group }: Column): string | null {
  if (group === 'text' || group === 'bytea') return 'octet_length(x)';
  return group === 'array' || group === 'as text' ? 'octet_length(x::text)' : null;
}
