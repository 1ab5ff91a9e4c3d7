import { isStoreAway, type StoreError } from '#src/adapters/store/failure.js';
import type { RunRef } from '#src/adapters/store/records.js';
import { formatCount } from './render/format.js';
import type { Session } from './run-session.js';
import type { RunTally } from './run-view.js';

/** The store was there when the run began, and is away at its end. */
export interface StoreLoss {
  readonly cause: StoreError;
  /** What could not be stored first: figures, the verdict on them, or that the run has ended. */
  readonly missing: 'figures' | 'verdict' | 'end';
  /** Tables that wait in the spool, and where it is; null where nothing waits. */
  readonly spool: { readonly path: string; readonly tables: number } | null;
}

/** What a person must know who reads that the store is away: what is where, and what will become of it. */
export function lossText({ cause, missing, spool }: StoreLoss, run: string): string {
  const resume = `goes on with run ${run} (by itself within the hour, later with --resume)`;
  const next =
    spool === null
      ? `The next run that reaches the store ${resume}.`
      : `The next run here that reaches the store puts them there, then ${resume}.`;
  return `${cause.message}\n${keptText(missing, spool)} ${next}`;
}

function keptText(missing: StoreLoss['missing'], spool: StoreLoss['spool']): string {
  if (spool) {
    const tables = formatCount(spool.tables, 'table');
    return `Nothing is lost: the figures of ${tables} that the store could not take, not judged yet, are kept in ${spool.path}.`;
  }
  return {
    figures: 'Every table that was read is stored, but nothing is judged.',
    verdict: 'Every table that was read is stored, but nothing is judged.',
    end: 'What was read and found is stored; only the end of the run is not.',
  }[missing];
}

/** Do what needs the store; where it is away, that is noted and `otherwise` comes instead. `detect` has nothing else to do. */
export async function orLoss<T>(
  tally: RunTally,
  missing: StoreLoss['missing'],
  otherwise: T,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!tally.resumable || !isStoreAway(error)) throw error;
    tally.storeLoss = { cause: error, missing, spool: null };
    return otherwise;
  }
}

export function tellLoss({ logs, warn }: Session, loss: StoreLoss, { label }: RunRef): void {
  const text = lossText(loss, label);
  logs.fileLogger('orchestrator').error({ run: label, code: loss.cause.code, ...loss.spool }, text);
  warn(text);
}
