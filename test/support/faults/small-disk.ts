import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const BYTES = 64 * 2 ** 20;

/** A disk of its own, which something can fill. */
export interface SmallDisk {
  /** An empty folder on it. */
  readonly folder: string;
  fill(): void;
  empty(): void;
  remove(): void;
}

/** Mounts one, with a folder for this account; null where that is not allowed: it takes root on Linux. */
export function smallDisk({ uid, gid }: { readonly uid: number; readonly gid: number }): SmallDisk | null {
  const mount = mkdtempSync('/var/tmp/sentinel-disk-');
  chmodSync(mount, 0o755);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${BYTES}`, 'tmpfs', mount], { stdio: 'ignore' });
  } catch {
    rmSync(mount, { recursive: true });
    return null;
  }
  // Where this process is killed, the shell reads the end of its input.
  const guard = spawn('/bin/sh', ['-c', 'read -r _; umount -l "$0"; rmdir "$0"', mount], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.unref();
  const [folder, ballast] = [join(mount, 'data'), join(mount, 'ballast')];
  mkdirSync(folder);
  chownSync(folder, uid, gid);
  return {
    folder,
    fill() {
      const { bavail, bsize } = statfsSync(mount);
      writeFileSync(ballast, Buffer.alloc(bavail * bsize));
    },
    empty: () => rmSync(ballast),
    remove() {
      guard.kill('SIGKILL');
      execFileSync('umount', [mount]);
      rmSync(mount, { recursive: true });
    },
  };
}
