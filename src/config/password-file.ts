import { readFileSync, statSync } from 'node:fs';

/** The password in a file: all of it but one newline at its end. Rejects what no server takes with a reason; throws as `readFileSync`. */
export function readPasswordFile(path: string): { readonly password: string } | { readonly fix: string } {
  const password = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  if (password === '') return { fix: 'write the password into the file' };
  return password.includes('\0') ? { fix: 'remove the NUL character from the file' } : { password };
}

/** True where every account of this machine may read the file; false where it cannot be told. */
export function isOpenToAll(path: string): boolean {
  if (process.platform === 'win32') return false;
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats !== undefined && (stats.mode & 0o004) !== 0;
}
