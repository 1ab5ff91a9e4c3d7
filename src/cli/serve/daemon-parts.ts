import type { LogSystem } from '#src/adapters/logging/log-system.js';
import type { Config } from '#src/config/config.js';
import type { Io } from '../io.js';
import type { StopSignal } from '../signals.js';

/** What the parts of the daemon share. */
export interface DaemonParts {
  readonly config: Config;
  readonly logs: LogSystem;
  readonly io: Io;
  readonly stop: StopSignal;
  /** Tells people, on the console. */
  readonly announce: (line: string) => void;
}
