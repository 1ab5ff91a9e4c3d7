import { type Config, configSecrets } from '#src/config/config.js';
import { type EnvironmentInput, type RawEnvironment, readEnvironment } from '#src/config/load-env.js';
import { POLICY_FILE } from '#src/config/policy-file.js';
import { envPrefix } from '#src/config/variables.js';
import { askPassword, canAsk } from '../ask-password.js';
import type { Io } from '../io.js';
import { rememberSecrets } from '../known-secrets.js';
import { loadOrEnd } from '../load-settings.js';
import type { PasswordOrigin } from './env-text.js';
import { type NamedSource, parseSources } from './source-urls.js';

/** The settings of this process with those of `--source` above them. */
export interface Connections {
  readonly config: Config;
  readonly raw: RawEnvironment;
  readonly passwords: ReadonlyMap<string, PasswordOrigin>;
}

/** Read the settings, and ask for passwords where somebody can be asked. Ends with exit 3 where something is wrong with them. */
export async function readConnections(urls: readonly string[], io: Io): Promise<Connections> {
  const named = parseSources(urls);
  rememberSecrets(named.flatMap(({ password }) => password ?? []));
  const overrides: Record<string, string> = {};
  if (named.length > 0) overrides.SENTINEL_SOURCES = named.map(({ name }) => name).join(',');
  // A policy that is to be replaced may be of other sources.
  const input = (): EnvironmentInput => ({ cwd: io.cwd, env: io.env, overrides, drafts: { [POLICY_FILE]: '' } });
  const before = readEnvironment(input());
  const passwords = new Map<string, PasswordOrigin>();
  for (const source of named) {
    const { origin, password } = await findPassword(source, before, io);
    passwords.set(source.name, origin);
    Object.assign(overrides, source.variables, password && { [`${envPrefix(source.name)}_PASSWORD`]: password });
  }
  const config = loadOrEnd(input());
  rememberSecrets(configSecrets(config));
  if (named.length === 0)
    for (const { name, envPrefix: prefix, password } of config.sources) {
      const isReplaced = before.variables.get(`${prefix}_PASSWORD`)?.file === '.env';
      passwords.set(name, isReplaced ? 'given' : password === undefined ? 'none' : 'elsewhere');
    }
  return { config, raw: readEnvironment(input()), passwords };
}

/** That of the URL, else the variables' own, else PGPASSWORD, else what is typed. */
async function findPassword(
  { name, password, variables }: NamedSource,
  before: RawEnvironment,
  io: Io,
): Promise<{ readonly origin: PasswordOrigin; readonly password?: string }> {
  if (password !== undefined) return { origin: 'given', password };
  const prefix = envPrefix(name);
  const isSet = (ending: string) =>
    Boolean(variables[`${prefix}_${ending}`] ?? before.variables.get(`${prefix}_${ending}`)?.value);
  if (isSet('PASSWORD'))
    return { origin: before.variables.get(`${prefix}_PASSWORD`)?.file === '.env' ? 'given' : 'elsewhere' };
  if (isSet('PASSWORD_FILE') || isSet('SSLCERT')) return { origin: 'none' };
  const { PGPASSWORD } = io.env;
  if (PGPASSWORD) {
    rememberSecrets([PGPASSWORD]);
    return { origin: 'PGPASSWORD', password: PGPASSWORD };
  }
  if (!canAsk()) return { origin: 'none' };
  const typed = await askPassword(`Password of ${variables[`${prefix}_USER`]} for ${name} (Enter: none): `);
  if (typed === '') return { origin: 'none' };
  rememberSecrets([typed]);
  return { origin: 'given', password: typed };
}
