import { chmodSync, cpSync, lstatSync, mkdtempSync, readdirSync, renameSync, rmSync, type Stats } from 'node:fs';
import { join } from 'node:path';

/** Survives a reboot, open to every account: the names in it are guessable, so what is found there is verified. */
export const SHARED_FOLDER = '/var/tmp';

/** How many taken names are passed over before giving up. */
const NAMES = 10;

/**
 * A copy of `home` that every account can read, made once per version and used again after that. Anyone may create the
 * name first, so only a folder of our own that nobody else may write to is trusted; a copy that lost files (`/var/tmp` is
 * tidied on many systems) is made again.
 */
export function sharedCopy(home: string, version: string): string {
  for (let attempt = 0; attempt < NAMES; attempt++) {
    const copy = join(SHARED_FOLDER, `sentinel-postgres-${version}${attempt ? `-${attempt}` : ''}`);
    const present = entryAt(copy);
    if (present && !isOurs(present)) continue;
    if (present && sameFiles(home, copy)) return copy;
    place(home, copy);
    const placed = entryAt(copy);
    if (placed && isOurs(placed) && sameFiles(home, copy)) return copy;
  }
  throw new Error(
    `the Postgres programs in ${home} cannot be read by the account that runs them, and ${SHARED_FOLDER}/sentinel-postgres-${version} ` +
      'belongs to somebody else; remove it, or move this folder to a place that every account can enter',
  );
}

/** The copy appears under its name complete or not at all. */
function place(home: string, copy: string): void {
  const staging = mkdtempSync(join(SHARED_FOLDER, '.sentinel-postgres-'));
  try {
    cpSync(home, staging, { recursive: true, verbatimSymlinks: true });
    openForReading(staging);
    if (entryAt(copy)) {
      const old = mkdtempSync(join(SHARED_FOLDER, '.sentinel-postgres-old-'));
      renameSync(copy, old);
      rmSync(old, { recursive: true, force: true });
    }
    renameSync(staging, copy);
  } catch (error) {
    // ENOTEMPTY: another process was first, and its copy is as good
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

function openForReading(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) openForReading(path);
    else if (entry.isFile()) chmodSync(path, lstatSync(path).mode & 0o100 ? 0o755 : 0o644);
  }
}

function entryAt(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

function isOurs(stats: Stats): boolean {
  return stats.isDirectory() && stats.uid === process.getuid?.() && (stats.mode & 0o022) === 0;
}

/** Same names and sizes: enough to see a file that was tidied away or a copy that was cut short. */
function sameFiles(home: string, copy: string): boolean {
  return readdirSync(home, { withFileTypes: true }).every((entry) => {
    const path = join(copy, entry.name);
    const there = entryAt(path);
    if (!there) return false;
    if (entry.isDirectory()) return there.isDirectory() && sameFiles(join(home, entry.name), path);
    return there.size === lstatSync(join(home, entry.name)).size;
  });
}
