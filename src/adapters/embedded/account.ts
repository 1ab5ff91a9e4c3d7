import { execFileSync } from 'node:child_process';
import { realpathSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** An account of this machine that a server's programs run as. */
export interface ServerAccount {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Tried in this order where the process is root: Postgres refuses to run as root. */
const UNPRIVILEGED_ACCOUNTS = ['postgres', 'nobody'];

/** The account to run a server as; undefined where it can run as ourselves. Throws where we are root and no account fits. */
export function serverAccount(names: readonly string[] = UNPRIVILEGED_ACCOUNTS): ServerAccount | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of names) {
    try {
      const id = (flag: string) => Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }));
      return { name, uid: id('-u'), gid: id('-g') };
    } catch {
      // no such account here: try the next
    }
  }
  throw new Error(
    `Postgres does not run as root, and there is no account ${names.map((name) => `"${name}"`).join(' or ')} to run it as; run as another user`,
  );
}

/** True where the account may enter `folder`, every folder above it included. Symbolic links are followed. */
export function canEnter(folder: string, account: ServerAccount): boolean {
  for (let at = realpathSync(folder); ; at = dirname(at)) {
    if (!permits(statSync(at), account, 1)) return false;
    if (dirname(at) === at) return true;
  }
}

/** True where the account has the permission (4 read, 2 write, 1 execute) by mode bits; its other groups do not count. */
export function permits(stats: Stats, account: ServerAccount, permission: number): boolean {
  const shift = stats.uid === account.uid ? 6 : stats.gid === account.gid ? 3 : 0;
  return ((stats.mode >> shift) & permission) === permission;
}
