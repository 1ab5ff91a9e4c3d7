import { executeRun } from '../execute-run.js';
import type { Io } from '../io.js';
import type { RunOptions } from '../options.js';

/** Judge the latest stored profiles. Resolves with the exit code. */
export function detectCommand(options: RunOptions, io: Io): Promise<number> {
  return executeRun('detect', options, io);
}
