import { constants } from 'node:fs';
import { access, copyFile, link, lstat, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CliError } from '../exit-code.js';

/** A file of the working directory as it is to be. */
export interface NewFile {
  readonly name: string;
  readonly text: string;
  readonly mode: number;
}

/** Whether something has this name in the folder, be it a link that leads nowhere. */
export async function exists(folder: string, name: string): Promise<boolean> {
  return (await lstat(join(folder, name)).catch(() => undefined)) !== undefined;
}

/** Ends with exit 3 where nothing can be written into `folder`; called before anything else is done. */
export async function checkFolder(folder: string): Promise<void> {
  await access(folder, constants.W_OK).catch((error: unknown) => {
    throw unwritable(folder, error);
  });
}

/**
 * Write the files so that each is there whole or not at all, and none where one cannot be: all are put down beside their places
 * first. What has such a name already is kept under a numbered one where `replace` is set, else nothing is written. Returns the
 * names of what was kept.
 */
export async function writeFiles(folder: string, files: readonly NewFile[], replace: boolean): Promise<string[]> {
  const staged = files.map((file) => ({
    ...file,
    path: join(folder, file.name),
    draft: join(folder, `.${process.pid}${file.name}.new`),
  }));
  const kept: string[] = [];
  const made: string[] = [];
  try {
    for (const { draft, text, mode } of staged) await stage(draft, text, mode);
    if (replace) for (const { name } of files) if (await exists(folder, name)) kept.push(await keep(folder, name));
    for (const { draft, path } of staged) {
      await (replace ? rename(draft, path) : publish(draft, path));
      if (!replace) made.push(path);
    }
    return kept;
  } catch (error) {
    for (const path of made) await rm(path, { force: true }).catch(() => undefined);
    throw unwritable(folder, error);
  } finally {
    for (const { draft } of staged) await rm(draft, { force: true }).catch(() => undefined);
  }
}

async function stage(path: string, text: string, mode: number): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A link, unlike a rename, replaces nothing that came there in the meantime. */
async function publish(draft: string, path: string): Promise<void> {
  try {
    await link(draft, path);
  } catch (error) {
    // Some file systems have no links.
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error;
    await rename(draft, path);
  }
}

async function keep(folder: string, name: string): Promise<string> {
  for (let number = 1; ; number++) {
    const backup = `${name}.bak-${number}`;
    try {
      await copyFile(join(folder, name), join(folder, backup), constants.COPYFILE_EXCL);
      return backup;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

function unwritable(folder: string, error: unknown): CliError {
  const { code = 'no reason given' } = error as NodeJS.ErrnoException;
  if (code === 'EEXIST')
    return new CliError('a file came into being meanwhile; nothing was replaced, run "sentinel init" again');
  const why = CAUSES[code] ?? code;
  return new CliError(
    `${folder} cannot be written (${why}); run "sentinel init" in a folder that may be, or look with --dry-run`,
  );
}

const CAUSES: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'this user has no right to',
  EPERM: 'this user has no right to',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  EISDIR: 'one of .env and sentinel.yaml is a folder',
};
