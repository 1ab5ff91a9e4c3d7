import { availableParallelism } from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import type { Config } from '#src/config/config.js';
import { readEnvironment } from '#src/config/load-env.js';
import { POLICY_FILE } from '#src/config/policy-file.js';
import { CliError, EXIT } from '../exit-code.js';
import { type Connections, readConnections } from '../init/connections.js';
import { capacitySettings, type EnvFacts, envText, withoutPassword } from '../init/env-text.js';
import { gather } from '../init/gather.js';
import { policyText } from '../init/policy-text.js';
import { type Proposal, propose } from '../init/proposal.js';
import { schemaAddress } from '../init/schema-address.js';
import { describeFindings } from '../init/summary.js';
import { checkFolder, exists, type NewFile, writeFiles } from '../init/write-files.js';
import { type Io, writeLine } from '../io.js';
import { loadOrEnd } from '../load-settings.js';
import { usesColor } from '../render/style.js';

export interface InitOptions {
  /** `NAME=postgres://…`; without any, the settings of every command. */
  readonly source?: readonly string[];
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

const ENV_FILE = '.env';

/**
 * Look at the databases and write .env and sentinel.yaml for them. Exit 2 where a source could not be reached; where none could,
 * nothing is written.
 */
export async function initCommand(options: InitOptions, io: Io): Promise<number> {
  const names = await filesToWrite(options, io);
  const connections = await readConnections(options.source ?? [], io);
  const { config, raw } = connections;
  const { surveys, unreached } = await gather(config);
  if (surveys.length === 0) throw noneReached(unreached, options);
  const proposal = propose(surveys, unreached, {
    cores: availableParallelism(),
    ...(raw.variables.has('CONCURRENT_WORKERS') && { workersSet: config.workers }),
    ...(config.maxConnections !== undefined && { connectionsSet: config.maxConnections }),
  });
  const madeOn = new Date().toISOString().slice(0, 10);
  const facts: EnvFacts = { ...connections, sources: config.sources, madeOn };
  const policy = policyText(proposal, { schema: schemaAddress(io.cwd), madeOn });
  const texts = (mask: boolean): Record<string, string> => ({
    ...(names.includes(ENV_FILE) && { [ENV_FILE]: envText(proposal, facts, { mask }) }),
    [POLICY_FILE]: policy,
  });
  const files = texts(false);
  const warnings = check(files, connections, io);
  const out = options.dryRun ? io.stderr : io.stdout;
  if (options.dryRun)
    for (const [name, text] of Object.entries(texts(true))) writeLine(io.stdout, `# ----- ${name} -----\n${text}`);
  const kept = options.dryRun ? [] : await writeFiles(io.cwd, newFiles(files), options.force ?? false);
  for (const line of describeFindings(proposal, usesColor(out, io.env))) writeLine(out, line);
  for (const line of [...written(names, kept, options), ...advice(names, proposal, facts), ...warnings, '', ...NEXT])
    writeLine(out, line);
  return unreached.length > 0 ? EXIT.incomplete : EXIT.ok;
}

/** An .env file that is there stays, as the connections are in it; anything else that is there is in the way. */
async function filesToWrite({ source, force, dryRun }: InitOptions, io: Io): Promise<readonly string[]> {
  const both = [ENV_FILE, POLICY_FILE];
  if (!dryRun) await checkFolder(io.cwd);
  if (force) return both;
  const present: string[] = [];
  for (const name of both) if (await exists(io.cwd, name)) present.push(name);
  const inTheWay = present.filter((name) => name === POLICY_FILE || source !== undefined);
  if (inTheWay.length > 0 && !dryRun) {
    const are = inTheWay.length === 1 ? 'is' : 'are';
    throw new CliError(
      `${inTheWay.join(' and ')} ${are} there already, so nothing was written; look at what would be with --dry-run, or replace with --force, which keeps what is there under another name`,
    );
  }
  return source === undefined && present.includes(ENV_FILE) ? [POLICY_FILE] : both;
}

function noneReached(unreached: Proposal['unreached'], { source }: InitOptions): CliError {
  const causes = unreached.map(({ source: name, message }) => `${name}: ${message}`).join('\n');
  const fix =
    source === undefined ? '; name your databases: sentinel init --source batch=postgres://user@host/database' : '';
  return new CliError(`${causes}\nno source was reached, so nothing was written${fix}`, EXIT.incomplete);
}

/**
 * What is to be written is read by the code that will read it, and must say what was meant. Returns a warning for each line that
 * something else, read before .env, would beat.
 */
function check(drafts: Record<string, string>, { config, passwords }: Connections, io: Io): string[] {
  const lent = config.sources.flatMap(({ name, envPrefix, password }): [string, string][] => {
    // Not written: whoever runs it sets it.
    const isWritten = drafts[ENV_FILE]?.includes(`\n${envPrefix}_PASSWORD=`) || passwords.get(name) === 'elsewhere';
    return isWritten || password === undefined ? [] : [[`${envPrefix}_PASSWORD`, password]];
  });
  const env = { ...Object.fromEntries(lent), ...io.env };
  const read = loadOrEnd(
    { cwd: io.cwd, env, drafts },
    'What would be written cannot be read back, so nothing was written. ',
  );
  if (isDeepStrictEqual(essence(read), essence(config))) return [];
  const own = readEnvironment({ cwd: io.cwd, env: {}, drafts: { ...NO_FILES, ...drafts } }).variables;
  const all = readEnvironment({ cwd: io.cwd, env, drafts }).variables;
  return [...own].flatMap(([name, { value }]) => {
    const winner = all.get(name);
    if (winner === undefined || winner.value === value) return [];
    return [
      `${name} is also set in ${winner.file ?? 'the environment'}, which beats the line in .env: remove it there`,
    ];
  });
}

const NO_FILES = { '.env.local': '', '.env.development': '', '.env.development.local': '' };

function essence({ sources }: Config) {
  return sources.map(({ name, host, port, database, user, password }) => ({
    name,
    host,
    port,
    database,
    user,
    password,
  }));
}

function newFiles(files: Record<string, string>): NewFile[] {
  return Object.entries(files).map(([name, text]) => ({ name, text, mode: name === ENV_FILE ? 0o600 : 0o644 }));
}

function written(names: readonly string[], kept: readonly string[], { dryRun }: InitOptions): string[] {
  const both = names.includes(ENV_FILE) ? '.env, which only you may read, and sentinel.yaml' : 'sentinel.yaml';
  if (dryRun) return [`nothing was written: this is what ${both} would hold`];
  return [`wrote ${both}`, ...(kept.length === 0 ? [] : [`kept what was there as ${kept.join(' and ')}`])];
}

function advice(names: readonly string[], proposal: Proposal, facts: EnvFacts): string[] {
  if (names.includes(ENV_FILE))
    return withoutPassword(facts).map(
      ({ name, envPrefix }) =>
        `the password of ${name} is not in .env: first set ${envPrefix}_PASSWORD, or write it into a file and name that in ${envPrefix}_PASSWORD_FILE`,
    );
  const lines = capacitySettings(proposal).map(({ name, value }) => `${name}=${value}`);
  const why = proposal.capacity.reasons.join('; ');
  return ['.env stays as it is', ...(lines.length === 0 ? [] : [`${lines.join(' and ')} would fit there (${why})`])];
}

const NEXT = [
  'next, read what is proposed in sentinel.yaml, then',
  '  $ sentinel health     can everything be reached and read?',
  '  $ sentinel run        profile every table, judge, report',
];
