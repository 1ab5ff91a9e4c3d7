import { constants } from 'node:fs';
import { access, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CliError } from './exit-code.js';

/** Ends with exit 3 where `path` cannot become a file; called before anything else is done. */
export async function checkOutputFile(option: string, path: string): Promise<void> {
  try {
    if ((await stat(path).catch(() => undefined))?.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
    // The dot asks for a folder: in a file nobody could write either.
    await access(`${dirname(path)}/.`, constants.W_OK);
  } catch (error) {
    throw unwritableFile(option, path, error);
  }
}

/** Writes a file in one step: whoever reads it never sees half of it. Rejects with the file system's error. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const staging = join(dirname(path), `.${process.pid}.sentinel-${basename(path)}`);
  try {
    await writeFile(staging, text);
    await rename(staging, path);
  } catch (error) {
    await rm(staging, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** The end of a program that could not write a file after all. */
export function unwritableFile(option: string, path: string, error: unknown): CliError {
  const { code = 'no reason given' } = error as NodeJS.ErrnoException;
  const why = CAUSES[code] ?? code;
  return new CliError(
    `${option}: ${path} cannot be written (${why}); name a file in a folder that exists and may be written`,
  );
}

const CAUSES: Readonly<Record<string, string>> = {
  EISDIR: 'it is a folder',
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'its folder is a file',
  EACCES: 'this user has no right to',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
};
