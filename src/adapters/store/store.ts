import { quoteIdentifier } from '#src/adapters/postgres/quote.js';
import type { SeenInBoth } from '#src/core/diff/run-pair.js';
import { NO_ALERTS } from '#src/core/incidents/alert-plan.js';
import { ofFindings, type Touched, type TouchedBy } from '#src/core/lineage/touched.js';
import type { Finding } from '#src/core/model/finding.js';
import type { SourceHistory } from '#src/core/model/history.js';
import type { Incident } from '#src/core/model/incident.js';
import type { TableProfile } from '#src/core/model/profile.js';
import type { PersonsChange } from './change-incidents.js';
import { loadTouched } from './dependencies.js';
import { listEvents, type StoredEvents } from './events.js';
import { type HistoryFilter, type HistorySeries, listHistory } from './list-history.js';
import { type HistoryOptions, loadHistories, type StoredHistory } from './load-histories.js';
import { loadSourceHistories } from './load-source-histories.js';
import { migrate } from './migrate.js';
import type { StoreOptions } from './options.js';
import { areAlertsDue, countDeliveries, type Delivery, type DeliveryState, listAlerts } from './read-alerts.js';
import {
  type AuditEntry,
  type AuditFilter,
  type AuditHead,
  type AuditLink,
  auditHead,
  hashesOf,
  linksAfter,
  listTrail,
} from './read-audit.js';

import { readBoth } from './read-both.js';

import {
  type IncidentChangeEvent,
  type IncidentEvent,
  type IncidentFilter,
  incidentChangesAfter,
  incidentEvents,
  listIncidents,
} from './read-incidents.js';

import { newestRun, partialProfiles, profilesOf, type RunProfile } from './read-newest-run.js';
import { type Past, type PastFilter, readPast } from './read-past.js';
import {
  findingsOf,
  latestProfile,
  listDatasets,
  listRuns,
  newestSourceFailures,
  type RunFilter,
  type StoredProfile,
  sourceFailuresOf,
  tableFigures,
  tasksOf,
} from './read-runs.js';
import { rolledUpSeries, type SeriesBucket, type SeriesName, type SeriesRange } from './read-series.js';
import { listTables, type TableDetail, type TableFilter, type TablePage, tableDetail } from './read-tables.js';
import { ReaderPool } from './reader-pool.js';
import type { Dataset, DatasetName, NewestRun, RunSummary, SourceFailure, TaskSummary } from './records.js';
import { openSession, retrying } from './session.js';
import { selectStoreId } from './sql/lease.js';
import { type TrailVerdict, verifyTrail } from './verify-audit.js';
import { StoreWriter } from './writer.js';

/** Open the metadata store, made or brought up to date first. Rejects with `StoreError` where that is not possible. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const session = await retrying(options, 'open the metadata store', async () => {
    const client = await openSession(options, 'reader');
    try {
      await migrate(client, options.connection, options.schema);
      return client;
    } catch (error) {
      await client.end();
      throw error;
    }
  });
  return new Store(options, new ReaderPool(options, session));
}

/**
 * Everything Sentinel remembers. Reading needs no lease and never waits for the writer; writing goes through
 * `acquireWriter`. Every method rejects with `StoreError` alone.
 */
export class Store {
  readonly #options: StoreOptions;
  readonly #readers: ReaderPool;
  readonly #s: string;

  constructor(options: StoreOptions, readers: ReaderPool) {
    this.#options = options;
    this.#readers = readers;
    this.#s = quoteIdentifier(options.schema);
  }

  /** Become the one process that writes; `holder` tells others who it is. Rejects with `store_busy` where there is one. */
  acquireWriter(holder: string): Promise<StoreWriter> {
    return StoreWriter.acquire(this.#options, holder);
  }

  /** What tells this store from any other, whatever its address. */
  id(): Promise<string> {
    return this.#readers.read('identify the store', async (query) => {
      const [row] = await query<{ store_id: string }>(selectStoreId(this.#s));
      return row!.store_id;
    });
  }

  /** What judgement needs of each table of a run, page by page so that memory stays bounded. */
  loadHistories(run: number, options: HistoryOptions): AsyncGenerator<readonly StoredHistory[]> {
    return loadHistories(this.#readers, this.#s, run, options);
  }

  /** The same of each source that the run looked at, reached or not. `now` is epoch milliseconds. */
  loadSourceHistories(
    run: number,
    options: { readonly now: number; readonly sources?: readonly string[] },
  ): Promise<readonly SourceHistory[]> {
    return this.#readers.read('load source histories', (query) =>
      loadSourceHistories(query, this.#s, run, options.now, options.sources ?? null),
    );
  }

  /** What else the tables of these sources touch, by their catalogs and by what is declared of them. */
  touchedBy(sources: readonly string[]): Promise<TouchedBy> {
    const { feedsOf } = this.#options.alerts ?? NO_ALERTS;
    return this.#readers.read('load dependencies', (query) => loadTouched({ query, s: this.#s }, feedsOf, sources));
  }

  /** The same of the tables that an incident's findings are about. */
  async touchedByFindings(findings: readonly Finding[]): Promise<Touched> {
    const sources = findings.slice(0, 1).map(({ source }) => source); // an incident is of one source
    return ofFindings(await this.touchedBy(sources), findings);
  }

  /** Stored figures of one table for people to see, judged or not. */
  listHistory(filter: HistoryFilter): Promise<readonly HistorySeries[]> {
    return this.#readers.read('list history', (query) => listHistory(query, this.#s, filter));
  }

  /** The newest history by insert time of a table, of every table of that name where source or schema is absent. */
  listEvents(name: Pick<HistoryFilter, 'source' | 'schema' | 'table'>): Promise<readonly StoredEvents[]> {
    return this.#readers.read('list events', (query) => listEvents(query, this.#s, name));
  }

  listDatasets(sources?: readonly string[]): Promise<readonly Dataset[]> {
    return this.#readers.read('list tables', (query) => listDatasets(query, this.#s, sources ?? null));
  }

  /** The newest profile of a table and its mergeable state; null where it was never profiled. */
  latestProfile(name: DatasetName): Promise<StoredProfile | null> {
    return this.#readers.read('load a profile', (query) => latestProfile(query, this.#s, name));
  }

  /** Newest first. */
  listRuns(filter: RunFilter = {}): Promise<readonly RunSummary[]> {
    return this.#readers.read('list runs', (query) => listRuns(query, this.#s, filter));
  }

  async latestRun(filter: Omit<RunFilter, 'limit'> = {}): Promise<RunSummary | null> {
    return (await this.listRuns({ ...filter, limit: 1 }))[0] ?? null;
  }

  /** The newest run that looked at any of these sources; null where there is none. */
  newestRun(sources: readonly string[]): Promise<NewestRun | null> {
    return this.#readers.read('find the newest run', (query) => newestRun(query, this.#s, sources));
  }

  /** What a run read of a source, page by page so that memory stays bounded; tables that a later run has read are left out. */
  profilesOf(
    run: number,
    options: { readonly source: string; readonly pageSize: number },
  ): AsyncGenerator<readonly RunProfile[]> {
    return profilesOf(this.#readers, this.#s, run, options);
  }

  /** The profiles of a run in which a column or metric, but not the table, could not be read. */
  partialProfiles(run: number): Promise<readonly TableProfile[]> {
    return this.#readers.read('load partial profiles', (query) => partialProfiles(query, this.#s, run));
  }

  /** Worst first. */
  findingsOf(run: number): Promise<readonly Finding[]> {
    return this.#readers.read('load findings', (query) => findingsOf(query, this.#s, run));
  }

  /** Open ones first, each state worst first, with the findings of the last run that saw each. */
  listIncidents(filter: IncidentFilter = {}): Promise<readonly Incident[]> {
    return this.#readers.read('list incidents', (query) => listIncidents(query, this.#s, filter));
  }

  /** What happened to an incident, oldest first. Rejects with `unknown_incident` where there is none of that label. */
  incidentEvents(label: string): Promise<readonly IncidentEvent[]> {
    return this.#readers.read('list the events of an incident', (query) => incidentEvents(query, this.#s, label));
  }

  /** At most `limit` changes of incidents after the event of this id, oldest first. */
  incidentChangesAfter(id: number, limit: number): Promise<readonly IncidentChangeEvent[]> {
    return this.#readers.read('list changes of incidents', (query) => incidentChangesAfter(query, this.#s, id, limit));
  }

  /** One page of tables as they were last seen. */
  listTables(filter: TableFilter): Promise<TablePage> {
    return this.#readers.read('list tables', (query) => listTables(query, this.#s, filter));
  }

  /** What is known of one table; null where it was never seen. */
  tableDetail(name: DatasetName): Promise<TableDetail | null> {
    return this.#readers.read('load a table', (query) => tableDetail(query, this.#s, name));
  }

  /** One series, rolled up; empty where there is none. */
  rolledUpSeries(name: SeriesName, range: SeriesRange): Promise<readonly SeriesBucket[]> {
    return this.#readers.read('roll up a series', (query) => rolledUpSeries(query, this.#s, name, range));
  }

  /** The audit trail, newest first. */
  listTrail(filter: AuditFilter): Promise<readonly AuditEntry[]> {
    return this.#readers.read('list the audit trail', (query) => listTrail(query, this.#s, filter));
  }

  /** At most `limit` links of the audit trail after the one of this id, oldest first. */
  linksAfter(id: number, limit: number): Promise<readonly AuditLink[]> {
    return this.#readers.read('read the audit trail', (query) => linksAfter(query, this.#s, id, limit));
  }

  /** The end of the audit trail; null where nothing has happened yet. */
  auditHead(): Promise<AuditHead | null> {
    return this.#readers.read('read the end of the audit trail', (query) => auditHead(query, this.#s));
  }

  /** The hashes, hex, of events of the audit trail; those that are not there are left out. */
  hashesOf(ids: readonly number[]): Promise<ReadonlyMap<number, string>> {
    return this.#readers.read('read the audit trail', (query) => hashesOf(query, this.#s, ids));
  }

  /** Recompute the whole audit trail. `head` (hex) is its end as a run printed it. */
  verifyTrail(head?: string): Promise<TrailVerdict> {
    return verifyTrail(this.#readers, this.#s, { schema: this.#options.schema, ...(head !== undefined && { head }) });
  }

  /**
   * Change all incidents of these labels, or none. Becomes the writer for that moment: rejects with `store_busy` while a
   * run writes, with `unknown_incident`, and with `refused_change` where a change makes no sense. `changed` is awaited before
   * another may write.
   */
  async changeIncidents(
    labels: readonly string[],
    change: PersonsChange,
    changed: () => Promise<void> = async () => undefined,
  ): Promise<void> {
    const writer = await this.acquireWriter(`incidents ${change.action} by ${change.actor}`);
    try {
      await writer.changeIncidents(labels, change);
      await changed();
    } finally {
      await writer.release();
    }
  }

  /** Alerts in these states, for each sink, oldest first. */
  listAlerts(states: readonly DeliveryState[]): Promise<readonly Delivery[]> {
    return this.#readers.read('list alerts', (query) => listAlerts(query, this.#s, states));
  }

  /** Whether `prepareAlerts` and delivering would find anything to do: asked before somebody becomes the writer for it. */
  areAlertsDue(now: Date): Promise<boolean> {
    const { alerts = NO_ALERTS } = this.#options;
    return this.#readers.read('look for alerts', (query) => areAlertsDue(query, this.#s, alerts, now));
  }

  /** How many alerts there are, by sink and state. */
  countAlerts(): ReturnType<typeof countDeliveries> {
    return this.#readers.read('count alerts', (query) => countDeliveries(query, this.#s));
  }

  /** What became of each table in a run; a resumed run skips those that are `ok`. */
  tasksOf(run: number): Promise<readonly TaskSummary[]> {
    return this.#readers.read('load tasks', (query) => tasksOf(query, this.#s, run));
  }

  /** One metric of each table as a run measured it, by source, schema and name; at most `limit`. */
  tableFigures(run: number, metric: string, limit: number): ReturnType<typeof tableFigures> {
    return this.#readers.read('load figures', (query) => tableFigures(query, this.#s, run, metric, limit));
  }

  /** What two runs saw of the tables that either looked at; ids as `RunRef` has them. */
  readBoth(before: number, after: number): Promise<SeenInBoth> {
    return this.#readers.read('compare two runs', (query) => readBoth(query, this.#s, before, after));
  }

  /** Of these sources, those that could not be reached when a run up to this one looked at them last, and why. */
  newestSourceFailures(run: number, sources: readonly string[]): Promise<readonly SourceFailure[]> {
    return this.#readers.read('load source failures', (query) => newestSourceFailures(query, this.#s, run, sources));
  }

  /** Sources that a run could not reach, and why. */
  sourceFailuresOf(run: number): Promise<readonly SourceFailure[]> {
    return this.#readers.read('load source failures', (query) => sourceFailuresOf(query, this.#s, run));
  }

  /** What was seen and said of tables in runs up to one, day by day. */
  readPast(filter: PastFilter): Promise<Past> {
    return this.#readers.read('load the past', (query) => readPast(query, this.#s, filter));
  }

  /** Close the reading connections, after the reads that run. A writer is released on its own. */
  close(): Promise<void> {
    return this.#readers.close();
  }
}
