import { envPrefix, VARIABLES } from '#src/config/variables.js';
import { CliError } from '../exit-code.js';

/** A source as `--source` names it, by the variables of its settings, e.g. `BATCH_DB_HOST`. */
export interface NamedSource {
  readonly name: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly password?: string;
}

const FORM = 'write NAME=postgres://user@host:5432/database, e.g. batch=postgres://airflow@localhost/analytics_db';

/** What may follow a `?`, and the ending of its variable. */
const PARAMETERS: Readonly<Record<string, string>> = {
  sslmode: 'SSLMODE',
  sslrootcert: 'SSLROOTCERT',
  sslcert: 'SSLCERT',
  sslkey: 'SSLKEY',
  host: 'HOST',
  port: 'PORT',
  user: 'USER',
  password: 'PASSWORD',
};

/** The sources of `--source`, each name once. Throws CliError, whose message never quotes a URL. */
export function parseSources(texts: readonly string[]): NamedSource[] {
  const sources = texts.map(parseSource);
  if (sources.length === 0) return [];
  try {
    VARIABLES.SENTINEL_SOURCES.validator.parse(sources.map(({ name }) => name).join(','));
  } catch (error) {
    throw new CliError(`--source: ${(error as Error).message}; a name is a-z, 0-9 and _, beginning with a letter`);
  }
  return sources;
}

function parseSource(text: string): NamedSource {
  const [, name, url] = /^([^=:/@?]{1,64})=(.*)$/s.exec(text) ?? [];
  // What is before the = may be a part of a URL, and that may hold a password.
  if (name === undefined || url === undefined)
    throw new CliError(`--source: the name of the source is missing; ${FORM}`);
  const refuse = (why: string): CliError => new CliError(`--source ${name}: ${why}`);
  if (!/^postgres(ql)?:\/\//i.test(url)) throw refuse(`the address does not start with postgres://; ${FORM}`);
  // A URL's reader would drop these without a word.
  if (/[\t\r\n]|\s$/.test(url))
    throw refuse('the address holds a tab or a line break, or ends with a blank; write them as %09, %0A and %20');
  if (url.includes('#')) throw refuse('the address holds a #; write it as %23');
  if (!URL.canParse(url))
    throw refuse('the address cannot be read; write / as %2F, @ as %40, : as %3A and % as %25 in user and password');
  const parsed = new URL(url);
  const decode = (part: string, what: string): string => {
    try {
      return decodeURIComponent(part);
    } catch {
      throw refuse(`the ${what} holds a % that stands for no character; write it as %25`);
    }
  };
  const variables: Record<string, string> = {
    HOST: decode(parsed.hostname, 'host').replace(/^\[(.*)\]$/, '$1'),
    PORT: parsed.port === '' ? '5432' : parsed.port,
    USER: decode(parsed.username, 'user'),
    NAME: decode(parsed.pathname.replace(/^\//, ''), 'database'),
    PASSWORD: decode(parsed.password, 'password'),
  };
  for (const [key, value] of new URLSearchParams(parsed.search.replaceAll('+', '%2B'))) {
    const ending = Object.hasOwn(PARAMETERS, key) ? PARAMETERS[key] : undefined;
    if (ending === undefined)
      throw refuse(`the address has a parameter that nothing reads; allowed are ${Object.keys(PARAMETERS).join(', ')}`);
    variables[ending] = value;
  }
  const { PASSWORD: password, ...rest } = variables;
  const missing = (['USER', 'HOST', 'NAME'] as const).find((key) => rest[key] === '');
  if (missing !== undefined) {
    const what = { USER: 'role (user@)', HOST: 'host', NAME: 'database (/database)' }[missing];
    throw refuse(`the address names no ${what}; ${FORM}`);
  }
  const prefix = envPrefix(name);
  const named = Object.fromEntries(Object.entries(rest).map(([key, value]) => [`${prefix}_${key}`, value]));
  return { name, variables: named, ...(password && { password }) };
}
