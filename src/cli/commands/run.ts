import { executeRun } from '../execute-run.js';
import type { Io } from '../io.js';
import type { RunOptions } from '../options.js';

/** Profile every table, then judge what was found. Resolves with the exit code. */
export function runCommand(options: RunOptions, io: Io): Promise<number> {
  return executeRun('run', options, io);
}
