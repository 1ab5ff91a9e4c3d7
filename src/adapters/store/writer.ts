import { randomBytes } from 'node:crypto';
import type { ClaimedAlert, DeliveryOutcome } from '#src/contract/alert-delivery.js';
import type { Finding } from '#src/core/model/finding.js';
import { type AuditEvent, appendOnce } from './audit.js';
import { begunEvents, endedEvent, endedEvents, interruptedEvents, type RunOrigin } from './audit-run.js';
import { changeIncidents, type PersonsChange } from './change-incidents.js';
import { claimNext, nextDueMs, recordOutcome, retryNow } from './deliver-alerts.js';
import { StoreError } from './failure.js';
import { gatherHeld } from './gather-alerts.js';
import { IdCache, type IdDraft } from './ids.js';
import type { StoreOptions } from './options.js';
import { idsOf } from './persist-datasets.js';
import { type Judged, persistFindings } from './persist-findings.js';
import { isLateSource, persistInventory, replayInventory } from './persist-inventory.js';
import { persistTables, replayTables } from './persist-tables.js';
import type { DatasetName, InventoryRecord, NewRun, RunEnd, RunRef, TableRecord } from './records.js';
import { enqueueReminders } from './remind.js';
import { applyRetention, type RetentionResult, type RetentionSettings } from './retention.js';
import { markGone, selectDatasets } from './sql/dataset.js';
import { adoptRun, finishRun, insertRun, interruptRunning, resumeRun } from './sql/run.js';
import { numberArray, slices, toJsonOrNull } from './values.js';
import { type Transaction, WriteSession } from './write-session.js';

/**
 * The only way to write to the store. Every method is one transaction (retention: several), durable when it resolves;
 * it rejects with `StoreError`, `lease_lost` where another process has taken over, and then nothing of it was kept.
 * Methods may be called at the same time: they run one after the other.
 */
export class StoreWriter {
  readonly #session: WriteSession;
  readonly #ids = new IdCache();

  private constructor(session: WriteSession) {
    this.#session = session;
  }

  /** Rejects with `store_busy`, naming who holds it, where another process writes. */
  static async acquire(options: StoreOptions, holder: string): Promise<StoreWriter> {
    const writer = new StoreWriter(await WriteSession.acquire(options, holder));
    await writer.#write('load datasets', async (tx, ids) => {
      const rows = await tx.query<Record<'id' | 'source' | 'schema_name' | 'table_name', string>>(
        selectDatasets(tx.s),
        [null],
      );
      for (const row of rows)
        ids.addDataset({ source: row.source, schema: row.schema_name, table: row.table_name }, Number(row.id));
    });
    return writer;
  }

  /** Counts every time the right to write changes hands. */
  get epoch(): number {
    return this.#session.epoch;
  }

  /** Start a run. Runs that still say `running` are now `interrupted`: their process is gone, as we hold the lease. */
  beginRun(run: NewRun): Promise<RunRef> {
    const label = newLabel(run.startedAt);
    const append = appendOnce();
    return this.#write('begin a run', async (tx) => {
      const interrupted = await tx.query<{ id: string; label: string }>(interruptRunning(tx.s));
      const [row] = await tx.query<{ id: string }>(insertRun(tx.s), runValues(label, run));
      if (run.origin)
        await append(tx, [
          ...(await interruptedEvents(tx, interrupted, run.startedAt)),
          ...(await begunEvents(tx, 'run_begun', label, run.startedAt, run.origin)),
        ]);
      return { id: Number(row!.id), label };
    });
  }

  /** The run whose results waited elsewhere: as the store knows it, or made where it does not. */
  adoptRun({ label, ...run }: NewRun & { readonly label: string }): Promise<RunRef> {
    return this.#write('adopt a run', async (tx) => {
      const [row] = await tx.query<{ id: string }>(adoptRun(tx.s), runValues(label, run));
      return { id: Number(row!.id), label };
    });
  }

  /** Store tables that waited elsewhere. What the store has learned since stays: of this run, and of later ones. */
  replayTables(run: RunRef, records: readonly TableRecord[]): Promise<void> {
    return this.#write('store profiles that waited', (tx, ids) => replayTables(tx, ids, run.id, records));
  }

  /** The same of what a run saw of sources. */
  replayInventory(run: RunRef, records: readonly InventoryRecord[]): Promise<void> {
    return this.#write('store inventories that waited', (tx) => replayInventory(tx, run.id, records));
  }

  /** True where a run that began after this one has listed the source's tables. */
  isLateSource(run: RunRef, source: string): Promise<boolean> {
    return this.#write('look for later runs', (tx) => isLateSource(tx, run.id, source));
  }

  /** Go on with a run that did not come to its end. */
  resumeRun(run: RunRef, origin?: RunOrigin): Promise<void> {
    const append = appendOnce();
    return this.#write('resume a run', async (tx) => {
      const interrupted = await tx.query<{ id: string; label: string }>(interruptRunning(tx.s));
      const rows = await tx.query(resumeRun(tx.s), [run.id]);
      if (rows.length === 0) throw new StoreError('unknown_run', `the metadata store has no run ${run.label}`);
      const at = new Date();
      if (origin)
        await append(tx, [
          ...(await interruptedEvents(tx, interrupted, at)),
          ...(await begunEvents(tx, 'run_resumed', run.label, at, origin)),
        ]);
    });
  }

  /** Record that a run is judged again (`detect`), which makes no run of its own. */
  judgeAgain(run: RunRef, startedAt: Date, origin: RunOrigin): Promise<void> {
    const append = appendOnce();
    return this.#write('record who judges a run', async (tx) => {
      await append(tx, await begunEvents(tx, 'run_begun', run.label, startedAt, origin));
    });
  }

  /** Record the end of that; the run itself is as it was. */
  judgedAgain(run: RunRef, end: RunEnd & { readonly actor: string }): Promise<void> {
    return this.appendAuditEvents([endedEvent(run, end)]);
  }

  /** Append to the audit trail, all of these or none, once even where a lost connection makes it try again. */
  appendAuditEvents(events: readonly AuditEvent[]): Promise<void> {
    const append = appendOnce();
    return this.#write('append to the audit trail', (tx) => append(tx, events));
  }

  /** Store whole tables of a run, all of them or none. */
  persistTables(run: RunRef, records: readonly TableRecord[]): Promise<void> {
    return this.#write('store profiles', (tx, ids) => persistTables(tx, ids, run.id, records));
  }

  /** Store what a run saw of each source beside its tables. */
  persistInventory(run: RunRef, records: readonly InventoryRecord[]): Promise<void> {
    return this.#write('store inventories', (tx) => persistInventory(tx, run.id, records));
  }

  /** Record that tables are there, read or not; this run is the first that saw those that are new. */
  addDatasets(run: RunRef, datasets: readonly DatasetName[]): Promise<void> {
    return this.#write('add tables', async (tx, ids) => void (await idsOf(tx, ids, run.id, datasets)));
  }

  /** Record that known tables are missing; those whose absence was judged before are left as they are. */
  markGone(run: RunRef, datasets: readonly DatasetName[]): Promise<void> {
    return this.#write('mark tables gone', async (tx, ids) => {
      const gone = [...new Set(await idsOf(tx, ids, run.id, datasets))];
      for (const slice of slices(gone, tx.batchSize)) await tx.query(markGone(tx.s), [numberArray(slice), run.id]);
    });
  }

  /**
   * Store the verdict on these tables and sources in place of an earlier one of the same run, and make their figures
   * part of the past that later runs are judged against. Incidents are opened, updated and resolved by it. Resolves with the
   * findings, each with the incident it belongs to.
   */
  persistFindings(run: RunRef, findings: readonly Finding[], judged: Judged): Promise<readonly Finding[]> {
    return this.#write('store findings', (tx, ids) => persistFindings(tx, ids, run.id, findings, judged));
  }

  /**
   * Change all incidents of these labels, or none. Rejects with `unknown_incident`, or with `refused_change` where a change
   * makes no sense.
   */
  changeIncidents(labels: readonly string[], change: PersonsChange): Promise<void> {
    return this.#write('change incidents', (tx) => changeIncidents(tx, labels, change));
  }

  /**
   * Put into the outbox what is due by the clock: reminders of incidents that are open, and the digest of what was held back for it;
   * with `all` that digest at once. Nothing where it was done a moment ago.
   */
  prepareAlerts({ now, all }: { readonly now: Date; readonly all: boolean }): Promise<void> {
    return this.#write('prepare alerts', async (tx) => {
      await enqueueReminders(tx, now);
      await gatherHeld(tx, now, all);
    });
  }

  /** Take the next alert of a sink that is due for `claimMs`; null where there is none. Nobody else gets it until then. */
  claimAlert(sink: string, claimMs: number): Promise<ClaimedAlert | null> {
    return this.#write('claim an alert', (tx) => claimNext(tx, sink, claimMs));
  }

  /** Milliseconds until an alert of a sink is due; null where none waits. */
  nextAlertDueMs(sink: string): Promise<number | null> {
    return this.#write('look for alerts', (tx) => nextDueMs(tx, sink));
  }

  /** Note how an attempt to deliver ended; one that may succeed later is due again in `retryInMs`. */
  recordAttempt(claimed: ClaimedAlert, outcome: DeliveryOutcome, retryInMs: number): Promise<void> {
    return this.#write('record a delivery', (tx) => recordOutcome(tx, claimed, outcome, retryInMs));
  }

  /** Let what waits for these sinks be tried now; with `failed` also what was given up. */
  retryAlertsNow(sinks: readonly string[], { failed }: { readonly failed: boolean }): Promise<void> {
    return this.#write('retry alerts', (tx) => retryNow(tx, sinks, failed));
  }

  finishRun(run: RunRef, end: RunEnd): Promise<void> {
    const append = appendOnce();
    return this.#write('finish a run', async (tx) => {
      const { state, finishedAt, totals, cost, actor } = end;
      const values = [run.id, state, finishedAt.toISOString(), toJsonOrNull(totals), toJsonOrNull(cost)];
      await tx.query(finishRun(tx.s), values);
      if (actor !== undefined) await append(tx, await endedEvents(tx, run, { ...end, actor }));
    });
  }

  applyRetention(settings: RetentionSettings): Promise<RetentionResult> {
    return applyRetention(this.#session, settings, () => this.#ids.clearSeries());
  }

  /** Let another process write. */
  release(): Promise<void> {
    return this.#session.release();
  }

  #write<T>(operation: string, work: (tx: Transaction, ids: IdDraft) => Promise<T>): Promise<T> {
    let draft: IdDraft;
    return this.#session.transaction(
      operation,
      (tx) => work(tx, (draft = this.#ids.draft())),
      () => this.#ids.accept(draft),
    );
  }
}

function runValues(label: string, run: NewRun): unknown[] {
  return [
    ...[label, run.command, run.startedAt.toISOString(), run.asOf.toISOString(), run.version ?? null],
    ...[toJsonOrNull(run.selection), run.settings ?? null],
  ];
}

/** `20260102-030405-9f3a1c`: sorts by time, and is never given twice. */
function newLabel(startedAt: Date): string {
  const [day, time] = startedAt.toISOString().slice(0, 19).replace(/[-:]/g, '').split('T');
  return `${day}-${time}-${randomBytes(3).toString('hex')}`;
}
