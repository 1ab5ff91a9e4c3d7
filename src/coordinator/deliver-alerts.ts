import type { ClaimedAlert, DeliveryFailure, DeliveryOutcome, DeliveryProgress } from '#src/contract/alert-delivery.js';
import type { AlertMessage } from '#src/core/model/alert.js';
import { type Deadline, deadline, within } from './deadline.js';

/** Where alerts wait until they are delivered. */
export interface Outbox {
  claimAlert(sink: string, claimMs: number): Promise<ClaimedAlert | null>;
  nextAlertDueMs(sink: string): Promise<number | null>;
  recordAttempt(claimed: ClaimedAlert, outcome: DeliveryOutcome, retryInMs: number): Promise<void>;
}

/** A destination of alerts. */
export interface AlertSink {
  readonly name: string;
  /** Never rejects; ends soon after the signal says so. `progress` is what earlier attempts said of theirs. */
  deliver(alert: AlertMessage, signal: AbortSignal, progress?: DeliveryProgress | null): Promise<DeliveryOutcome>;
}

export interface DeliverOptions {
  /** No attempt begins later than this; what fails before that is tried again. */
  readonly beginWithinMs: number;
  /** All is over by then, attempts that run included. */
  readonly endWithinMs: number;
  /** Ends it at once. */
  readonly signal: AbortSignal;
  /** Told of each attempt. */
  readonly onAttempt?: (claimed: ClaimedAlert, outcome: DeliveryOutcome) => void;
  readonly random?: () => number;
}

/** What was reached of one sink. */
export interface DeliveryTally {
  delivered: number;
  /** Given up. */
  failed: number;
  /** Delivered, but refused in part. */
  partly: number;
  /** Why the last attempt that was no success was none. */
  failure: DeliveryFailure | null;
}

/** An attempt without an answer has failed after this. */
export const ATTEMPT_TIMEOUT_MS = 10_000;
/** How much longer an alert is this process's than an attempt can take: a claim must not run out under it. */
const CLAIM_MARGIN_MS = 2_000;
/** Attempts at a time to one sink. */
const CONCURRENCY = 4;
const FIRST_DELAY_MS = 1_000;
const MAX_DELAY_MS = 3_600_000;

/** Deliver what is due, to all sinks at once so that one that is down delays no other. Rejects only where the outbox does. */
export async function deliverAlerts(
  sinks: readonly AlertSink[],
  outbox: Outbox,
  options: DeliverOptions,
): Promise<ReadonlyMap<string, DeliveryTally>> {
  const tallies = new Map<string, DeliveryTally>();
  await within(options.endWithinMs, options.signal, (signal) =>
    Promise.all(
      sinks.map((sink) => {
        const tally: DeliveryTally = { delivered: 0, failed: 0, partly: 0, failure: null };
        tallies.set(sink.name, tally);
        return deliverTo(sink, outbox, { ...options, signal }, tally);
      }),
    ),
  );
  return tallies;
}

async function deliverTo(
  sink: AlertSink,
  outbox: Outbox,
  { beginWithinMs, signal: stop, onAttempt, random = Math.random }: Omit<DeliverOptions, 'endWithinMs'>,
  tally: DeliveryTally,
): Promise<void> {
  const start = performance.now();
  const leftToBegin = () => start + beginWithinMs - performance.now();
  /** Attempts in a row that failed for the time being: a sink that is down is not asked for each alert. */
  let failuresInARow = 0;
  let pausedUntil = 0;

  /** What is due later may be what another attempt of ours has just now: its end ends every pause. */
  const pauses = new Set<Deadline>();
  const pause = async (ms: number) => {
    const end = deadline(ms, stop);
    pauses.add(end);
    await end.passed;
    pauses.delete(end);
    end.lift();
  };
  const next = async (): Promise<ClaimedAlert | null> => {
    while (!stop.aborted) {
      const wait = Math.max(pausedUntil - performance.now(), 0);
      if (wait > leftToBegin()) return null;
      if (wait > 0) {
        await pause(wait);
        continue;
      }
      const claimed = await outbox.claimAlert(sink.name, ATTEMPT_TIMEOUT_MS + CLAIM_MARGIN_MS);
      if (claimed) return claimed;
      const due = await outbox.nextAlertDueMs(sink.name);
      if (due === null || due > leftToBegin()) return null;
      await pause(due + 1);
    }
    return null;
  };
  const work = async () => {
    for (let claimed = await next(); claimed; claimed = await next()) {
      const { alert, progress } = claimed;
      const outcome = await within(ATTEMPT_TIMEOUT_MS, stop, (signal) => sink.deliver(alert, signal, progress));
      const retryInMs = Math.max(fullJitterMs(claimed.attempt, random), retryAfterOf(outcome));
      if (outcome.result === 'retry') {
        failuresInARow++;
        const rest = Math.max(fullJitterMs(failuresInARow, random), retryAfterOf(outcome));
        pausedUntil = Math.max(pausedUntil, performance.now() + rest);
      } else failuresInARow = 0;
      const problem = outcome.result === 'delivered' ? outcome.remark : outcome.failure;
      if (outcome.result === 'delivered') tally.delivered++;
      if (outcome.result === 'delivered' && problem) tally.partly++;
      if (problem) tally.failure = problem;
      if (outcome.result === 'failed') tally.failed++;
      onAttempt?.(claimed, outcome);
      await outbox.recordAttempt(claimed, outcome, retryInMs);
      for (const each of pauses) each.pass();
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
}

/** "Full jitter" as for every other retry (`fullJitterDelayMs`), with growth of its own: hours, as runs are hours apart. */
function fullJitterMs(attempt: number, random: () => number): number {
  return random() * Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(attempt - 1, 30));
}

function retryAfterOf(outcome: DeliveryOutcome): number {
  return outcome.result === 'retry' ? (outcome.retryAfterMs ?? 0) : 0;
}
