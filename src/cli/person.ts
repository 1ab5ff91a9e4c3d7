import { userInfo } from 'node:os';
import type { Io } from './io.js';

/** Who is at the keyboard; a container may have a user without a name. */
export function personName({ env }: Pick<Io, 'env'>): string {
  try {
    return userInfo().username;
  } catch {
    return env.USER ?? env.LOGNAME ?? `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
