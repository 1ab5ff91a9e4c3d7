import type { ServerFacts } from './server-facts.js';

type ConnectionFacts = Pick<
  ServerFacts,
  | 'maxConnections'
  | 'reservedConnections'
  | 'usedConnections'
  | 'usedByRole'
  | 'usedByDatabase'
  | 'roleConnectionLimit'
  | 'databaseConnectionLimit'
>;

/**
 * Ceiling on connections to one source over all threads: what was requested (`DB_MAX_CONNECTIONS`) or workers + 2 (one
 * for the coordinator, one for a snapshot owner), within a quarter of the free slots and what is left of the limits
 * of role and database; at least 1.
 */
export function connectionBudget(
  facts: ConnectionFacts,
  settings: { readonly workers: number; readonly requested?: number },
): number {
  const free = facts.maxConnections - facts.reservedConnections - facts.usedConnections;
  const ceilings = [
    settings.requested ?? settings.workers + 2,
    Math.floor(free / 4),
    left(facts.roleConnectionLimit, facts.usedByRole),
    left(facts.databaseConnectionLimit, facts.usedByDatabase),
  ];
  return Math.max(1, Math.min(...ceilings));
}

function left(limit: number, used: number): number {
  return limit < 0 ? Number.POSITIVE_INFINITY : limit - used;
}
