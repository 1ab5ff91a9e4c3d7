import type pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { runCopies } from '#src/adapters/postgres/copy.js';
import { compareBytes, compareValues } from '#src/core/decode/compare.js';
import { DecodedColumn } from '#src/core/decode/decoded-column.js';
import { decoderFor } from '#src/core/decode/decoders/index.js';
import type { FieldBatch } from '#src/core/decode/field-batch.js';
import { traitsOf } from '#src/core/decode/kind-traits.js';
import { render } from '#src/core/decode/render.js';
import type { ColumnProfile, JsonValue } from '#src/core/model/profile.js';
import type { ValueKind } from '#src/core/model/relation.js';
import { summarise } from '#src/core/sketches/summary.js';
import { TableState } from '#src/core/sketches/table-state.js';
import { column, plainFields } from '../support/copy-bytes.js';
import { SERVER_VERSION, testServer } from '../support/postgres.js';

/** Values of each kind, as literals; several are equal under SQL though their bytes differ. */
const VALUES: readonly [kind: ValueKind, type: string, values: readonly string[]][] = [
  ['int2', 'int2', ['0', '-1', '32767', '-32768', '7']],
  ['int4', 'int4', ['0', '-1', '2147483647', '-2147483648', '12']],
  [
    'int8',
    'int8',
    [
      '0',
      '-1',
      '9007199254740991',
      '9007199254740992',
      '9007199254740993',
      '9223372036854775807',
      '9223372036854775806',
      '-9223372036854775808',
      '-9223372036854775807',
    ],
  ],
  ['oid', 'oid', ['0', '1', '4294967295']],
  [
    'float4',
    'float4',
    ['0', '-0', '0.1', '3.4e38', '1e-45', '-16777216', '1.17549435e-38', 'NaN', 'Infinity', '-Infinity', '33554432'],
  ],
  [
    'float8',
    'float8',
    ['0', '-0', '0.1', '1.7976931348623157e308', '5e-324', '-1e21', '123456789.123', 'NaN', 'Infinity', '-Infinity'],
  ],
  [
    'numeric',
    'numeric',
    [
      '0',
      '0.000',
      '-0',
      '1',
      '1.0',
      '1.000000',
      '10000',
      '100000000',
      '-12.50',
      '-12.5',
      '0.0001',
      '0.00010',
      '0.00001',
      '-0.000000001234',
      '9007199254740993',
      '9007199254740992',
      '9007199254740992.0001',
      '123456789012345678901234567890.123456789',
      'NaN',
      ...(SERVER_VERSION >= 140000 ? ['Infinity', '-Infinity'] : []),
      '1e-16383',
      '1e-500',
      '-1e-400',
      '1e131071',
      '-1.5e131071',
      '99999999999999999999e300',
    ],
  ],
  ['bool', 'bool', ['t', 'f']],
  ['text', 'text', ['', 'a', 'ab', 'b', 'Zürich', '日本語', '😀 smile', 'quote " and \\ back', ' a', 'a ']],
  ['bpchar', 'char(5)', ['', 'a', 'ab', 'a  ']],
  ['bytea', 'bytea', ['\\x', '\\x00', '\\xdeadbeef', '\\x00ff']],
  [
    'date',
    'date',
    [
      '2000-01-01',
      '1999-12-31',
      '2024-02-29',
      '0001-01-01',
      '0044-03-15 BC',
      '4713-01-01 BC',
      '5874897-12-31',
      'infinity',
      '-infinity',
      '1900-03-01',
      '12345-06-07',
    ],
  ],
  ['time', 'time', ['00:00', '24:00', '12:34:56.789', '23:59:59.999999', '00:00:00.000001']],
  [
    'timetz',
    'timetz',
    ['00:00+00', '01:00+01', '12:34:56.5+02', '12:34:56.5-03:30', '23:59:59+15:59:59', '00:00:00-15:59', '24:00+00'],
  ],
  [
    'timestamp',
    'timestamp',
    [
      '2000-01-01',
      '2021-01-01 00:00:00.123456',
      '2021-01-01 00:00:00.12',
      '1999-12-31 23:59:59.999999',
      '0044-03-15 12:00:00 BC',
      '4713-11-24 BC',
      '294276-12-31 23:59:59.999999',
      '294276-12-31 23:59:59.999998',
      'infinity',
      '-infinity',
    ],
  ],
  [
    'timestamptz',
    'timestamptz',
    ['2000-01-01+00', '2021-06-01 10:00:00.5+02', '0001-01-01 00:00:00+00 BC', 'infinity'],
  ],
  [
    'interval',
    'interval',
    [
      '0',
      '1 mon',
      '30 days',
      '720 hours',
      '1 year',
      '360 days',
      '-1 day',
      '-24 hours',
      '1 day -24 hours',
      '1 year 2 mons 3 days 04:05:06.789',
      '-1 year -2 mons +3 days -04:05:06',
      '1 mon -1 day',
      '-1 mon 1 day 00:00:00.000001',
      '178000000 years',
      '178000000 years 1 microsecond',
      '-178000000 years',
      ...(SERVER_VERSION >= 150000 ? ['2562047788 hours'] : []),
      '00:00:00.1',
      '999:59:59',
    ],
  ],
  [
    'uuid',
    'uuid',
    [
      '00000000-0000-0000-0000-000000000000',
      'ffffffff-ffff-ffff-ffff-ffffffffffff',
      '0123abcd-0123-4567-89ab-0123456789ab',
    ],
  ],
];

let client: pg.Client;

beforeAll(async () => {
  const server = await testServer();
  const database = await server.createDatabase();
  client = await database.client();
  await client.query(`SET TimeZone = 'UTC'; SET DateStyle = ISO; SET IntervalStyle = postgres`);
});

async function rowsOf(sql: string): Promise<FieldBatch> {
  let whole: FieldBatch | undefined;
  await runCopies(client, [`COPY (${sql}) TO STDOUT (FORMAT binary)`], {
    begin: () => {},
    batch: (_, batch) => {
      expect(whole).toBeUndefined();
      const bytes = batch.bytes.slice();
      const [offsets, lengths] = [batch.offsets.slice(), batch.lengths.slice()];
      whole = { ...batch, bytes, offsets, lengths, view: new DataView(bytes.buffer) };
    },
    end: () => {},
  });
  return whole as FieldBatch;
}

function literals(type: string, values: readonly string[]): string {
  const rows = values.map((value, i) => `(${i}, '${value.replaceAll("'", "''")}'::${type})`).join(', ');
  return `(VALUES ${rows}) AS v(i, x)`;
}

const FINITE = `x::text NOT IN ('NaN', 'Infinity', '-Infinity', 'infinity', '-infinity')`;

function collation(type: string): string {
  return type === 'text' ? ' COLLATE "C"' : '';
}

/** Integers and numerics are compared as text: JSON's numbers would lose digits of theirs. */
function comparable(kind: ValueKind, value: JsonValue): JsonValue {
  return kind === 'int8' || kind === 'numeric' || kind === 'oid' ? String(value) : value;
}

function ofJson(kind: ValueKind, json: string): JsonValue {
  const value = JSON.parse(json);
  if (typeof value !== 'number') return value;
  return comparable(kind, value) === value ? value + 0 : json;
}

async function profile(kind: ValueKind, sql: string): Promise<ColumnProfile> {
  const state = TableState.create([column('x', kind)], plainFields(1), { maxValueBytes: 1_000_000, seed: 1 });
  state.addBatch(await rowsOf(sql));
  return summarise(state)[0] as ColumnProfile;
}

describe.each(VALUES)('%s as %s', (kind, type, values) => {
  const from = literals(type, values);

  it('renders as to_json', async () => {
    const { bytes, view, offsets, lengths, rows } = await rowsOf(`SELECT x FROM ${from} ORDER BY i`);
    const { rows: expected } = await client.query(`SELECT to_json(x)::text AS json FROM ${from} ORDER BY i`);
    const rendered = Array.from({ length: rows }, (_, r) => render(kind, bytes, view, offsets[r]!, lengths[r]!));
    expect(rendered.map((value) => comparable(kind, value))).toEqual(expected.map(({ json }) => ofJson(kind, json)));
  });

  it('hashes alike exactly what is equal', async () => {
    const batch = await rowsOf(`SELECT x FROM ${from} ORDER BY i`);
    const decoded = new DecodedColumn();
    decoded.begin(batch.rows);
    decoderFor(kind).hash(batch, { value: 0, length: -1 }, 1_000_000, decoded);
    const { rows: pairs } = await client.query(
      `WITH v AS (SELECT * FROM ${from}) SELECT a.i AS a, b.i AS b, a.x = b.x AS equal FROM v AS a, v AS b`,
    );
    for (const { a, b, equal } of pairs) {
      const same = decoded.h1[a] === decoded.h1[b] && decoded.h2[a] === decoded.h2[b];
      expect([values[a], values[b], same]).toEqual([values[a], values[b], equal]);
    }
  });

  it('orders as Postgres', async () => {
    const { order } = traitsOf(kind);
    if (order === null) return;
    const { bytes, view, offsets, lengths, rows } = await rowsOf(
      `SELECT x FROM ${from} WHERE ${FINITE} ORDER BY x${collation(type)}`,
    );
    const numbers = new Float64Array(rows);
    decoderFor(kind).numbers?.(view, offsets, lengths, rows, numbers);
    for (let r = 1; r < rows; r++) {
      const [a, b] = [offsets[r - 1]!, offsets[r]!];
      if (order === 'bytes')
        expect(compareBytes(bytes, a, lengths[r - 1]!, bytes, b, lengths[r]!)).toBeLessThanOrEqual(0);
      else {
        expect(numbers[r - 1]).toBeLessThanOrEqual(numbers[r]! + Math.abs(numbers[r]!) * 1e-15);
        expect(compareValues(order, view, a, view, b)).toBeLessThanOrEqual(0);
      }
    }
  });

  it('gives the figures of SQL', async () => {
    const found = await profile(kind, `SELECT x FROM ${from}`);
    const { order, arithmetic, quantiles } = traitsOf(kind);
    const json = (aggregate: string) => `to_json(${aggregate} FILTER (WHERE ${FINITE}))::text`;
    const { rows } = await client.query(
      `SELECT count(DISTINCT ${type === 'char(5)' ? 'x::text' : 'x'})::int AS distinct,
        count(*) FILTER (WHERE NOT ${FINITE} AND x::text <> 'NaN')::int AS infinite,
        count(*) FILTER (WHERE x::text = 'NaN')::int AS nan
        ${arithmetic ? `, count(*) FILTER (WHERE x = 0)::int AS zeros, count(*) FILTER (WHERE x < 0 AND ${FINITE})::int AS negatives` : ''}
        ${order && order !== 'bytes' ? `, ${json('min(x)')} AS min, ${json('max(x)')} AS max` : ''}
        ${quantiles ? `, ${json('percentile_disc(0.5) WITHIN GROUP (ORDER BY x)')} AS median` : ''}
      FROM ${from}`,
    );
    const [expected] = rows;
    expect(found).toMatchObject({
      distinct: { value: type === 'char(5)' ? 3 : expected.distinct, exact: true },
      ...(arithmetic && { zeros: expected.zeros, negatives: expected.negatives }),
      ...(expected.nan > 0 && { nan: expected.nan }),
      ...(expected.infinite > 0 && { infinite: expected.infinite }),
    });
    if (expected.min !== undefined) {
      expect([found.min, found.max].map((value) => comparable(kind, value!))).toEqual([
        ofJson(kind, expected.min),
        ofJson(kind, expected.max),
      ]);
    }
    // Of equal values that print differently any may be the median; a numeric's is a double.
    if (expected.median !== undefined) {
      const median = `'${found.quantiles?.p50}'::${type}`;
      const { rows } = await client.query(
        `SELECT ${median} = percentile_disc(0.5) WITHIN GROUP (ORDER BY x)${kind === 'numeric' ? '::float8' : ''} AS equal
        FROM ${from} WHERE ${FINITE}`,
      );
      expect(rows).toEqual([{ equal: true }]);
    }
  });
});

describe('moments and quantiles', () => {
  it.each([
    ['int4', '(random() * 100)::int4'],
    ['int8', '(9007199254740000 + i * 7919 % 1000)::int8'],
    ['float8', 'random() * 1e6'],
    ['numeric', '(random() * 1000)::numeric(12,2)'],
  ] as const)('%s agrees with avg, stddev and percentile_disc', async (kind, expression) => {
    await client.query('SELECT setseed(0.5)');
    await client.query(
      `DROP TABLE IF EXISTS figures; CREATE TABLE figures AS SELECT ${expression} AS x FROM generate_series(1, 900) AS g(i)`,
    );
    const found = await profile(kind, 'SELECT x FROM figures');
    const { rows } = await client.query(
      `SELECT avg(x)::float8 AS mean, stddev(x)::float8 AS stddev,
        percentile_disc(ARRAY[0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]) WITHIN GROUP (ORDER BY x)::text[] AS quantiles FROM figures`,
    );
    expect(found.mean! / rows[0].mean).toBeCloseTo(1, 12);
    expect(found.stddev! / rows[0].stddev).toBeCloseTo(1, kind === 'int8' ? 4 : 9); // beyond 2^53 doubles are rounded
    expect(Object.values(found.quantiles!)).toEqual(rows[0].quantiles.map(Number));
  });
});
