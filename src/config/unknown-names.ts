import type { RawEnvironment } from './load-env.js';
import { editDistance, isNearMiss, sameLetters, suggest } from './names.js';
import type { Problem } from './problem.js';
import { CONNECTION_SUFFIXES, envPrefix, VARIABLES } from './variables.js';

interface SetName {
  readonly name: string;
  readonly file?: string;
  readonly line?: number;
}

/**
 * Names that are set and that nobody reads: a misspelt `<SOURCE>_DB_*` anywhere, or a near miss of a known name in a
 * .env file (the real environment is full of names of other programs). Values are never shown.
 */
export function findUnknownNames(raw: RawEnvironment, sources: readonly string[]): Problem[] {
  const prefixes = [...new Set(['batch', 'cdc', ...sources, 'metadata'])].map(envPrefix);
  const connectionNames = prefixes.flatMap((prefix) => CONNECTION_SUFFIXES.map((suffix) => `${prefix}_${suffix}`));
  const known = new Set([...Object.keys(VARIABLES), ...connectionNames]);
  const inFiles = new Set(raw.fileNames.map(({ name }) => name));
  const inEnvironment = [...raw.variables].filter(([, { file }]) => file === undefined).map(([name]) => ({ name }));

  const problems: Problem[] = [];
  const check = (set: SetName, candidate: string | undefined): void => {
    if (candidate !== undefined) problems.push(unknownName(set, candidate));
  };
  for (const set of inEnvironment) {
    if (known.has(set.name) || inFiles.has(set.name)) continue;
    check(set, isServiceLink(set.name) ? undefined : misspeltSource(set.name, prefixes, connectionNames));
  }
  for (const set of raw.fileNames)
    if (!known.has(set.name))
      check(set, suggest(set.name, known) ?? misspeltSource(set.name, prefixes, connectionNames));
  return problems;
}

/** Kubernetes and Docker links set these for a service named, say, `batch-db`. */
function isServiceLink(name: string): boolean {
  return /_(SERVICE_(HOST|PORT)(_.*)?|PORT_\d+_(TCP|UDP)(_.*)?|ENV_.*)$/.test(name);
}

/** The connection variable that a name is meant to be; a known source with any unknown ending counts as misspelt. */
function misspeltSource(name: string, prefixes: readonly string[], names: readonly string[]): string | undefined {
  const prefix = prefixes.find((candidate) => name.startsWith(`${candidate}_`));
  if (prefix !== undefined) {
    const ending = name.slice(prefix.length + 1);
    return `${prefix}_${suggest(ending, CONNECTION_SUFFIXES) ?? '*'}`;
  }
  return names.find((candidate) => isSafeMiss(name.toUpperCase(), candidate));
}

/** Stricter than `isNearMiss`: in the real environment CDN_DB_HOST is somebody else's and not a misspelt CDC_DB_HOST. */
function isSafeMiss(name: string, known: string): boolean {
  if (sameLetters(name, known)) return true;
  if (!isNearMiss(name, known)) return false;
  const isLongSource = known.indexOf('_DB_') >= 5;
  return editDistance(name, known) === 1 && (isLongSource || name.length !== known.length);
}

function unknownName({ name, file, line }: SetName, candidate: string): Problem {
  const source = /^([A-Z][A-Z0-9_]*)_DB_/.exec(name)?.[1]?.toLowerCase();
  const isKnownEnding = CONNECTION_SUFFIXES.some((suffix) => name.endsWith(`_DB_${suffix}`));
  const orAdd = source !== undefined && isKnownEnding ? `, or add ${source} to SENTINEL_SOURCES` : '';
  const isOpen = candidate.endsWith('*');
  return {
    setting: name,
    ...(file !== undefined && { file }),
    ...(line !== undefined && { line }),
    found: 'a name that nothing reads',
    allowed: isOpen ? CONNECTION_SUFFIXES.map((suffix) => candidate.replace('*', suffix)).join(', ') : candidate,
    fix: isOpen ? 'use one of these names or remove it' : `rename it to ${candidate}${orAdd}`,
  };
}
