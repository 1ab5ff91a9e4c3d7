import { createHash } from 'node:crypto';
import { openLineageSinks, type SendLineage } from '#src/adapters/lineage/open-lineage-sink.js';
import { StoreError } from '#src/adapters/store/failure.js';
import type { RunRef, TaskSummary } from '#src/adapters/store/records.js';
import type { Store } from '#src/adapters/store/store.js';
import type { ConnectionSettings } from '#src/contract/connection.js';
import { within } from '#src/coordinator/deadline.js';
import { endEvent, type LineageEnd, type LineageRun, startEvent, tablesEvent } from '#src/core/lineage/open-lineage.js';
import type { Finding } from '#src/core/model/finding.js';
import { maskProfile } from '#src/core/privacy/mask.js';
import type { Session } from './run-session.js';
import type { RunTally } from './run-view.js';
import { programVersion } from './version.js';

/** Tables in one event: some hundred kilobytes. */
const TABLES_AT_A_TIME = 50;
/** The run is over when it is judged: telling others of it may delay its end by so much. */
const END_WITHIN_MS = 30_000;

/**
 * Tell what was read and found as OpenLineage events, where OPENLINEAGE_URL or OPENLINEAGE_FILE asks for it. Never rejects: what could not be sent is
 * said, and the run's outcome stands.
 */
export async function emitLineage(
  session: Session,
  store: Store,
  run: RunRef,
  { findings, tally }: { readonly findings: readonly Finding[]; readonly tally: RunTally },
): Promise<void> {
  const { config, sources, logs, stop } = session;
  const sinks = openLineageSinks(config.lineage);
  if (sinks.length === 0) return;
  const log = logs.logger('orchestrator');
  try {
    const tasks = await store.tasksOf(run.id);
    const events = async function* () {
      for (const source of sources) yield* eventsOf(session, store, run, { source, tasks, findings, tally });
    };
    for (const send of sinks) {
      const { sent, problem } = await within(END_WITHIN_MS, stop.signal, (signal) => sendAll(events(), send, signal));
      if (problem === null) log.info({ run: run.label, events: sent }, 'lineage sent');
      else log.warn({ run: run.label, events: sent }, `the rest of the lineage was not sent: ${problem}`);
    }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    log.warn({ run: run.label, code: error.code }, `the lineage was not sent: ${error.message}`);
  }
}

async function sendAll(events: AsyncIterable<object>, send: SendLineage, signal: AbortSignal) {
  let sent = 0;
  for await (const event of events) {
    const problem = signal.aborted ? 'it took too long' : await send(event, signal);
    if (problem !== null) return { sent, problem };
    sent++;
  }
  return { sent, problem: null };
}

async function* eventsOf(
  { config, startedAt, stop }: Session,
  store: Store,
  run: RunRef,
  of: {
    readonly source: ConnectionSettings;
    readonly tasks: readonly TaskSummary[];
    readonly findings: readonly Finding[];
    readonly tally: RunTally;
  },
) {
  const { name, host, port, database } = of.source;
  const lineage: LineageRun = {
    producer: `urn:sentinel:${programVersion()}`,
    namespace: config.lineage.namespace,
    job: `sentinel.${name}`,
    runId: uuidOf([run.label, name]),
  };
  const findings = new Map<string, Finding[]>();
  for (const finding of of.findings) {
    const key = tableKey(finding);
    findings.set(key, [...(findings.get(key) ?? []), finding]);
  }
  yield startEvent(lineage, startedAt);
  const read = of.tasks.filter(({ source, state }) => source === name && state === 'ok');
  for (let from = 0; from < read.length; from += TABLES_AT_A_TIME) {
    const tables = [];
    for (const task of read.slice(from, from + TABLES_AT_A_TIME)) {
      const stored = await store.latestProfile(task);
      if (stored?.run !== run.id) continue; // a later run has read it since
      const { judged } = task;
      const profile = maskProfile(stored.profile);
      tables.push({ server: { host, port, database }, profile, judged, findings: findings.get(tableKey(task)) ?? [] });
    }
    if (tables.length > 0) yield tablesEvent(lineage, new Date(), tables);
  }
  yield endEvent(lineage, new Date(), endOf(name, of.tally, stop.signal.aborted));
}

function endOf(source: string, { sourceFailures }: RunTally, stopped: boolean): LineageEnd {
  const failed = sourceFailures.find((each) => each.source === source);
  if (failed) return { type: 'FAIL', message: failed.failure.message };
  return { type: stopped ? 'ABORT' : 'COMPLETE' };
}

function tableKey({ source, schema, table }: Pick<Finding, 'source' | 'schema' | 'table'>): string {
  return JSON.stringify([source, schema, table]);
}

/** The same run has the same id, whoever tells of it again: a UUID of version 8 (RFC 9562) of a hash. */
function uuidOf(parts: readonly string[]): string {
  const bytes = createHash('sha256').update(JSON.stringify(parts)).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
