import { join } from 'node:path';
import { type DotenvFile, readDotenv } from './dotenv-file.js';
import { type Problem, showValue } from './problem.js';
import { readText } from './read-text.js';
import { VARIABLES } from './variables.js';

/** The text of a variable and where it comes from; without `file`, the real environment or a command-line option. */
export interface RawVariable {
  readonly value: string;
  readonly file?: string;
  readonly line?: number;
}

export type Environment = 'development' | 'staging' | 'production';

export interface RawEnvironment {
  readonly environment: Environment;
  /** By name; the first source that sets a name wins. */
  readonly variables: ReadonlyMap<string, RawVariable>;
  /** Every entry of every file that was read, for names nobody knows. */
  readonly fileNames: readonly { readonly name: string; readonly file: string; readonly line: number }[];
  readonly problems: readonly Problem[];
}

export interface EnvironmentInput {
  /** Folder that holds the .env files. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Values given on the command line, above everything else. */
  readonly overrides?: Readonly<Record<string, string>>;
  /** Texts that stand in place of the files of these names, or of their absence: what is yet to be written is read as it will be. */
  readonly drafts?: Readonly<Record<string, string>>;
}

/**
 * The real environment above `.env.<env>.local`, `.env.<env>`, `.env.local` and `.env` of the working directory, first
 * wins. SENTINEL_ENV chooses the files, so it is taken from the real environment, `.env.local` or `.env`.
 */
export function readEnvironment({ cwd, env, overrides = {}, drafts = {} }: EnvironmentInput): RawEnvironment {
  const problems: Problem[] = [];
  const general = ['.env.local', '.env'].map((file) => readFile(cwd, file, drafts[file]));
  const real = new Map<string, RawVariable>();
  for (const [name, value] of [...Object.entries(overrides), ...Object.entries(env)])
    if (value !== undefined && !real.has(name)) real.set(name, { value });

  const chosen = real.get('SENTINEL_ENV') ?? general.map((file) => find(file, 'SENTINEL_ENV')).find((entry) => entry);
  const environment = parseEnvironment(chosen, problems);
  const specific = [`.env.${environment}.local`, `.env.${environment}`].map((file) =>
    readFile(cwd, file, drafts[file]),
  );
  for (const file of specific) {
    const entry = find(file, 'SENTINEL_ENV');
    if (entry === undefined || entry.value.toLowerCase() === environment) continue;
    problems.push({
      setting: 'SENTINEL_ENV',
      ...(entry.file !== undefined && { file: entry.file }),
      ...(entry.line !== undefined && { line: entry.line }),
      found: showValue(entry.value, false),
      allowed: `${environment}, for which this file is read`,
      fix: 'remove the line; set SENTINEL_ENV in the real environment or in .env',
    });
  }

  const variables = new Map(real);
  const files = [...specific, ...general];
  // Within a file the last one counts, as dotenv has it.
  for (const { name, entries } of files)
    for (const [key, entry] of new Map(entries.map((entry) => [entry.name, entry])))
      if (!variables.has(key)) variables.set(key, { value: entry.value, file: name, line: entry.line });

  return {
    environment,
    variables,
    fileNames: files.flatMap((file) => file.entries.map(({ name, line }) => ({ name, file: file.name, line }))),
    problems: [...files.flatMap((file) => file.problems), ...problems],
  };
}

interface NamedFile extends DotenvFile {
  readonly name: string;
}

function readFile(cwd: string, name: string, draft: string | undefined): NamedFile {
  try {
    return { name, ...readDotenv(draft ?? readText(join(cwd, name)) ?? '', name) };
  } catch (error) {
    const fix = (error as Error).message;
    return { name, entries: [], problems: [{ setting: name, file: name, allowed: 'a readable text file', fix }] };
  }
}

function find(file: NamedFile, name: string): RawVariable | undefined {
  const entry = file.entries.findLast((candidate) => candidate.name === name);
  return entry && { value: entry.value, file: file.name, line: entry.line };
}

function parseEnvironment(chosen: RawVariable | undefined, problems: Problem[]): Environment {
  const { validator } = VARIABLES.SENTINEL_ENV;
  if (chosen === undefined) return 'development';
  try {
    return validator.parse(chosen.value);
  } catch {
    const { value, ...place } = chosen;
    const found = showValue(value, false);
    problems.push({ setting: 'SENTINEL_ENV', ...place, found, allowed: validator.allowed, fix: 'correct it' });
    return 'development';
  }
}
