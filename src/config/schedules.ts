import { createRequire } from 'node:module';
import type * as Croner from 'croner';

/** When the daemon runs by itself, and what of. Plain data. */
export interface Schedule {
  /** For people, logs and metrics; each once. */
  readonly name: string;
  /** Five fields, or six that begin with seconds. */
  readonly cron: string;
  /** IANA name of the zone that `cron` is in. */
  readonly timeZone: string;
  readonly command: 'run' | 'profile' | 'detect';
  /** Names of sources; empty: all. */
  readonly sources: readonly string[];
  /** As `--table` and `--exclude`. */
  readonly tables: readonly string[];
  readonly exclude: readonly string[];
  /** It begins up to this much later than it is due, by chance. */
  readonly jitterSeconds: number;
  readonly gentle: boolean;
}

/** Of the schedule that the variable SCHEDULE makes; no name in sentinel.yaml has capitals. */
export const VARIABLE_SCHEDULE = 'SCHEDULE';

export const CRON_RULE =
  'a cron expression of five fields, or six that begin with seconds, which is due some day, e.g. "0 6 * * *"';

/** A run of everything, in UTC: what SCHEDULE alone can say. */
export function scheduleOfVariable(cron: string): Schedule {
  const all = { sources: [], tables: [], exclude: [] };
  return {
    name: VARIABLE_SCHEDULE,
    cron,
    timeZone: 'UTC',
    command: 'run',
    ...all,
    jitterSeconds: 0,
    gentle: false,
  };
}

/** True for an expression that comes due. croner, which also takes dates, is loaded only where there is something to check. */
export function isCron(text: string): boolean {
  const fields = text.trim().split(/\s+/);
  if (fields.length < 5 || fields.length > 6 || text.includes(':')) return false;
  const { Cron } = createRequire(import.meta.url)('croner') as typeof Croner;
  try {
    return new Cron(text, { paused: true, timezone: 'UTC' }).nextRun() !== null;
  } catch {
    return false;
  }
}
