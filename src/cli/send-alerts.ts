import { beat } from '#src/adapters/sinks/heartbeat.js';
import { openSinks } from '#src/adapters/sinks/index.js';
import type { Sink } from '#src/adapters/sinks/sink.js';
import { StoreError } from '#src/adapters/store/failure.js';
import type { RunRef } from '#src/adapters/store/records.js';
import type { Store } from '#src/adapters/store/store.js';
import type { StoreWriter } from '#src/adapters/store/writer.js';
import { type DeliveryTally, deliverAlerts } from '#src/coordinator/deliver-alerts.js';
import { formatCount } from './render/format.js';
import type { Session } from './run-session.js';

/** A run is over when it is judged: what tells of it may delay its end by seconds, no more. What is left is the next run's. */
export const AT_END = { beginWithinMs: 5_000, endWithinMs: 10_000 };

/**
 * Tell the sinks what waits for them and, where the run was complete, the dead man's switch. Never rejects: what could not be sent
 * is said, and the run's outcome stands.
 */
export async function sendAlerts(
  session: Session,
  store: Store,
  writer: StoreWriter,
  run: RunRef,
  { complete }: { readonly complete: boolean },
): Promise<void> {
  if (session.stop.signal.aborted) return;
  await Promise.all([emptyOutbox(session, store, writer, run.label), complete && sendHeartbeat(session, run)]);
}

/** Tell the sinks what waits for them; `run`, where one has just ended, is for the log. Rejects only where it is a fault of ours. */
export async function emptyOutbox(
  { config, logs, stop }: Pick<Session, 'config' | 'logs'> & { readonly stop: Pick<Session['stop'], 'signal'> },
  store: Store,
  writer: StoreWriter,
  run?: string,
): Promise<void> {
  const sinks = openSinks(config.alerts);
  if (sinks.length === 0) return;
  const log = logs.logger('orchestrator');
  try {
    const tallies = await deliverAlerts(sinks, writer, {
      ...AT_END,
      signal: stop.signal,
      onAttempt: ({ sink, alert, attempt }, outcome) => {
        const { id: incident } = alert.incident;
        const fields = { run, sink, incident, event: alert.event, alert: alert.id, attempt };
        if (outcome.result === 'delivered') log.info(fields, 'alert sent');
        else logs.fileLogger('orchestrator').warn({ ...fields, ...outcome.failure }, outcome.failure.message);
      },
    });
    const waiting = await waitingBySink(store);
    for (const sink of sinks) {
      const { problems } = describeDelivery(sink, tallies.get(sink.name)!, waiting.get(sink.name) ?? 0);
      for (const problem of problems) log.warn({ run, sink: sink.name }, problem);
    }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    log.warn({ run, code: error.code }, `alerts wait for the next run: ${error.message}`);
  }
}

async function sendHeartbeat({ config, logs, stop, command }: Session, { label: run }: RunRef): Promise<void> {
  const { heartbeatUrl: url } = config.alerts;
  // Nothing was judged by `profile`: a switch that it silenced would not notice that nothing is.
  if (url === undefined || command === 'profile') return;
  const failure = await beat(url, stop.signal);
  const log = logs.logger('orchestrator');
  if (failure === null) log.info({ run }, 'heartbeat sent');
  else log.warn({ run, code: failure.code }, `the heartbeat was not sent: ${failure.message}`);
}

/** How many alerts wait, by sink. */
export async function waitingBySink(store: Store): Promise<ReadonlyMap<string, number>> {
  const counts = await store.countAlerts();
  return new Map(counts.filter(({ state }) => state === 'pending').map(({ sink, count }) => [sink, count]));
}

/** What was reached of a sink, in sentences; the problems among them. */
export function describeDelivery(
  { name, destination }: Sink,
  { delivered, failed, failure }: DeliveryTally,
  waiting: number,
): { readonly sent: string; readonly problems: readonly string[] } {
  const why = failure === null ? '' : `: ${failure.message}`;
  const problems = [];
  if (failed > 0)
    problems.push(
      `${formatCount(failed, 'alert')} for ${name} ${failed === 1 ? 'is' : 'are'} given up${why} ("sentinel alerts list" shows what, "sentinel alerts flush --failed" tries again)`,
    );
  if (waiting > 0)
    problems.push(
      `${formatCount(waiting, 'alert')} for ${name} ${waiting === 1 ? 'waits' : 'wait'}${failed > 0 ? '' : why} (the next run tries again, or "sentinel alerts flush" now)`,
    );
  return { sent: `${name}: ${formatCount(delivered, 'alert')} sent to ${destination}`, problems };
}
