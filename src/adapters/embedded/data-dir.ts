import { createHash } from 'node:crypto';
import { chownSync, existsSync, lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { canEnter, type ServerAccount, serverAccount } from './account.js';
import { SHARED_FOLDER } from './shared-copy.js';

export interface DataDir {
  readonly path: string;
  /** One line for a person, set where `path` is not the folder that was asked for. */
  readonly notice?: string;
}

/**
 * The folder to keep a server's data in: `preferred`, or, where we are root and the account that runs the server cannot
 * get there (a checkout under `/root`), a private folder in `/var/tmp` whose name follows from `preferred`.
 * Folders above it are made. `account` as in `embeddedBinaries`.
 */
export function reachableDataDir(preferred: string, account?: string): DataDir {
  const wanted = resolve(preferred);
  const runAs = serverAccount(account === undefined ? undefined : [account]);
  const existing = nearestExisting(dirname(wanted));
  if (!runAs || canEnter(existing, runAs)) {
    mkdirSync(dirname(wanted), { recursive: true });
    // a strict umask may have closed the folders just made
    if (!runAs || canEnter(dirname(wanted), runAs)) return { path: wanted };
  }
  const real = join(realpathSync(existing), wanted.slice(existing.length));
  const name = `sentinel-${createHash('sha256').update(real).digest('hex').slice(0, 20)}`;
  const path = privateFolder(join(SHARED_FOLDER, name), runAs);
  return { path, notice: `The account ${runAs.name} cannot enter ${dirname(wanted)}: the data is kept in ${path}.` };
}

/** Makes the folder for the account alone, or verifies that the one found is exactly that. */
function privateFolder(path: string, account: ServerAccount): string {
  try {
    mkdirSync(path, { mode: 0o700 });
    chownSync(path, account.uid, account.gid);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const found = lstatSync(path);
  if (!found.isDirectory() || found.uid !== account.uid || (found.mode & 0o077) !== 0)
    throw new Error(
      `${path} is not a private folder of the account ${account.name}: somebody else may have made it; remove it and try again`,
    );
  return path;
}

function nearestExisting(path: string): string {
  let at = path;
  while (!existsSync(at)) at = dirname(at);
  return at;
}
