import pg from 'pg';
import type { ColumnProfile, JsonValue, TableProfile } from '#src/core/model/profile.js';
import { type Aggregates, aggregatesQuery, type Column, readColumns, valueText } from './plain-sql-columns.js';

/** Most different values that are counted exactly. */
const EXACT_VALUES = 6144;
/** Tables of more columns have smaller dictionaries. */
const FULL_COLUMNS = 64;
const RELATIVE = 1e-9;
const DISTINCT_ERROR = 0.02;
const RANK_ERROR = 0.01;
const SHOWN = 10;
/** A value this much more frequent than the next (share of the rows) must be found. */
const CLEARLY_FREQUENT = 0.02;

const PROBABILITIES = { p01: 0.01, p05: 0.05, p25: 0.25, p50: 0.5, p75: 0.75, p95: 0.95, p99: 0.99 } as const;

/** What plain SQL says of a column, whatever was reported. */
interface Expected extends Aggregates {
  readonly distinct: number;
  /** Counts of the most frequent values, descending, one more than are shown. */
  readonly counts: readonly number[];
  readonly min: string | null;
  readonly max: string | null;
  /** `percentile_disc`, as text. */
  readonly quantiles: readonly string[];
}

export interface PlainSql {
  /** One line for each figure of the table that is not what plain SQL says, naming table, column and figure. */
  differences(table: TableProfile, options?: { readonly maxValueBytes?: number }): Promise<string[]>;
}

/**
 * Checks reported figures against SQL that shares nothing with the program. What SQL says of a table is asked once; the
 * tables must not change. The client's session settings are changed.
 */
export async function plainSql(client: pg.Client): Promise<PlainSql> {
  await client.query(`SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET IntervalStyle = 'postgres'; SET bytea_output = 'hex';
    SET extra_float_digits = 1; SET search_path = pg_catalog; SET row_security = off; SET jit = off; SET work_mem = '64MB'`);
  const checked = new Map<string, readonly Difference[]>();
  const known = new Map<string, Promise<{ rows: number; columns: { column: Column; expected: Expected }[] }>>();
  return {
    async differences(table, { maxValueBytes = 1024 } = {}) {
      const name = `${pg.escapeIdentifier(table.schema)}.${pg.escapeIdentifier(table.table)}`;
      const key = `${name} ${maxValueBytes}`;
      if (!known.has(key)) known.set(key, expectTable(client, name, maxValueBytes));
      const { rows, columns } = await known.get(key)!;
      const found: string[] = [];
      const say = (column: string | null, figure: string, is: unknown, sql: unknown) =>
        found.push(
          `${[table.source, table.schema, table.table, ...(column === null ? [] : [column])].join('.')}: ${figure} is ${text(is)}, SQL says ${text(sql)}`,
        );
      if (table.status !== 'ok') say(null, 'status', table.failure ?? table.status, 'ok');
      if (table.rowCount !== rows) say(null, 'rowCount', table.rowCount, rows);
      const listed = (list: readonly { name: string; type: string }[]) => list.map((c) => `${c.name} ${c.type}`).join();
      const names = columns.map(({ column }) => column);
      if (listed(table.columns) !== listed(names)) {
        say(null, 'columns', listed(table.columns), listed(names));
        return found;
      }
      for (const [i, { column, expected }] of columns.entries()) {
        const reported = table.columns[i]!;
        const figures = JSON.stringify([key, reported]);
        if (!checked.has(figures)) {
          const check = new ColumnCheck(client, name, column, expected, reported, rows, columns.length);
          checked.set(figures, await check.differences());
        }
        for (const [figure, is, sql] of checked.get(figures)!) say(column.name, figure, is, sql);
      }
      return found;
    },
  };
}

type Difference = readonly [figure: string, is: unknown, sql: unknown];

class ColumnCheck {
  private readonly found: Difference[] = [];

  constructor(
    private readonly client: pg.Client,
    private readonly table: string,
    private readonly column: Column,
    private readonly expected: Expected,
    private readonly is: ColumnProfile,
    private readonly rows: number,
    private readonly columns: number,
  ) {}

  async differences(): Promise<readonly Difference[]> {
    const { is, expected } = this;
    if (is.failure) return [['failure', is.failure, 'none']];
    this.presence();
    this.exact('nullCount', is.nullCount, this.rows - expected.values);
    this.distinct();
    this.exact('zeros', is.zeros ?? 0, expected.zeros);
    this.exact('negatives', is.negatives ?? 0, expected.negatives);
    this.exact('nan', is.nan ?? 0, expected.nan);
    this.exact('infinite', is.infinite ?? 0, expected.infinite);
    this.exact('empty', is.empty ?? 0, expected.empty);
    this.exact('truncated', is.truncated ?? 0, expected.truncated);
    if (is.mean !== undefined) this.close('mean', is.mean, expected.mean);
    if (is.stddev !== undefined) this.close('stddev', is.stddev, expected.stddev);
    if (is.length && expected.length) {
      this.exact('length.unit', is.length.unit, expected.length.unit);
      this.exact('length.min', is.length.min, expected.length.min);
      this.exact('length.max', is.length.max, expected.length.max);
      this.close('length.mean', is.length.mean, expected.length.mean);
    }
    if (expected.min !== null && expected.max !== null && is.min !== undefined && is.max !== undefined) {
      // a value beyond the cap is known by its prefix only
      if (expected.truncated > 0) this.cutExtremes();
      else {
        await this.sameValue('min', is.min, expected.min);
        await this.sameValue('max', is.max, expected.max);
      }
    }
    if (is.quantiles && is.distinct!.exact) await this.exactQuantiles();
    else if (is.quantiles) await this.quantileRanks();
    await this.topValues();
    return this.found;
  }

  /** The fields that apply to the type, and no other. */
  private presence(): void {
    const { column, expected } = this;
    const finite = expected.values - expected.nan - expected.infinite;
    const wanted = [
      'name',
      'type',
      'nullCount',
      'distinct',
      'topValues',
      ...(column.ordered && finite > 0 ? ['min', 'max'] : []),
      ...(column.group === 'number' ? ['zeros', 'negatives'] : []),
      ...(column.group === 'number' && finite > 0 ? ['mean'] : []),
      ...(column.group === 'number' && finite > 1 ? ['stddev'] : []),
      ...(column.quantiles && finite > 0 ? ['quantiles'] : []),
      ...(expected.nan > 0 ? ['nan'] : []),
      ...(expected.infinite > 0 ? ['infinite'] : []),
      ...(expected.length ? ['length'] : []),
      ...(column.empty === null ? [] : ['empty']),
      ...(expected.truncated > 0 ? ['truncated'] : []),
    ];
    this.exact('fields', Object.keys(this.is).sort().join(), wanted.sort().join());
  }

  private distinct(): void {
    const { value, exact } = this.is.distinct!;
    const { distinct, truncated } = this.expected;
    if (exact) this.exact('distinct', value, distinct);
    else if (Math.abs(value - distinct) > DISTINCT_ERROR * distinct) this.say('distinct (within 2 %)', value, distinct);
    if (this.columns <= FULL_COLUMNS) this.exact('distinct.exact', exact, distinct <= EXACT_VALUES && truncated === 0);
  }

  private cutExtremes(): void {
    const { min, max } = this.is;
    const { expected } = this;
    for (const [figure, is, sql] of [['min', min, expected.min!] as const, ['max', max, expected.max!] as const])
      if (!sql.startsWith(String(is))) this.say(`${figure} (prefix)`, is, sql);
  }

  private async exactQuantiles(): Promise<void> {
    for (const [i, name] of Object.keys(PROBABILITIES).entries()) {
      const value = this.is.quantiles![name as keyof typeof PROBABILITIES];
      const sql = this.expected.quantiles[i]!;
      if (this.column.base === 'numeric') this.exact(name, value, Number(sql));
      else await this.sameValue(name, value, sql);
    }
  }

  /** Where `p · n` is not among the ranks of the reported value, how far it is from them. */
  private async quantileRanks(): Promise<void> {
    const { column, expected, is } = this;
    const n = expected.values - expected.nan - expected.infinite;
    const names = Object.keys(PROBABILITIES) as (keyof typeof PROBABILITIES)[];
    const counts = names.map((name) => {
      const value = `${pg.escapeLiteral(String(is.quantiles![name]))}::${column.sqlType}`;
      return `count(*) FILTER (WHERE x < ${value})::int AS ${name}_below, count(*) FILTER (WHERE x <= ${value})::int AS ${name}_through`;
    });
    const [ranks] = await this.query(`SELECT ${counts.join(', ')} FROM ${this.values()} WHERE ${column.finite}`);
    for (const name of names) {
      const wanted = PROBABILITIES[name] * n;
      const below: number = ranks[`${name}_below`];
      const through: number = ranks[`${name}_through`];
      const off = Math.max(0, below - wanted, wanted - through) / n;
      if (off > RANK_ERROR)
        this.say(`${name} (within 1 % of rank)`, is.quantiles![name], `it has ranks ${below}…${through} of ${n}`);
    }
  }

  private async topValues(): Promise<void> {
    const { is, expected, column } = this;
    const top = is.topValues!;
    const { counts } = expected;
    if (top.some(({ count }, i) => i > 0 && count > top[i - 1]!.count)) this.say('topValues (descending)', top, counts);
    if (new Set(top.map(({ value }) => String(value))).size < top.length) this.say('topValues (different)', top, '');
    if (expected.truncated > 0) return this.cutTopValues();
    const real = await this.countsOf(top.map(({ value }) => value));
    for (const [i, { value, count, exact }] of top.entries()) {
      if (exact ? count !== real[i] : count > real[i]!) this.say(`topValues ${text(value)}`, count, real[i]);
    }
    if (is.distinct!.exact) {
      const wanted = expected.distinct === expected.values ? [] : counts.slice(0, SHOWN);
      this.exact('topValues (counts)', top.map(({ count }) => count).join(), wanted.join());
    } else {
      const least = Math.min(...real);
      const next = counts[top.length] ?? 0;
      if (top.length > 0 && least <= next) this.say(`topValues (the ${top.length} most frequent)`, real, counts);
      if (top.length === 0 && counts[0]! - (counts[1] ?? 0) > CLEARLY_FREQUENT * this.rows)
        this.say(`topValues of ${column.base}`, top, counts);
    }
  }

  /** Of values that were cut, at least as many must begin so. */
  private async cutTopValues(): Promise<void> {
    for (const { value, count, exact } of this.is.topValues!) {
      const prefix = pg.escapeLiteral(String(value));
      const same = `pg_catalog.starts_with(${valueText(this.column)}, ${prefix})`;
      const [{ n }] = await this.query(`SELECT count(*)::int AS n FROM ${this.values()} WHERE ${same}`);
      if (count > n || (exact && count > n)) this.say(`topValues ${text(value)} (prefix)`, count, n);
    }
  }

  private async countsOf(values: readonly JsonValue[]): Promise<number[]> {
    if (values.length === 0) return [];
    const { client, column } = this;
    const { rows } = await client.query(
      `WITH v AS (SELECT v::${column.keyType} AS v, i FROM unnest($1::text[]) WITH ORDINALITY AS v (v, i)),
        c AS (SELECT v.i, count(*)::int AS n FROM ${this.values()} JOIN v ON ${column.key} = v.v GROUP BY v.i)
      SELECT coalesce(c.n, 0) AS n FROM v LEFT JOIN c USING (i) ORDER BY v.i`,
      [values.map(String)],
    );
    return rows.map(({ n }) => n);
  }

  /** Equal under SQL: of equal values that print differently any may be reported, if it is one of the column's. */
  private async sameValue(figure: string, is: JsonValue, sql: string): Promise<void> {
    if (String(is) === sql) return;
    const { column } = this;
    const literal = `${pg.escapeLiteral(String(is))}::${column.sqlType}`;
    const [row] = await this.query(
      `SELECT ${literal} = ${pg.escapeLiteral(sql)}::${column.sqlType} AS equal,
        EXISTS (SELECT FROM ${this.values()} WHERE x = ${literal} AND to_json(x) #>> '{}' = to_json(${literal}) #>> '{}') AS known`,
    );
    if (!row.equal || !row.known) this.say(figure, is, sql);
  }

  private values(): string {
    return `(SELECT ${pg.escapeIdentifier(this.column.name)} AS x FROM ${this.table}) AS t`;
  }

  // biome-ignore lint/suspicious/noExplicitAny: rows as the query names them
  private async query(sql: string): Promise<any[]> {
    return (await this.client.query(sql)).rows;
  }

  private exact(figure: string, is: unknown, sql: unknown): void {
    if (is !== sql) this.say(figure, is, sql);
  }

  private close(figure: string, is: number, sql: number | null): void {
    if (sql === null || !(Math.abs(is - sql) <= RELATIVE * Math.abs(sql))) this.say(figure, is, sql);
  }

  private say(figure: string, is: unknown, sql: unknown): void {
    this.found.push([figure, is, sql]);
  }
}

async function expectTable(client: pg.Client, table: string, maxValueBytes: number) {
  const { rows } = await client.query(`SELECT count(*)::int AS rows FROM ${table}`);
  const columns: { column: Column; expected: Expected }[] = [];
  for (const column of await readColumns(client, table))
    columns.push({ column, expected: await expectColumn(client, table, column, maxValueBytes) });
  return { rows: rows[0].rows as number, columns };
}

async function expectColumn(client: pg.Client, table: string, column: Column, cap: number): Promise<Expected> {
  // a column by itself is read in a fraction of the time
  const from = 'pg_temp.one_column';
  await client.query(`CREATE TEMP TABLE one_column AS SELECT ${pg.escapeIdentifier(column.name)} AS x FROM ${table}`);
  const aggregates = await aggregatesQuery(client, from, column, cap);
  const groups = await client.query(
    `WITH g AS (SELECT count(*)::int AS n FROM ${from} WHERE x IS NOT NULL GROUP BY ${column.key})
    SELECT count(*)::int AS distinct,
      ARRAY(SELECT n FROM g ORDER BY n DESC LIMIT ${SHOWN + 1}) AS counts FROM g`,
  );
  // bytea and uuid have no min() before Postgres 18
  const extreme = (direction: string) =>
    `(SELECT to_json(x) #>> '{}' FROM ${from} WHERE x IS NOT NULL AND ${column.finite} ORDER BY ${column.sort} ${direction} LIMIT 1)`;
  const extremes = column.ordered
    ? (await client.query(`SELECT ${extreme('ASC')} AS min, ${extreme('DESC')} AS max`)).rows[0]
    : { min: null, max: null };
  const cast = column.base === 'numeric' ? '::float8' : '';
  const quantiles = column.quantiles
    ? (
        await client.query(
          `SELECT ARRAY(SELECT to_json(q${cast}) #>> '{}' FROM unnest(p) WITH ORDINALITY AS u (q, i) ORDER BY i) AS quantiles
          FROM (SELECT percentile_disc(ARRAY[${Object.values(PROBABILITIES)}]) WITHIN GROUP (ORDER BY x) AS p
            FROM ${from} WHERE ${column.finite}) AS s`,
        )
      ).rows[0].quantiles
    : [];
  await client.query('DROP TABLE pg_temp.one_column');
  return { ...aggregates, ...groups.rows[0], ...extremes, quantiles };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
