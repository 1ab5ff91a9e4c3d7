import { type Config, loadConfig } from '#src/config/config.js';
import { ConfigError } from '#src/config/problem.js';
import { CliError } from './exit-code.js';
import type { Io } from './io.js';

/** The configuration of this process; ends with every problem listed and exit 3 where there is one. */
export function loadSettings(io: Io): Config {
  try {
    return loadConfig({ cwd: io.cwd, env: io.env });
  } catch (error) {
    if (error instanceof ConfigError) throw new CliError(error.message);
    throw error;
  }
}
