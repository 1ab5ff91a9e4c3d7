import { executeRun } from '../execute-run.js';
import type { Io } from '../io.js';
import type { RunOptions } from '../options.js';

/** Profile tables and store the figures. Resolves with the exit code. */
export function profileCommand(options: RunOptions, io: Io): Promise<number> {
  return executeRun('profile', options, io);
}
