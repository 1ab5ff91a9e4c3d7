import { setTimeout as sleep } from 'node:timers/promises';
import type { CliResult, RunningCli } from '../cli.js';

/** No limit of any setting adds up to this; what takes longer hangs. */
export const HUNG_MS = 120_000;

export interface Ended {
  readonly result: CliResult;
  /** It was killed, because it did not end. */
  readonly hung: boolean;
}

/** The end of a run, by itself or because it hangs. */
export async function ended(running: RunningCli): Promise<Ended> {
  const timer = new AbortController();
  const result = await Promise.race([
    running.ended,
    sleep(HUNG_MS, null, { signal: timer.signal, ref: false }).catch(() => null),
  ]);
  timer.abort();
  return result ? { result, hung: false } : { result: await running.kill('SIGKILL'), hung: true };
}
