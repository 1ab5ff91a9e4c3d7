import { chmodSync, existsSync, lstatSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '#src/adapters/embedded/process-identity.js';

const PARENT = '/var/tmp';
const KEPT = 'kept';

/** What a failed test left for a look is there this long, milliseconds. */
const KEPT_MS = 24 * 3600 * 1000;

/**
 * A new folder for a test server's data, named after this process. Those of processes that were killed are removed first,
 * and those kept for a look when their time is over.
 */
export function newDataFolder(): string {
  for (const name of readdirSync(PARENT)) {
    const owner = /^sentinel-test-(\d+)-\w+$/.exec(name)?.[1];
    if (owner !== undefined && isOver(join(PARENT, name), Number(owner))) removeIfPossible(join(PARENT, name));
  }
  const folder = mkdtempSync(join(PARENT, `sentinel-test-${process.pid}-`));
  chmodSync(folder, 0o755); // the account that runs the server passes through; the data folder itself stays private
  return folder;
}

/** What is left of others is no reason to end a run: a disk that a killed test mounted there, say. */
function removeIfPossible(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch (error) {
    console.error(`A folder of an earlier test run cannot be removed: ${(error as Error).message}`);
  }
}

/** Keeps the folder for a day. */
export function keepDataFolder(folder: string): void {
  writeFileSync(join(folder, KEPT), '');
}

function isOver(folder: string, owner: number): boolean {
  const stats = lstatSync(folder, { throwIfNoEntry: false });
  if (!stats?.isDirectory() || stats.uid !== process.getuid?.() || isAlive(owner)) return false;
  return existsSync(join(folder, KEPT)) ? Date.now() - stats.mtimeMs > KEPT_MS : true;
}
