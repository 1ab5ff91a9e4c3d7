import { type IdDraft, seriesKey } from './ids.js';
import type { NewPoint } from './records.js';
import { deletePoints, insertSeries, selectSeries, upsertPoints } from './sql/point.js';
import { numberArray, slices } from './values.js';
import type { Transaction } from './write-session.js';

export interface DatasetPoints {
  readonly dataset: number;
  readonly source: string;
  readonly points: readonly NewPoint[];
  /** True where figures of this run may be there already. */
  readonly repeated: boolean;
}

interface SeriesRow {
  readonly id: string;
  readonly dataset: string;
  readonly column_name: string | null;
  readonly metric: string;
}

/** Store the figures of one run, in place of those it may have stored for these tables before. */
export async function persistPoints(
  tx: Transaction,
  ids: IdDraft,
  run: number,
  tables: readonly DatasetPoints[],
): Promise<void> {
  await loadSeries(tx, ids, tables);
  await addSeries(tx, ids, tables);
  const repeated = tables.filter((table) => table.repeated).map((table) => table.dataset);
  for (const slice of slices(repeated, tx.batchSize)) await tx.query(deletePoints(tx.s), [run, numberArray(slice)]);

  const series: number[] = [];
  const values: number[] = [];
  const errors: (number | null)[] = [];
  const flush = async () => {
    if (series.length > 0)
      await tx.query(upsertPoints(tx.s), [run, numberArray(series), numberArray(values), numberArray(errors)]);
    series.length = values.length = errors.length = 0;
  };
  for (const table of tables) {
    const known = ids.series(table.dataset);
    // One statement cannot write the same row twice: the last value of a metric counts.
    const latest = new Map<number, NewPoint>();
    for (const point of table.points)
      if (Number.isFinite(point.value)) latest.set(known!.get(seriesKey(point.column, point.metric))!, point);
    for (const [id, point] of latest) {
      series.push(id);
      values.push(point.value);
      errors.push(point.stdError !== undefined && Number.isFinite(point.stdError) ? point.stdError : null);
      if (series.length >= tx.batchSize) await flush();
    }
  }
  await flush();
}

/** Read the series of tables that are not in memory: one statement, not one look-up a row. */
async function loadSeries(tx: Transaction, ids: IdDraft, tables: readonly DatasetPoints[]): Promise<void> {
  const unread = tables.map((table) => table.dataset).filter((dataset) => !ids.series(dataset));
  for (const slice of slices(unread, tx.batchSize)) {
    for (const dataset of slice) ids.seriesForUpdate(dataset);
    remember(ids, await tx.query<SeriesRow>(selectSeries(tx.s), [numberArray(slice)]));
  }
}

async function addSeries(tx: Transaction, ids: IdDraft, tables: readonly DatasetPoints[]): Promise<void> {
  const missing: { dataset: number; source: string; column: string | null; metric: string }[] = [];
  for (const { dataset, source, points } of tables) {
    const known = ids.series(dataset)!;
    const added = new Set<string>();
    for (const { column, metric, value } of points) {
      const key = seriesKey(column, metric);
      if (!Number.isFinite(value) || known.has(key) || added.has(key)) continue;
      added.add(key);
      missing.push({ dataset, source, column, metric });
    }
  }
  for (const slice of slices(missing, tx.batchSize)) {
    const rows = await tx.query<SeriesRow>(insertSeries(tx.s), [
      numberArray(slice.map((row) => row.dataset)),
      slice.map((row) => row.source),
      slice.map((row) => row.column),
      slice.map((row) => row.metric),
    ]);
    remember(ids, rows);
  }
}

function remember(ids: IdDraft, rows: readonly SeriesRow[]): void {
  for (const row of rows)
    ids.seriesForUpdate(Number(row.dataset)).set(seriesKey(row.column_name, row.metric), Number(row.id));
}
