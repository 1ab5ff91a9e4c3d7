import { allVariables } from '#src/config/document.js';
import type { RawEnvironment } from '#src/config/load-env.js';
import { REDACTED } from '#src/config/redact.js';
import { metadataVariables, VARIABLES } from '#src/config/variables.js';
import type { ConnectionSettings } from '#src/contract/connection.js';
import { CliError } from '../exit-code.js';
import { escapeControls } from '../render/text-width.js';
import { dotenvLine } from './dotenv-text.js';
import type { Proposal } from './proposal.js';

/** Where the password of a source came from; only what was typed or was in this file before is written down. */
export type PasswordOrigin = 'given' | 'PGPASSWORD' | 'elsewhere' | 'none';

export interface EnvFacts {
  readonly sources: readonly ConnectionSettings[];
  readonly passwords: ReadonlyMap<string, PasswordOrigin>;
  /** What is set now, the command line above all. */
  readonly raw: RawEnvironment;
  readonly madeOn: string;
}

/** A comment, or a line that sets a variable. */
type Line = string | { readonly name: string; readonly value: string; readonly secret?: boolean };

/** The text of .env: the connections, and of the rest what differs from the defaults; with `mask` as it may be shown. */
export function envText(proposal: Proposal, facts: EnvFacts, { mask = false }: { mask?: boolean } = {}): string {
  const sections: Line[][] = [
    [
      `# Written by "sentinel init" on ${facts.madeOn}; docs/settings.md and .env.example have every setting.`,
      '# Keep it out of version control.',
    ],
    [
      '# The databases to watch. The history is kept in the one called batch, or else in the first, unless METADATA_DB_* says',
      '# otherwise.',
      { name: 'SENTINEL_SOURCES', value: facts.sources.map(({ name }) => name).join(',') },
    ],
    ...facts.sources.map((source) => connectionLines(source, proposal, facts)),
    capacityLines(proposal),
    carriedLines(facts),
  ];
  const text = sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.map((line) => (typeof line === 'string' ? line : assignment(line, mask))).join('\n'));
  return `${text.join('\n\n')}\n`;
}

/** Sources whose password a run would not find, as it is not written down. */
export function withoutPassword({
  sources,
  passwords,
}: Pick<EnvFacts, 'sources' | 'passwords'>): readonly ConnectionSettings[] {
  return sources.filter(({ name, envPrefix, password = '' }) => {
    const origin = passwords.get(name);
    return (
      origin === 'PGPASSWORD' || (origin === 'given' && dotenvLine(`${envPrefix}_PASSWORD`, password) === undefined)
    );
  });
}

/** Lines for people who keep the .env file they have: what would be in a new one beside the connections. */
export function capacitySettings({
  capacity: { workers, maxConnections },
}: Proposal): { name: string; value: string }[] {
  return [
    ...(workers === undefined ? [] : [{ name: 'CONCURRENT_WORKERS', value: String(workers) }]),
    ...(maxConnections === undefined ? [] : [{ name: 'DB_MAX_CONNECTIONS', value: String(maxConnections) }]),
  ];
}

function connectionLines(source: ConnectionSettings, { unreached }: Proposal, facts: EnvFacts): Line[] {
  const { name, envPrefix: prefix, host, port, database, user, sslMode } = source;
  const why = unreached.find((each) => each.source === name)?.message;
  const files = ['SSLROOTCERT', 'SSLCERT', 'SSLKEY', 'PASSWORD_FILE'].flatMap((ending) => {
    const value = facts.raw.variables.get(`${prefix}_${ending}`)?.value;
    return value ? [{ name: `${prefix}_${ending}`, value }] : [];
  });
  return [
    `# ${name}${why === undefined ? '' : `, which was not reached: ${escapeControls(why)}`}`,
    { name: `${prefix}_HOST`, value: host },
    { name: `${prefix}_PORT`, value: String(port) },
    { name: `${prefix}_NAME`, value: database },
    { name: `${prefix}_USER`, value: user },
    ...(sslMode === 'prefer' ? [] : [{ name: `${prefix}_SSLMODE`, value: sslMode }]),
    ...files,
    ...passwordLines(source, facts.passwords.get(name) ?? 'none'),
  ];
}

function passwordLines(
  { envPrefix: prefix, password = '', passwordFile }: ConnectionSettings,
  origin: PasswordOrigin,
): Line[] {
  if (passwordFile !== undefined) return [];
  const setting = `${prefix}_PASSWORD`;
  const better = `# ${setting}_FILE=/path/to/a/file/that/only/you/may/read`;
  if (origin === 'given')
    return dotenvLine(setting, password) === undefined
      ? [
          '# No .env file can hold this password, with all the quotes in it: write it into a file and name that.',
          better,
        ]
      : [
          `# Better kept in a file of its own, named by ${setting}_FILE in place of this line.`,
          { name: setting, value: password, secret: true },
        ];
  if (origin === 'PGPASSWORD')
    return [
      `# The password came from PGPASSWORD, which runs do not read: set ${setting}, or name a file that holds it.`,
      better,
    ];
  if (origin === 'elsewhere') return [`# ${setting} is set elsewhere and not copied here.`];
  return ['# No password is set. Where one is needed, name a file that holds it.', better];
}

function capacityLines(proposal: Proposal): Line[] {
  const settings = capacitySettings(proposal);
  if (settings.length === 0) return [];
  return [...proposal.capacity.reasons.map((reason) => `# ${escapeControls(reason)}`), ...settings];
}

/** Settings of the file that is replaced; those of connections are written above. */
function carriedLines({ raw }: EnvFacts): Line[] {
  const written = new Set(['SENTINEL_SOURCES']);
  const known = new Set([
    ...Object.keys(VARIABLES),
    ...Object.keys(metadataVariables()).map((key) => `METADATA_DB_${key}`),
  ]);
  const lines = allVariables().flatMap(({ name, secret, default: standard }) => {
    const found = raw.variables.get(name);
    if (!known.has(name) || written.has(name) || found?.file !== '.env') return [];
    return found.value === (standard ?? '') ? [] : [{ name, value: found.value, secret }];
  });
  return lines.length === 0 ? [] : ['# As it was in the .env file before.', ...lines];
}

function assignment({ name, value, secret = false }: Exclude<Line, string>, mask: boolean): string {
  if (mask && secret) return `${name}=${REDACTED}`;
  const line = dotenvLine(name, value);
  if (line === undefined)
    throw new CliError(
      `${name} cannot be written into a .env file, with all the quotes in it: set it in the environment`,
    );
  return line;
}
