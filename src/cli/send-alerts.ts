import type { Logger } from '#src/adapters/logging/logger.js';
import { beat } from '#src/adapters/sinks/heartbeat.js';
import { openSinks } from '#src/adapters/sinks/index.js';
import type { Sink } from '#src/adapters/sinks/sink.js';
import { StoreError } from '#src/adapters/store/failure.js';
import type { RunRef } from '#src/adapters/store/records.js';
import type { Store } from '#src/adapters/store/store.js';
import type { StoreWriter } from '#src/adapters/store/writer.js';
import { type DeliverOptions, type DeliveryTally, deliverAlerts } from '#src/coordinator/deliver-alerts.js';
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
  const log = logs.logger('orchestrator');
  const sinks = openSinks(config.alerts);
  const onAttempt = attemptLog({ log, fileLog: logs.fileLogger('orchestrator'), ...(run !== undefined && { run }) });
  try {
    const told = await tellSinks(sinks, store, writer, { ...AT_END, signal: stop.signal, now: new Date(), onAttempt });
    for (const { sink, problems } of told) for (const problem of problems) log.warn({ run, sink: sink.name }, problem);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    log.warn({ run, code: error.code }, `alerts wait for the next run: ${error.message}`);
  }
}

export interface TellOptions extends DeliverOptions {
  readonly now: Date;
  /** Also what waits for the day's digest, as one. */
  readonly all?: boolean;
}

/** What became of what one sink was told: what was sent, and the problems, as sentences without their full stops. */
export interface Told {
  readonly sink: Sink;
  readonly sent: string;
  readonly problems: readonly string[];
}

/**
 * Enqueue what is due by the clock (reminders, the day's digest) and deliver all that waits. For whoever holds the right to write: a run
 * at its end, `alerts flush`, and whatever goes on for longer may call it as often as it likes. Rejects with StoreError only.
 */
export async function tellSinks(
  sinks: readonly Sink[],
  store: Store,
  writer: StoreWriter,
  { now, all = false, ...options }: TellOptions,
): Promise<readonly Told[]> {
  if (sinks.length === 0) return [];
  await writer.prepareAlerts({ now, all });
  const tallies = await deliverAlerts(sinks, writer, options);
  const waiting = await waitingBySink(store);
  return sinks.map((sink) => ({
    sink,
    ...describeDelivery(sink, tallies.get(sink.name)!, waiting.get(sink.name) ?? 0),
  }));
}

export interface AttemptLog {
  readonly log: Logger;
  /** Not on the console. */
  readonly fileLog: Logger;
  /** Label of the run that is at its end. */
  readonly run?: string;
}

/** What the log says of each attempt to deliver. */
export function attemptLog({ log, fileLog, run }: AttemptLog): NonNullable<DeliverOptions['onAttempt']> {
  return ({ sink, alert, attempt }, outcome) => {
    const subject = alert.event === 'digest' ? { alerts: alert.alertCount } : { incident: alert.incident.id };
    const fields = {
      ...(run !== undefined && { run }),
      sink,
      ...subject,
      event: alert.event,
      alert: alert.id,
      attempt,
    };
    if (outcome.result === 'delivered') log.info(fields, 'alert sent');
    else fileLog.warn({ ...fields, ...outcome.failure }, outcome.failure.message);
  };
}

async function sendHeartbeat({ config, logs, stop, command, isPart }: Session, { label: run }: RunRef): Promise<void> {
  const { heartbeatUrl: url } = config.alerts;
  // Nothing was judged by `profile`: a switch that it silenced would not notice that nothing is.
  if (url === undefined || command === 'profile' || isPart) return;
  const failure = await beat(url, stop.signal);
  const log = logs.logger('orchestrator');
  if (failure === null) log.info({ run }, 'heartbeat sent');
  else log.warn({ run, code: failure.code }, `the heartbeat was not sent: ${failure.message}`);
}

/** How many alerts wait, by sink. */
async function waitingBySink(store: Store): Promise<ReadonlyMap<string, number>> {
  const counts = await store.countAlerts();
  return new Map(counts.filter(({ state }) => state === 'pending').map(({ sink, count }) => [sink, count]));
}

function describeDelivery(
  { name, destination }: Sink,
  { delivered, failed, partly, failure }: DeliveryTally,
  waiting: number,
): Omit<Told, 'sink'> {
  const why = failure === null ? '' : `: ${failure.message}`;
  const problems = [];
  if (failed > 0)
    problems.push(
      `${formatCount(failed, 'alert')} for ${name} ${failed === 1 ? 'is' : 'are'} given up${why} ("sentinel alerts list" shows what, "sentinel alerts flush --failed" tries again)`,
    );
  if (waiting > 0)
    problems.push(
      `${formatCount(waiting, 'alert')} for ${name} ${waiting === 1 ? 'waits' : 'wait'}${failed > 0 ? '' : why} (a later run tries again, or "sentinel alerts flush" now)`,
    );
  if (partly > 0)
    problems.push(
      `${formatCount(partly, 'alert')} for ${name} did not reach everybody${failed + waiting > 0 ? '' : why} ("sentinel alerts list --all" says whom)`,
    );
  return { sent: `${name}: ${formatCount(delivered, 'alert')} sent to ${destination}`, problems };
}
