import type { Io } from './io.js';
import { usesColor } from './render/style.js';

/** Without a terminal lines are not cut. */
const UNLIMITED_WIDTH = 10_000;

/** How wide stdout is, and whether it shows colours. */
export function terminal({ stdout, env }: Io): { readonly width: number; readonly color: boolean } {
  return { width: stdout.isTTY ? (stdout.columns ?? 80) : UNLIMITED_WIDTH, color: usesColor(stdout, env) };
}
