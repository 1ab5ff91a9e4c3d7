/** A moment in time that can be made to come early, or lifted. */
export interface Deadline {
  /** Aborted when it comes. */
  readonly signal: AbortSignal;
  /** Resolves then. */
  readonly passed: Promise<void>;
  /** Let it be now. */
  pass(): void;
  /** Let go of timer and parent; where it has not come yet, it never does. */
  lift(): void;
}

/**
 * Comes after `ms`, or as soon as `parent` aborts. Not AbortSignal.any over AbortSignal.timeout: Node 20 may collect such
 * signals as garbage before they fire, and what waits for them then waits for ever.
 */
export function deadline(ms: number, parent: AbortSignal): Deadline {
  const controller = new AbortController();
  const { signal } = controller;
  const pass = () => controller.abort();
  const passed = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  const timer = setTimeout(pass, ms);
  if (parent.aborted) pass();
  else parent.addEventListener('abort', pass, { once: true });
  return {
    signal,
    passed,
    pass,
    lift() {
      clearTimeout(timer);
      parent.removeEventListener('abort', pass);
    },
  };
}

/** Run `work` with a signal that aborts after `ms` or with `parent`. */
export async function within<T>(
  ms: number,
  parent: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = deadline(ms, parent);
  try {
    return await work(limit.signal);
  } finally {
    limit.lift();
  }
}
