import type { Severity } from '../model/finding.js';

const RANK: Readonly<Record<Severity, number>> = { info: 0, warn: 1, critical: 2 };

/** Negative where `a` is the milder, positive where it is the worse, 0 where they are equal. */
export function compareSeverity(a: Severity, b: Severity): number {
  return RANK[a] - RANK[b];
}
