import { fileURLToPath } from 'node:url';
import { ENDED } from '#src/adapters/store/records.js';
import type { Store } from '#src/adapters/store/store.js';
import { createTaskThread } from '#src/adapters/threads/task-thread.js';
import type { Config } from '#src/config/config.js';
import { UNRESOLVED } from '#src/core/incidents/counted.js';
import { createTableFinder, type TableQuery } from '#src/report/find-tables.js';
import { createModel, type Model } from '#src/report/model.js';
import { type Unpacked, unpackReport } from '#src/report/parcel.js';
import type { ReportData } from '#src/report/report-data.js';
import { incidentSlice, listSlice, overviewSlice, tableSlice } from '#src/report/slice.js';

/** The report of the newest run, made once for each run, so that a page is answered with what is in memory already. */
export class ServedReport {
  readonly #config: Config;
  readonly #made: () => void;
  readonly #thread = createTaskThread<Config, Uint8Array | null>(
    fileURLToPath(import.meta.resolve('#workers/report.worker.js')),
  );
  /** Null where there is no run; absent until that is known. */
  #served: Served | null | undefined;
  #making: Promise<void> | null = null;

  /** `made` is called where there is a new report to be seen. */
  constructor(config: Config, made: () => void) {
    this.#config = config;
    this.#made = made;
  }

  /** Make it anew; what is there is served meanwhile. A run that ends while it is made is seen by the next look. */
  #renew(store?: Store): Promise<void> {
    this.#making ??= this.#make(store).finally(() => (this.#making = null));
    return this.#making;
  }

  /**
   * Look whether another process has run, and whether incidents have changed meanwhile: for those the figures need not be made anew.
   * Rejects where the store cannot be read.
   */
  async look(store: Store, { incidentsChanged }: { readonly incidentsChanged: boolean }): Promise<void> {
    const newest = await store.latestRun({ states: ENDED });
    const isDue = this.#served === undefined || (newest?.label ?? null) !== this.run();
    if (isDue && this.#making === null) await this.#renew(store);
    else if (incidentsChanged && !(await this.#refresh(store))) await this.#renew(store);
  }

  /** False where a run that was judged again has found more, with pictures that are not here. */
  async #refresh(store: Store): Promise<boolean> {
    if (!this.#served) return true;
    const incidents = new Map((await store.listIncidents({ states: UNRESOLVED })).map((each) => [each.id, each]));
    const { data, whole } = this.#served.model;
    const changed = data.incidents.flatMap((incident) => {
      const now = incidents.get(incident.id);
      return now ? [{ ...incident, state: now.state, severity: now.severity }] : [];
    });
    this.#served = serve({ outline: { ...data, incidents: changed }, whole });
    return changed.length === incidents.size;
  }

  /** Whose report is served. */
  run(): string | null {
    return this.#served?.model.data.run.label ?? null;
  }

  /** Null where there is no run; `making` until the first report is made, which takes minutes where there are thousands of tables. */
  overview(): ReportData | 'making' | null {
    return this.#served === undefined ? 'making' : (this.#served?.overview ?? null);
  }

  /** At most `limit` of the tables that a query lets in: `indices` are their places in `report`, in the query's order. */
  async tables(query: TableQuery, limit: number) {
    const served = await this.#ready();
    if (!served) return null;
    const found = served.find(query);
    const shown = found.slice(0, limit);
    const places = new Map([...shown].sort((a, b) => a - b).map((index, place) => [index, place]));
    return {
      report: listSlice(served.model, shown),
      indices: shown.map((index) => places.get(index)!),
      matched: found.length,
    };
  }

  async table(key: string): Promise<ReportData | null> {
    const served = await this.#ready();
    const index = served?.model.tableAt(key);
    return served && index !== undefined ? tableSlice(served.model, index) : null;
  }

  async incident(id: string): Promise<ReportData | null> {
    const served = await this.#ready();
    return served && incidentSlice(served.model, id);
  }

  close(): Promise<void> {
    return this.#thread.close();
  }

  async #ready(): Promise<Served | null> {
    if (!this.#served) await this.#renew();
    return this.#served ?? null;
  }

  async #make(store?: Store): Promise<void> {
    const packed = await this.#thread.run(this.#config);
    this.#served = packed && serve(await unpackReport(packed));
    if (store) await this.#refresh(store); // they may have changed while it was made
    this.#made();
  }
}

interface Served {
  readonly model: Model;
  readonly find: ReturnType<typeof createTableFinder>;
  readonly overview: ReportData;
}

function serve({ outline, whole }: Unpacked): Served {
  const model = createModel(outline, whole);
  const find = createTableFinder(model);
  return { model, find, overview: overviewSlice(model, find) };
}
