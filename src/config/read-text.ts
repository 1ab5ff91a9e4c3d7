import { accessSync, constants, lstatSync, readFileSync, type Stats, statSync } from 'node:fs';

/** Settings and passwords are short; a larger file is another one. */
const MAX_BYTES = 4 * 2 ** 20;

/** A file that is there and cannot be used; the message is what to do about it. */
export class UnreadableFile extends Error {
  override readonly name = 'UnreadableFile';
}

/** The text of a file; undefined where there is none. Never waits, whatever it is that has its name. Throws UnreadableFile. */
export function readText(path: string): string | undefined {
  try {
    const found = fileAt(path);
    if (found === undefined) return undefined;
    if (!found.isFile()) throw new UnreadableFile(`name a file, this is ${kindOf(found)}`);
    if (found.size > MAX_BYTES) throw new UnreadableFile(`name another file, this one has ${found.size} bytes`);
    // Replacing what is no UTF-8 would change a password without a word.
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    if (error instanceof UnreadableFile) throw error;
    throw new UnreadableFile(error instanceof TypeError ? NO_UTF8 : whyUnreadable(error));
  }
}

const NO_UTF8 = 'save it as UTF-8 (PowerShell writes UTF-16 by default)';

/** Undefined where nothing has that name; a link that leads nowhere has it. */
function fileAt(path: string): Stats | undefined {
  const link = lstatSync(path, { throwIfNoEntry: false });
  if (link === undefined) return undefined;
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new UnreadableFile('correct the link: it leads nowhere');
  return found;
}

function kindOf(found: Stats): string {
  if (found.isDirectory()) return 'a folder';
  if (found.isFIFO()) return 'a pipe';
  return found.isSocket() ? 'a socket' : 'a device';
}

/** What to do where a path names no file that this process may read; undefined where it does. */
export function whyNoFile(path: string): string | undefined {
  try {
    accessSync(path, constants.R_OK);
    if (!statSync(path).isFile()) throw Object.assign(new Error(), { code: 'EISDIR' });
    return undefined;
  } catch (error) {
    return whyUnreadable(error);
  }
}

/** What to do about a file that the system does not let us read. */
function whyUnreadable(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'there is no such file: correct the path or mount it';
  if (code === 'EACCES' || code === 'EPERM') return 'give this user the right to read it';
  if (code === 'ELOOP') return 'correct the link: it leads back to itself';
  if (code === 'ENAMETOOLONG') return 'shorten the path';
  return code === 'EISDIR'
    ? 'name a file, this is a folder'
    : `it cannot be read (${code ?? 'no reason given'}): check the path`;
}
