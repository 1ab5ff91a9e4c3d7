#!/usr/bin/env node
import { runCli } from './cli/cli.js';
import { EXIT } from './cli/exit-code.js';
import { processIo } from './cli/io.js';
import { programVersion } from './cli/version.js';

try {
  process.exitCode = await runCli(process.argv.slice(2), processIo(), programVersion());
} catch (error) {
  // Nothing of ours ends here; say so in one line and keep the trace for those who ask for it.
  const trace = process.env.LOG_LEVEL === 'debug' && error instanceof Error ? `\n${error.stack}` : '';
  process.stderr.write(`sentinel: internal error: ${error instanceof Error ? error.message : String(error)}${trace}\n`);
  process.exitCode = EXIT.internal;
}
