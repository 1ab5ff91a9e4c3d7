import type { Expectation, Point, TableHistory } from '#src/core/model/history.js';
import type { TableProfile } from '#src/core/model/profile.js';
import { type LoadedEvents, loadEvents } from './events.js';
import { loadExpectations } from './expectations.js';
import type { Query, ReaderPool } from './reader-pool.js';
import { preferIndices, selectBaseline, selectClocks, selectTablesToJudge } from './sql/history.js';
import { type StoredShape, shapeOf } from './stored-shape.js';
import { numberArray } from './values.js';

/** What the store knows of a `TableHistory`; the rest is declared, or found in the profile. */
export type StoredHistory = Omit<TableHistory, 'insertTime' | 'freshnessLimitSeconds'>;

export interface HistoryOptions {
  /** The clock of judgement, epoch milliseconds. */
  readonly now: number;
  readonly sources?: readonly string[];
  /**
   * `run` (default): tables that the run looked at. `latest`: every table, under its newest run up to that one; then
   * `StoredHistory.run` differs from table to table.
   */
  readonly scope?: 'run' | 'latest';
  /** Points per series, 60 when absent. */
  readonly points?: number;
  /** Series of these metrics alone; all when absent. */
  readonly metrics?: readonly string[];
  /** Tables per page, 50 when absent. */
  readonly pageSize?: number;
}

interface TableRow {
  readonly id: string;
  readonly source: string;
  readonly schema_name: string;
  readonly table_name: string;
  readonly run: string;
  readonly profile: TableProfile | null;
  readonly shape: StoredShape | null;
  readonly previous: StoredShape | null;
  readonly source_judged_at: number | null;
}

interface SeriesRow {
  readonly dataset: string;
  readonly column_name: string | null;
  readonly metric: string;
  /** Big-endian int8 and float8, newest first. */
  readonly runs: Buffer;
  readonly values: Buffer;
  readonly errors: Buffer | null;
}

interface Page {
  readonly histories: readonly StoredHistory[];
  /** Dataset to go on after; null where this page is the last. */
  readonly next: number | null;
}

/**
 * Everything that judgement needs of the tables of one run, in pages; the next page is read while one is used. Tables
 * that are gone come without profile and shape.
 */
export async function* loadHistories(
  readers: ReaderPool,
  s: string,
  run: number,
  options: HistoryOptions,
): AsyncGenerator<readonly StoredHistory[]> {
  const load = (after: number): Promise<Page> => {
    const page = readers.read('load histories', (query) => loadPage(query, s, run, after, options));
    page.catch(() => undefined); // a caller that stops early never looks at it
    return page;
  };
  for (let coming: Promise<Page> | null = load(0); coming; ) {
    const page: Page = await coming;
    coming = page.next === null ? null : load(page.next);
    if (page.histories.length > 0) yield page.histories;
  }
}

async function loadPage(query: Query, s: string, run: number, after: number, options: HistoryOptions): Promise<Page> {
  const pageSize = options.pageSize ?? 50;
  const latest = options.scope === 'latest';
  const values = [run, after, pageSize, options.sources ?? null];
  await query(preferIndices);
  const tables = await query<TableRow>(selectTablesToJudge(s, latest), values);
  const series = await query<SeriesRow>(selectBaseline(s), [
    numberArray(tables.map((table) => Number(table.id))),
    numberArray(tables.map((table) => Number(table.run))),
    options.points ?? 60,
    options.metrics ?? null,
  ]);
  const clocks = await clocksOf(query, s, series);
  const events = await loadEvents(query, s, tables);
  const expectations = await loadExpectations(query, s, tables, options.now);
  const seriesOf = new Map<string, SeriesRow[]>(tables.map((table) => [table.id, []]));
  for (const row of series) seriesOf.get(row.dataset)!.push(row);
  return {
    histories: tables.map((table) =>
      historyOf(table, seriesOf.get(table.id)!, clocks, options.now, {
        events: events.get(table.id),
        expectations: expectations.get(table.id),
      }),
    ),
    next: tables.length < pageSize ? null : Number(tables.at(-1)!.id),
  };
}

/** A point's time is the clock of its run: sent once a page, not once a point. */
async function clocksOf(query: Query, s: string, series: readonly SeriesRow[]): Promise<Map<number, number>> {
  const runs = new Set<number>();
  for (const row of series) {
    const view = viewOf(row.runs);
    for (let at = 0; at < view.byteLength; at += 8) runs.add(runAt(view, at));
  }
  const rows = await query<{ id: string; time: number }>(selectClocks(s), [numberArray([...runs])]);
  return new Map(rows.map((row) => [Number(row.id), row.time]));
}

function historyOf(
  table: TableRow,
  series: readonly SeriesRow[],
  clocks: ReadonlyMap<number, number>,
  now: number,
  { events, expectations }: { events: LoadedEvents | undefined; expectations: readonly Expectation[] | undefined },
): StoredHistory {
  // Column names are other people's: on an ordinary object, `__proto__` would not become a property.
  const tableSeries: Record<string, readonly Point[]> = Object.create(null);
  const columnSeries: Record<string, Record<string, readonly Point[]>> = Object.create(null);
  for (const row of series) {
    const of = row.column_name === null ? tableSeries : (columnSeries[row.column_name] ??= Object.create(null));
    (of as Record<string, readonly Point[]>)[row.metric] = pointsOf(row, clocks);
  }
  return {
    source: table.source,
    schema: table.schema_name,
    table: table.table_name,
    run: Number(table.run),
    now,
    profile: table.profile,
    shape: shapeOf(table.shape),
    previousShape: shapeOf(table.previous),
    ...(table.source_judged_at !== null && { sourceJudgedAt: table.source_judged_at }),
    tableSeries,
    columnSeries,
    ...events,
    ...(expectations && { expectations }),
  };
}

/** Oldest first. A DataView and two whole literals: Buffer's readers and a spread cost four times as much, per point. */
function pointsOf({ runs, values, errors }: SeriesRow, clocks: ReadonlyMap<number, number>): Point[] {
  const runView = viewOf(runs);
  const valueView = viewOf(values);
  const errorView = errors && viewOf(errors);
  const points = new Array<Point>(runs.length / 8);
  for (let i = 0, at = runs.length - 8; at >= 0; i++, at -= 8) {
    const run = runAt(runView, at);
    const time = clocks.get(run)!;
    const value = valueView.getFloat64(at);
    const stdError = errorView ? errorView.getFloat64(at) : Number.NaN;
    points[i] = Number.isNaN(stdError) ? { run, time, value } : { run, time, value, stdError };
  }
  return points;
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Run ids stay far below 2^53: no BigInt needed. */
function runAt(runs: DataView, at: number): number {
  const high = runs.getUint32(at);
  const low = runs.getUint32(at + 4);
  return high === 0 ? low : high * 2 ** 32 + low;
}
