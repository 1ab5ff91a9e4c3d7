import { setTimeout as delay } from 'node:timers/promises';

/** Why a process is not active. */
export interface StandbyReason {
  /** For anybody: it names no server and no account. */
  readonly brief: string;
  /** For those who may know. */
  readonly full: string;
}

/** What makes this process the one that is active. */
export interface LeaderLock {
  readonly lost: Promise<void>;
  confirm(): Promise<boolean>;
  release(): Promise<void>;
}

export interface LeadershipOptions {
  /** The lock, or null where another process has it; rejects where that cannot be found out. */
  readonly tryLock: () => Promise<LeaderLock | null>;
  /**
   * Told once, first, how to ask whether this process is still active: the server is asked, so that a process that was stopped for a
   * while does not act on what was.
   */
  readonly confirm: (ask: () => Promise<boolean>) => void;
  /** Told when this process becomes active; the lock is let go again where it rejects. */
  readonly begin: () => Promise<void>;
  /** Told when it is active no more; the lock, where it still has it, is let go when this resolves. */
  readonly end: (reason: StandbyReason) => Promise<void>;
  /** Told why it stands by, each time that it tries. */
  readonly standingBy: (reason: StandbyReason) => void;
  readonly signal: AbortSignal;
}

/** One that stands by asks for the lock, and one that has it asks whether it still has it, so often. */
const ASK_EVERY_MS = 3_000;
const CONFIRM_EVERY_MS = 4_000;

/** Stand by until the lock is free, be active until it is lost, and so on until the signal; resolves when the lock is let go then. */
export async function seekLeadership(options: LeadershipOptions): Promise<void> {
  const { signal } = options;
  let held: LeaderLock | null = null;
  const lead = async (lock: LeaderLock) => {
    let isLost = false;
    void lock.lost.then(() => (isLost = true));
    while (!signal.aborted && !isLost) {
      await Promise.race([lock.lost, pause(CONFIRM_EVERY_MS, signal)]);
      if (!signal.aborted && !isLost) isLost = !(await lock.confirm());
    }
  };
  const attempt = async (): Promise<StandbyReason | null> => {
    const lock = await options.tryLock();
    if (lock === null) return said('another instance is active on this store');
    try {
      await options.begin();
      held = lock;
      await lead(lock);
      return null;
    } finally {
      if (held !== null)
        await options.end(said(signal.aborted ? 'it is stopping' : 'the connection to the metadata store was lost'));
      held = null;
      await lock.release().catch(() => undefined); // lost with its connection
    }
  };
  options.confirm(async () => held !== null && (await held.confirm()));
  while (!signal.aborted) {
    const reason = await attempt().catch(storeAway);
    if (reason === null) continue;
    options.standingBy(reason);
    await pause(ASK_EVERY_MS, signal);
  }
}

/** The store does not answer, or refuses. */
export function storeAway({ message }: Error): StandbyReason {
  return { brief: 'the metadata store cannot be reached or used', full: message };
}

function said(text: string): StandbyReason {
  return { brief: text, full: text };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
