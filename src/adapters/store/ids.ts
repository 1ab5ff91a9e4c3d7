import type { DatasetName } from './records.js';

/** The ids of one dataset's series, by `seriesKey`. */
export type SeriesIds = Map<string, number>;

/** Beyond this many remembered series the cache starts again: about 100 bytes each. */
const MAX_SERIES = 500_000;

/**
 * Ids the writer has seen, so that a later run looks nothing up row by row. Only what is committed may be in it: work
 * with a `draft()` inside a transaction and `accept` it after.
 */
export class IdCache {
  #datasets = new Map<string, number>();
  #series = new Map<number, SeriesIds>();
  #seriesCount = 0;

  draft(): IdDraft {
    return new IdDraft(this.#datasets, this.#series);
  }

  accept(draft: IdDraft): void {
    for (const [key, id] of draft.newDatasets) this.#datasets.set(key, id);
    for (const [dataset, ids] of draft.newSeries) {
      this.#seriesCount += ids.size - (this.#series.get(dataset)?.size ?? 0);
      this.#series.set(dataset, ids);
    }
    if (this.#seriesCount > MAX_SERIES) this.clearSeries();
  }

  clearSeries(): void {
    this.#series = new Map();
    this.#seriesCount = 0;
  }
}

/** What one transaction adds to an `IdCache`, in front of it. */
export class IdDraft {
  readonly newDatasets = new Map<string, number>();
  readonly newSeries = new Map<number, SeriesIds>();
  readonly #datasets: ReadonlyMap<string, number>;
  readonly #series: ReadonlyMap<number, SeriesIds>;

  constructor(datasets: ReadonlyMap<string, number>, series: ReadonlyMap<number, SeriesIds>) {
    this.#datasets = datasets;
    this.#series = series;
  }

  dataset(name: DatasetName): number | undefined {
    const key = datasetKey(name);
    return this.newDatasets.get(key) ?? this.#datasets.get(key);
  }

  addDataset(name: DatasetName, id: number): void {
    this.newDatasets.set(datasetKey(name), id);
  }

  series(dataset: number): ReadonlyMap<string, number> | undefined {
    return this.newSeries.get(dataset) ?? this.#series.get(dataset);
  }

  /** The series of a dataset for writing: a copy of what is cached, as the transaction may fail. */
  seriesForUpdate(dataset: number): SeriesIds {
    let ids = this.newSeries.get(dataset);
    if (!ids) this.newSeries.set(dataset, (ids = new Map(this.#series.get(dataset))));
    return ids;
  }
}

/** No name in Postgres holds a NUL. */
export function datasetKey(name: DatasetName): string {
  return `${name.source}\0${name.schema}\0${name.table}`;
}

/** Key of a series within its dataset; a table-level series has no column. */
export function seriesKey(column: string | null, metric: string): string {
  return `${column ?? ''}\0${metric}`;
}
