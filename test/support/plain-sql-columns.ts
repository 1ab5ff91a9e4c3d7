import type pg from 'pg';

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
  readonly isNan: string;
  readonly isInfinite: string;
  /** True for values that are neither NaN nor infinite. */
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
/** Types with infinite values, and the server version they have them from. */
const INFINITE_SINCE: Readonly<Record<string, number>> = {
  float4: 0,
  float8: 0,
  numeric: 140000,
  date: 0,
  timestamp: 0,
  timestamptz: 0,
  interval: 170000,
};
const WITH_NAN = ['float4', 'float8', 'numeric'];

/** Columns of a table in order, without dropped ones. */
export async function readColumns(client: pg.Client, table: string): Promise<Column[]> {
  const { rows } = await client.query(
    `SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, b.typname AS base, b.typtype,
       b.typcategory AS category, current_setting('server_version_num')::int AS version, quote_ident(n.nspname) || '.' || quote_ident(b.typname) AS sql_type
     FROM pg_attribute a
     CROSS JOIN LATERAL (
       WITH RECURSIVE d AS (SELECT t.* FROM pg_type t WHERE t.oid = a.atttypid
         UNION ALL SELECT t.* FROM d JOIN pg_type t ON d.typtype = 'd' AND t.oid = d.typbasetype)
       SELECT * FROM d WHERE typtype <> 'd') b
     JOIN pg_namespace n ON n.oid = b.typnamespace
     WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
    [table],
  );
  return rows.map(({ name, type, base, typtype, category, version, sql_type: sqlType }): Column => {
    const group = typtype === 'e' ? 'enum' : category === 'A' ? 'array' : (GROUPS[base] ?? 'as text');
    const byText = group === 'array' || group === 'as text';
    const isText = group === 'text';
    const isNan = WITH_NAN.includes(base) ? `x = 'NaN'` : 'false';
    const isInfinite = version >= (INFINITE_SINCE[base] ?? version + 1) ? `x IN ('infinity', '-infinity')` : 'false';
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
      isNan,
      isInfinite,
      finite: `NOT (${isNan} OR ${isInfinite})`,
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
  const { group, base, isNan, isInfinite, finite, length, empty } = column;
  const count = (condition: string | null) => (condition === null ? '0' : `count(*) FILTER (WHERE ${condition})::int`);
  const octets = octetsOf(column);
  const number = group === 'number';
  // a float's shortest text is nearer to it than its cast to numeric, which keeps 15 digits; the scale of the sum is that
  // of the result, else the deviation of integers comes out rounded to one
  const exact = `${base.startsWith('float') ? 'x::float8::text' : 'x'}::numeric + 0.${'0'.repeat(15)}`;
  const { rows } = await client.query(
    `SELECT count(x)::int AS "values", ${count(isNan)} AS nan, ${count(isInfinite)} AS infinite,
      ${count(number ? `x = 0` : null)} AS zeros, ${count(number ? `x < 0 AND ${finite}` : null)} AS negatives,
      avg(number)::float8 AS mean, stddev_samp(number)::float8 AS stddev,
      ${count(empty)} AS empty, ${count(octets && `octets > ${cap}`)} AS truncated,
      min(length) AS shortest, avg(length)::float8 AS mean_length, max(length) AS longest,
      min(octets) AS fewest, avg(octets)::float8 AS mean_octets, max(octets) AS most
    FROM (SELECT x, ${number ? `CASE WHEN ${finite} THEN ${exact} END` : 'NULL::numeric'} AS number,
      ${length?.sql ?? 'NULL::int'} AS length, ${octets ?? 'NULL::int'} AS octets FROM ${from} OFFSET 0) AS t`,
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
