import type { Finding } from '../model/finding.js';
import { compareSeverity } from './severity.js';

/** The finding whose sentence an incident has comes before the others, which come worst first. */
export function titleFirst(title: string): (a: Finding, b: Finding) => number {
  return (a, b) => Number(b.message === title) - Number(a.message === title) || worstFirst(a, b);
}

/** Orders findings worst first: by severity, then score, then sentence, so that the order they came in does not matter. */
export function worstFirst(a: Finding, b: Finding): number {
  const byWeight = compareSeverity(b.severity, a.severity) || b.score - a.score;
  if (byWeight !== 0) return byWeight;
  return a.message < b.message ? -1 : Number(a.message > b.message);
}
