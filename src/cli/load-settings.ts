import { type Config, configSecrets, loadConfig } from '#src/config/config.js';
import type { EnvironmentInput } from '#src/config/load-env.js';
import { isOpenToAll } from '#src/config/password-file.js';
import { ConfigError } from '#src/config/problem.js';
import { CliError } from './exit-code.js';
import { type Io, writeLine } from './io.js';
import { rememberSecrets } from './known-secrets.js';

/** The configuration of this process; ends with every problem listed and exit 3 where there is one. */
export function loadSettings(io: Io): Config {
  const config = loadOrEnd({ cwd: io.cwd, env: io.env });
  rememberSecrets(configSecrets(config));
  for (const warning of openSecretFiles(config)) writeLine(io.stderr, warning);
  return config;
}

/** The configuration; ends with every problem listed after `title`, and exit 3, where there is one. */
export function loadOrEnd(input: EnvironmentInput, title = ''): Config {
  try {
    return loadConfig(input);
  } catch (error) {
    if (error instanceof ConfigError) throw new CliError(title + error.message);
    throw error;
  }
}

/** libpq refuses a key that others may read; where a secret is mounted for a container that has one account, it is no harm. */
function openSecretFiles(config: Config): string[] {
  const files = new Map<string, string>();
  for (const { envPrefix, passwordFile, sslKey } of [...config.sources, config.metadata.connection]) {
    if (passwordFile !== undefined && !files.has(passwordFile)) files.set(passwordFile, `${envPrefix}_PASSWORD_FILE`);
    if (sslKey !== undefined && !files.has(sslKey)) files.set(sslKey, `${envPrefix}_SSLKEY`);
  }
  const { passwordFile } = config.alerts.email ?? {};
  if (passwordFile !== undefined) files.set(passwordFile, 'SMTP_PASSWORD_FILE');
  return [...files]
    .filter(([file]) => isOpenToAll(file))
    .map(([file, setting]) => `warning: ${setting}: every account of this machine may read "${file}"; chmod 600 it`);
}
