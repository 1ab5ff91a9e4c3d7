import { statSync } from 'node:fs';
import { readText } from './read-text.js';

/** The password in a file: all of it but one newline at its end; or what to do where there is none. */
export function readPasswordFile(path: string): { readonly password: string } | { readonly fix: string } {
  try {
    const password = readText(path)?.replace(/\r?\n$/, '');
    if (password === undefined) return { fix: 'there is no such file: correct the path or mount it' };
    if (password === '') return { fix: 'write the password into the file' };
    return password.includes('\0') ? { fix: 'remove the NUL character from the file' } : { password };
  } catch (error) {
    return { fix: (error as Error).message };
  }
}

/** True where every account of this machine may read the file; false where it cannot be told. */
export function isOpenToAll(path: string): boolean {
  if (process.platform === 'win32') return false;
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats !== undefined && (stats.mode & 0o004) !== 0;
}
