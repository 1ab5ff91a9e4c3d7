#!/usr/bin/env node
import { runCli } from './cli/cli.js';
import { endOnCrash, takeEnvironment, tellInternalError } from './cli/crash.js';
import { EXIT } from './cli/exit-code.js';
import { processIo } from './cli/io.js';
import { programVersion } from './cli/version.js';

const environment = takeEnvironment();
endOnCrash(environment);
try {
  process.exitCode = await runCli(process.argv.slice(2), processIo(environment), programVersion());
} catch (error) {
  tellInternalError(error, environment);
  process.exitCode = EXIT.internal;
}
