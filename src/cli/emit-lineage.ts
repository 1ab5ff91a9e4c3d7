import { createHash } from 'node:crypto';
import { openLineageSinks, type SendLineage } from '#src/adapters/lineage/open-lineage-sink.js';
import { StoreError } from '#src/adapters/store/failure.js';
import type { RunRef } from '#src/adapters/store/records.js';
import type { Store } from '#src/adapters/store/store.js';
import type { ConnectionSettings } from '#src/contract/connection.js';
import { within } from '#src/coordinator/deadline.js';
import { groupBy } from '#src/core/group-by.js';
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
    const byTable = groupBy(findings, tableKey);
    const events = async function* () {
      for (const source of sources) yield* eventsOf(session, store, run, { source, findings: byTable, tally });
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
    readonly findings: ReadonlyMap<string, readonly Finding[]>;
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
  yield startEvent(lineage, startedAt);
  for await (const page of store.profilesOf(run.id, { source: name, pageSize: TABLES_AT_A_TIME }))
    yield tablesEvent(
      lineage,
      new Date(),
      page.map(({ profile, judged }) => ({
        ...{ server: { host, port, database }, judged },
        profile: maskProfile(profile),
        findings: of.findings.get(tableKey(profile)) ?? [],
      })),
    );
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
