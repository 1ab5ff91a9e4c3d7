import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

export interface Dependency {
  readonly name: string;
  readonly version: string;
  /** SPDX expression of the package's own statement; empty where it makes none. */
  readonly licence: string;
  /** Only for building and testing: not there after `npm ci --omit=dev`. */
  readonly dev: boolean;
  /** Only on some platforms, or left out where it cannot be installed. */
  readonly optional: boolean;
  /** npm runs a script of the package when it is installed. */
  readonly hasInstallScript: boolean;
}

interface LockEntry {
  readonly version: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
}

/** Everything that package-lock.json installs, by name and version, each once. */
export function lockedDependencies(): Dependency[] {
  const { packages } = readJson('package-lock.json') as { packages: Readonly<Record<string, LockEntry>> };
  const found = new Map<string, Dependency>();
  for (const [path, entry] of Object.entries(packages)) {
    if (path === '') continue;
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const key = `${name}@${entry.version}`;
    const dev = (found.get(key)?.dev ?? true) && entry.dev === true;
    const { version, license = '', optional = false, hasInstallScript = false } = entry;
    found.set(key, { name, version, licence: license, dev, optional, hasInstallScript });
  }
  const order = ({ name, version }: Dependency) => `${name} ${version}`;
  return [...found.values()].sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

/** `allowScripts` of package.json: whether npm may run a package's install script. */
export function allowedScripts(): Readonly<Record<string, boolean>> {
  return (readJson('package.json') as { allowScripts: Readonly<Record<string, boolean>> }).allowScripts;
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, file), 'utf8'));
}
