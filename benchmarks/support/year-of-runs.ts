import type pg from 'pg';
import type { RunRef, TableRecord } from '#src/adapters/store/records.js';
import type { StoreWriter } from '#src/adapters/store/writer.js';
import { encodedEvents } from '#src/core/events/finish-events.js';
import { FRESHNESS_METRIC, metricPoints } from '#src/core/metrics/index.js';
import type { EventHistory } from '#src/core/model/event-history.js';
import type { Finding } from '#src/core/model/finding.js';
import type { ColumnProfile, TableProfile } from '#src/core/model/profile.js';
import type { ColumnSpec, TableSpec } from '#src/core/model/relation.js';

const DAY_MS = 86_400_000;
const EVENT_DAYS = 400;
const AT_A_TIME = 250;
/** Every so manieth table got half its rows on the last day. */
const HALF_LOADED = 100;
const STATUSES = [
  ['delivered', 0.43],
  ['shipped', 0.22],
  ['paid', 0.19],
  ['placed', 0.1],
  ['cancelled', 0.06],
] as const;

const COLUMNS: readonly ColumnSpec[] = (
  [
    ['id', 'bigint', 'int8'],
    ['created_at', 'timestamp with time zone', 'timestamptz'],
    ['amount', 'numeric(12,2)', 'numeric'],
    ['status', 'text', 'text'],
  ] as const
).map(([name, type, kind], i) => ({ name, position: i + 1, type, kind, notNull: i < 2, readable: true }));

/**
 * A year of daily runs over many tables, each read and judged. The first and the last are written as runs write; the figures between
 * are copies of the first's, a run after the other as they lie on disk, with some noise.
 */
export async function writeYearOfRuns(
  client: pg.Client,
  writer: StoreWriter,
  { tables, runs, lastAt }: { readonly tables: number; readonly runs: number; readonly lastAt: Date },
): Promise<void> {
  const first = await writeRun(writer, { tables, at: new Date(lastAt.getTime() - (runs - 1) * DAY_MS) });
  await client.query('ALTER TABLE sentinel.point DROP CONSTRAINT point_pkey');
  await client.query(
    `INSERT INTO sentinel.run (label, command, state, started_at, finished_at, as_of)
     SELECT to_char(r.as_of + n * interval '1 day', 'YYYYMMDD-HH24MISS') || '-' || lpad(to_hex(n), 6, '0'), command, state,
       started_at + n * interval '1 day', finished_at + n * interval '1 day', as_of + n * interval '1 day'
     FROM sentinel.run r, generate_series(1, $2::int) AS n WHERE r.id = $1 ORDER BY n`,
    [first.id, runs - 2],
  );
  const between = `sentinel.run r WHERE r.id > $1 ORDER BY r.id`;
  await client.query(
    `INSERT INTO sentinel.source_inventory (run, source, database, reached, databases, schemas, slots, judged)
     SELECT r.id, i.source, i.database, i.reached, i.databases, i.schemas, i.slots, i.judged
     FROM sentinel.source_inventory i, ${between}`,
    [first.id],
  );
  await client.query(
    `INSERT INTO sentinel.task (run, dataset, state, attempts, row_count, cost, judged, finished_at)
     SELECT r.id, t.dataset, t.state, t.attempts, t.row_count, t.cost, t.judged, r.finished_at
     FROM (SELECT * FROM sentinel.task ORDER BY dataset) t, ${between}`,
    [first.id],
  );
  await client.query(
    `INSERT INTO sentinel.point (series, run, time, value)
     SELECT p.series, r.id, r.as_of, p.value * (0.98 + 0.04 * random())
     FROM (SELECT * FROM sentinel.point ORDER BY series) p, ${between}`,
    [first.id],
  );
  await client.query('ALTER TABLE sentinel.point ADD CONSTRAINT point_pkey PRIMARY KEY (series, run)');
  await client.query('VACUUM ANALYZE');
  await writeRun(writer, { tables, at: lastAt });
}

/** One run as the product writes it, with all profiles, histories by insert time, findings and their incidents. */
export async function writeRun(
  writer: StoreWriter,
  { tables, at }: { readonly tables: number; readonly at: Date },
): Promise<RunRef> {
  const run = await writer.beginRun({ command: 'run', startedAt: at, asOf: at });
  const inventory = { databases: ['postgres'], schemas: ['sales'], slots: [] };
  await writer.persistInventory(run, [{ source: 'batch', database: 'postgres', inventory }]);
  const findings: Finding[] = [];
  for (let from = 0; from < tables; from += AT_A_TIME) {
    const records = Array.from({ length: Math.min(AT_A_TIME, tables - from) }, (_, i) => recordOf(from + i, at));
    await writer.persistTables(run, records);
    for (let i = from; i < from + records.length; i++) if (i % HALF_LOADED === 0) findings.push(halfLoad(i, at));
  }
  const datasets = Array.from({ length: tables }, (_, i) => ({ source: 'batch', schema: 'sales', table: nameOf(i) }));
  await writer.persistFindings(run, findings, { datasets, sources: ['batch'] });
  await writer.finishRun(run, { state: 'finished', finishedAt: new Date(at.getTime() + 60_000) });
  return run;
}

function nameOf(i: number): string {
  return `orders_${String(i).padStart(4, '0')}`;
}

function recordOf(i: number, at: Date): TableRecord {
  const events = eventsOf(i, at);
  const rows = events.days.rows.reduce((sum, each) => sum + each, 0);
  const profile: TableProfile = {
    source: 'batch',
    schema: 'sales',
    table: nameOf(i),
    status: 'ok',
    mode: 'full',
    consistent: true,
    rowCount: rows,
    durationMs: 20,
    columns: columnsOf(rows, at),
  };
  const spec: TableSpec = {
    source: 'batch',
    schema: 'sales',
    name: nameOf(i),
    oid: 20_000 + i,
    kind: 'table',
    bytes: rows * 60,
    estimatedRows: rows,
    columns: COLUMNS,
    parts: [],
    lockable: true,
    primaryKey: ['id'],
  };
  return {
    spec,
    profile,
    events: encodedEvents(events),
    points: [...metricPoints(profile), { column: null, metric: FRESHNESS_METRIC, value: 3600 }],
    attempts: 1,
    cost: { rows, bytes: rows * 60, longestTransactionMs: 20 },
  };
}

/** Closed days up to that of `at`; fewer rows at weekends. A day's rows are the same whichever run looks at it. */
function eventsOf(i: number, at: Date): EventHistory {
  const today = Math.floor(at.getTime() / DAY_MS);
  const starts = Array.from({ length: EVENT_DAYS }, (_, n) => (today - EVENT_DAYS + n) * DAY_MS);
  const rows = starts.map((start) => rowsOn(i, start / DAY_MS));
  if (i % HALF_LOADED === 0) rows[EVENT_DAYS - 1] = Math.round(rows[EVENT_DAYS - 1]! / 2);
  const nonNull = rows.map((count) => count - Math.round(count * 0.01));
  const columns = {
    id: { nonNull: rows },
    created_at: { nonNull: rows },
    amount: {
      nonNull,
      mean: rows.map((_, n) => 50 + noise(i, n)),
      variance: rows.map(() => 400),
    },
    status: {
      nonNull: rows,
      values: STATUSES.map(([value, share]) => ({ value, counts: rows.map((count) => Math.round(count * share)) })),
    },
  };
  return {
    column: 'created_at',
    declared: false,
    timeZone: 'UTC',
    days: { starts, end: today * DAY_MS, complete: 0, rows, columns },
  };
}

function rowsOn(i: number, day: number): number {
  const usual = 500 + (i % 97) * 40;
  return Math.round(usual * ((day + 4) % 7 > 4 ? 0.6 : 1) * (0.95 + 0.1 * noise(i, day)));
}

/** From 0 to 1, the same for the same numbers. */
function noise(i: number, n: number): number {
  const x = Math.sin(i * 12.9898 + n * 78.233) * 43_758.5453;
  return x - Math.floor(x);
}

function columnsOf(rows: number, at: Date): ColumnProfile[] {
  const quantiles = (of: (share: number) => number) => ({
    ...{ p01: of(0.01), p05: of(0.05), p25: of(0.25), p50: of(0.5), p75: of(0.75), p95: of(0.95), p99: of(0.99) },
  });
  const distinct = (value: number) => ({ value, exact: false });
  const type = (position: number) => ({ name: COLUMNS[position]!.name, type: COLUMNS[position]!.type });
  return [
    {
      ...type(0),
      ...{ nullCount: 0, distinct: distinct(rows), min: 1, max: rows, mean: rows / 2, stddev: rows / 3.5 },
      ...{ quantiles: quantiles((share) => Math.round(rows * share)), zeros: 0, negatives: 0 },
    },
    {
      ...type(1),
      ...{ nullCount: 0, distinct: distinct(rows) },
      min: new Date(at.getTime() - EVENT_DAYS * DAY_MS).toISOString(),
      max: new Date(at.getTime() - 3_600_000).toISOString(),
    },
    {
      ...type(2),
      ...{ nullCount: Math.round(rows / 100), distinct: distinct(21_402), min: '0.99', max: '1940.00', mean: 50 },
      ...{ stddev: 20, quantiles: quantiles((share) => Math.round(share * 300)), zeros: 3, negatives: 0 },
    },
    {
      ...type(3),
      ...{
        nullCount: 0,
        distinct: { value: STATUSES.length, exact: true },
        min: 'cancelled',
        max: 'shipped',
        empty: 0,
      },
      length: { min: 4, mean: 7.2, max: 9, unit: 'characters' },
      topValues: STATUSES.map(([value, share]) => ({ value, count: Math.round(rows * share), exact: true })),
    },
  ];
}

function halfLoad(i: number, at: Date): Finding {
  const yesterday = Math.floor(at.getTime() / DAY_MS) - 1;
  const usual = rowsOn(i, yesterday);
  const value = Math.round(usual / 2);
  const date = new Date(yesterday * DAY_MS).toISOString().slice(0, 10);
  return {
    source: 'batch',
    schema: 'sales',
    table: nameOf(i),
    metric: 'rows_per_day',
    check: 'volume',
    severity: 'critical',
    value,
    expected: { lower: usual * 0.9, upper: usual * 1.1 },
    score: 0.9,
    at: at.toISOString(),
    message: `sales.${nameOf(i)} got ${value} rows on ${date}, 50 % less than usual`,
  };
}
